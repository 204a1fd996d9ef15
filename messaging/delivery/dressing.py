"""What compliance adds to messages as they leave: added at the claim, and kept as it was sent."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from compliance import texts
from compliance.services import adding, links, profiles
from compliance.services.links import LinkFor
from contacts import rows
from contacts.models import Business
from contacts.words import Channel
from messaging.delivery.due import Waiting
from messaging.models import MessageClass
from messaging.policy import Drop

log = logging.getLogger(__name__)

ADDED_TO = (Channel.SMS, Channel.EMAIL)
TO_MANY = (MessageClass.BROADCAST, MessageClass.CAMPAIGN)
"""Their emails carry the postal address whatever is switched off: 15 U.S.C. 7704(a)(5)(A)(iii)."""
NO_POSTAL_ADDRESS = Drop(
    "template",
    "no_postal_address",
    "An email to many names the business's postal address, and there is none: give it in the Business Profile.",
)
LEFT_OUT = "…"
KEEP = "UPDATE messaging_message m SET sent_body = v.body FROM (VALUES %s) AS v (id, body) WHERE m.id = v.id"


@dataclass(frozen=True, slots=True)
class Dressed:
    """A message as it is handed over, and as it is kept. `tells`: it says how to opt out.

    `unfit`: why it is not handed over at all, though nothing else stands against it.
    """

    body: str
    kept: str
    headers: Mapping[str, str] = field(default_factory=dict)
    tells: bool = False
    unfit: Drop | None = None


def dress(letters: Sequence[tuple[Waiting, str]], now: datetime) -> dict[int, Dressed]:
    """Each message, given with where it goes, with what its business adds; one for which that fails is left out.

    A confirmation says what it has to by itself. Links are made here and told to nobody but the message.
    """
    bare = [m for m, _ in letters if m.message_class == MessageClass.SYSTEM or m.channel not in ADDED_TO]
    dressed = {message.id: Dressed(message.body, "") for message in bare}
    others = [(message, to) for message, to in letters if message.id not in dressed]
    if not others:
        return dressed
    wardrobe = _Wardrobe(others, now)
    for message, _ in others:
        try:
            dressed[message.id] = wardrobe.dress(message)
        except Exception:
            log.exception("Could not add to message %s", message.id)
    return dressed


def keep(dressed: Mapping[int, Dressed]) -> None:
    """Store what differs from the written body, so that the message shows what was really sent."""
    rows.update(KEEP, [(pk, each.kept) for pk, each in dressed.items() if each.kept])


class _Wardrobe:
    """What the businesses of these messages add, and what their contacts have been told."""

    def __init__(self, letters: Sequence[tuple[Waiting, str]], now: datetime) -> None:
        self._now = now
        wanted = {message.business for message, _ in letters}
        self._businesses = Business.objects.in_bulk(wanted)
        self._profiles = profiles.of_many(wanted)
        texted = [message.contact for message, _ in letters if message.channel == Channel.SMS]
        self._told = adding.last_told(Channel.SMS, texted) if texted else {}
        mailed = [
            LinkFor(message.business, message.contact, message.channel, to, message.id)
            for message, to in letters
            if message.channel == Channel.EMAIL
        ]
        tokens = links.issue(mailed, now) if mailed else []
        self._tokens = {link.message_id: token for link, token in zip(mailed, tokens, strict=True)}

    def dress(self, message: Waiting) -> Dressed:
        business, profile = self._businesses[message.business], self._profiles[message.business]
        if message.channel == Channel.SMS:
            sms = texts.sms(
                message.body,
                profiles.sms_rules(profile, business),
                last_told=self._told.get(message.contact),
                now=self._now,
                own_words=tuple(profile.opt_out_words),
            )
            return Dressed(sms.body, sms.body if sms.body != message.body else "", tells=sms.told)
        rules = profiles.email_rules(profile, business)
        if message.message_class in TO_MANY:
            if not business.address.strip():
                return Dressed("", "", unfit=NO_POSTAL_ADDRESS)
            rules = replace(rules, address=business.address)
        return self._email(message, rules)

    def _email(self, message: Waiting, rules: texts.EmailRules) -> Dressed:
        token = self._tokens[message.id]
        link = links.unsubscribe_url(token)
        body = texts.email(message.body, rules, link=link)
        kept = body.replace(token, LEFT_OUT) if body != message.body else ""
        return Dressed(body, kept, texts.email_headers(link))
