"""A message that somebody is writing, as it would arrive: filled in, with what compliance adds, and counted."""

from dataclasses import dataclass

from compliance import segments, texts
from compliance.segments import Count
from compliance.services import adding, profiles
from contacts import locks
from contacts.actors import Actor
from contacts.models import Business
from contacts.words import Channel
from messaging import templates
from messaging.services import manual
from messaging.templates import CannotRender

LINK = "https://…"
"""Every email gets a link of its own when it leaves."""


@dataclass(frozen=True, slots=True)
class Preview:
    """`body` as written and filled in; `whole` as it would leave; `wrong`: why it cannot be shown yet."""

    body: str = ""
    whole: str = ""
    count: Count | None = None
    wrong: str = ""

    @property
    def added(self) -> bool:
        return self.whole != self.body


def preview(*, business: Business, contact: int, channel: str, body: str, by: Actor) -> Preview:
    """Nothing is written, and nobody is told anything."""
    if len(body) > templates.LONGEST_SOURCE:
        return Preview(wrong=f"A message has at most {templates.LONGEST_SOURCE:,} characters.")
    if wrong := templates.check_template(body, variables=manual.MANUAL):
        return Preview(wrong=wrong)
    values = manual.context_of(business, [contact]).get(contact, {}) | {"user": {"name": by.label}}
    try:
        filled = templates.render(body, values)
    except CannotRender as error:
        return Preview(wrong=str(error))
    if body.strip() and not filled.strip():
        return Preview(wrong=manual.EMPTY)
    if channel == Channel.SMS:
        told = adding.last_told(channel, [contact]).get(contact)
        whole = adding.text_as_sent(business, filled, told=told, now=locks.now())
        return Preview(filled, whole, segments.count(whole))
    if channel == Channel.EMAIL:
        profile = profiles.of(business.pk)
        return Preview(filled, texts.email(filled, profiles.email_rules(profile, business), link=LINK))
    return Preview(filled, filled)
