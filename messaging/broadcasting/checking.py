"""What a broadcast must be before it may be kept or sent: one sentence for each field that is not."""

from collections.abc import Callable, Iterator
from datetime import datetime

from compliance.services import adding
from contacts import locks
from contacts.models import Business
from contacts.services.errors import Invalid
from contacts.words import Channel
from dnd import audience
from messaging import templates
from messaging.lengths import LONGEST, too_long
from messaging.models import Broadcast
from messaging.services.manual import VARIABLES

Faults = dict[str, str]
LONGEST_SUBJECT = 400
MOST_A_MINUTE = 100_000
NO_COPY = "Write at least one of text, call and email: each person gets the first that reaches them."
BLANK = "This is nothing but blanks: write what it is to say, or leave it out."
NO_POSTAL_ADDRESS = (
    "An email to many names a postal address: give the business's in the Business Profile, or send no email."
)


def check(broadcast: Broadcast) -> None:
    """Raises Invalid for what cannot be sent as it is written."""
    errors: Faults = {}
    for find in CHECKS:
        for field, sentence in find(broadcast):
            errors.setdefault(field, sentence)
    if errors:
        raise Invalid(errors)


def check_time(at: datetime | None, now: datetime) -> None:
    """Raises Invalid for a time in the past."""
    if at is not None and at <= now:
        raise Invalid({"at": "This time is in the past: give a later one, or leave it out to send now."})


def _name(broadcast: Broadcast) -> Iterator[tuple[str, str]]:
    if not broadcast.name.strip():
        yield "name", "Give it a name, by which you will find it again."


def _audience(broadcast: Broadcast) -> Iterator[tuple[str, str]]:
    status = broadcast.audience.get("status")
    if status and not audience.statuses(broadcast.business).filter(pk=status).exists():
        yield "audience.status", "There is no such status."


def _blanks(broadcast: Broadcast) -> Iterator[tuple[str, str]]:
    bodies = {"text": broadcast.text, "call": broadcast.call, "email.body": broadcast.email_body}
    for field, body in bodies.items():
        if body and not body.strip():
            yield field, BLANK


def _copy(broadcast: Broadcast) -> Iterator[tuple[str, str]]:
    if broadcast.email_subject and not broadcast.email_body:
        yield "email.body", "The email has a subject and no body: write one, or leave the email out."
    elif not broadcast.copies:
        yield "text", NO_COPY
    if broadcast.email_body and not broadcast.email_subject.strip():
        yield "email.subject", "An email needs a subject."
    texts = {
        "text": (broadcast.text, LONGEST["sms"]),
        "call": (broadcast.call, LONGEST["sms"]),
        "email.subject": (broadcast.email_subject, LONGEST_SUBJECT),
        "email.body": (broadcast.email_body, templates.LONGEST_SOURCE),
    }
    for field, (source, longest) in texts.items():
        if len(source) > longest:
            yield field, f"This is too long: use at most {longest:,} characters."
        if wrong := templates.check_template(source, variables=VARIABLES):
            yield field, wrong


def _added(broadcast: Broadcast) -> Iterator[tuple[str, str]]:
    """With what is added for those who have not been told yet, the text has to fit as well."""
    if broadcast.text.strip():
        whole = adding.text_as_sent(broadcast.business, broadcast.text, told=None, now=locks.now())
        if wrong := too_long(Channel.SMS, whole):
            yield "text", wrong


def _postal_address(broadcast: Broadcast) -> Iterator[tuple[str, str]]:
    if broadcast.email_body and not has_postal_address(broadcast.business):
        yield "email", NO_POSTAL_ADDRESS


def has_postal_address(business: Business) -> bool:
    """15 U.S.C. 7704(a)(5)(A)(iii): a commercial email names the sender's valid physical postal address."""
    return bool(business.address.strip())


def _slowness(broadcast: Broadcast) -> Iterator[tuple[str, str]]:
    opens, closes = broadcast.window_opens, broadcast.window_closes
    if (opens is None) != (closes is None):
        yield "window", "A daily window has a time at which it opens and one at which it closes."
    elif opens and closes and opens >= closes:
        yield "window.closes", "The window closes later on the same day than it opens."
    if broadcast.per_minute is not None and not 1 <= broadcast.per_minute <= MOST_A_MINUTE:
        yield "per_minute", f"Give a whole number from 1 to {MOST_A_MINUTE:,}."
    if broadcast.kind != Broadcast.Kind.CAMPAIGN:
        only = "Only a campaign has this: make it a campaign, or leave this out."
        if opens or closes:
            yield "window", only
        if broadcast.per_minute is not None:
            yield "per_minute", only


CHECKS: tuple[Callable[[Broadcast], Iterator[tuple[str, str]]], ...] = (
    _name, _audience, _blanks, _copy, _added, _postal_address, _slowness,
)  # fmt: skip
