"""A message that a person writes to one contact."""

from django.db import transaction

from compliance.services import adding
from contacts import locks
from contacts.actors import Actor
from contacts.models import Business, Contact
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Channel, Role, role_reaches
from dnd import services as dnd
from messaging import facts, templates
from messaging.lengths import LONGEST, too_long
from messaging.models import Message
from messaging.policy import Drop
from messaging.services import proposing
from messaging.services.proposing import Proposal
from messaging.templates import CannotRender

CONTACT = {f"contact.{name}" for name in ("first_name", "last_name", "name", "email", "phone")}
BUSINESS = {f"business.{name}" for name in ("name", "phone", "address")}
VARIABLES = frozenset(CONTACT | BUSINESS)
"""What every template may name."""
MANUAL = VARIABLES | {"user.name"}
EMPTY = "For this contact the text comes out empty: what it names is not known of them. Write words of your own too."


class NotSent(Conflict):
    """The message may not go out; nothing was written."""

    def __init__(self, verdict: Drop, channel: str) -> None:
        if verdict.rule == "dnd":
            message = f"Cannot send the message: DND is active for {Channel(channel).label}."
            super().__init__("dnd_active", message)
        else:
            super().__init__(verdict.reason.partition(":")[0], f"Cannot send the message: {verdict.detail}")
        self.verdict = verdict


def send_manual(
    *,
    business: Business,
    contact: int,
    channel: str,
    subject: str = "",
    body: str,
    by: Actor,
    user_name: str = "",
) -> Message:
    """Queue a message from a person to a contact, its Liquid filled in.

    Raises Invalid, RoleRequired, Contact.DoesNotExist or NotSent. While the channel is disconnected it is held.
    """
    if not role_reaches(by.role, Role.STAFF):
        raise RoleRequired(Role.STAFF.value)
    _check(channel, subject, body)
    try:
        return _send(business, contact, channel, (subject, body), by, user_name or by.label)
    except NotSent as refused:
        if dnd.is_by_the_list(refused.verdict.reason):
            dnd.note_hits([(business.pk, contact, channel, "")], locks.now())
        raise


@transaction.atomic
def _send(
    business: Business, contact: int, channel: str, texts: tuple[str, str], by: Actor, user_name: str
) -> Message:
    if not locks.lock_contacts(business.pk, [contact]):
        raise Contact.DoesNotExist
    values = context_of(business, [contact])[contact] | {"user": {"name": user_name}}
    subject, body = texts
    proposal = Proposal(
        contact_id=contact,
        channel=channel,
        message_class="manual",
        subject=_render("subject", subject, values),
        body=_render("body", body, values),
        source=by.source,
        actor=by.label,
    )
    _check_length(business, proposal)
    draft = proposing.draft(facts.read([contact]), [proposal])[0]
    if isinstance(draft.verdict, Drop):
        raise NotSent(draft.verdict, channel)
    return Message.objects.get(pk=proposing.write(business.pk, [draft])[0])


def _check(channel: str, subject: str, body: str) -> None:
    errors = {}
    if channel not in Channel.values:
        errors["channel"] = f"Unknown channel: use one of {', '.join(Channel.values)}."
    if not body.strip():
        errors["body"] = "A message needs a body."
    longest = LONGEST.get(channel, templates.LONGEST_SOURCE)
    if len(body) > longest:
        errors["body"] = f"This has at most {longest:,} characters."
    if unfit := _unfit_subject(channel, subject):
        errors["subject"] = unfit
    for field, source in (("subject", subject), ("body", body)):
        if wrong := templates.check_template(source, variables=MANUAL):
            errors.setdefault(field, wrong)
    if errors:
        raise Invalid(errors)


def _unfit_subject(channel: str, subject: str) -> str:
    if channel != Channel.EMAIL:
        return "Only an email has a subject: leave it out." if subject.strip() else ""
    if not subject.strip():
        return "An email needs a subject."
    return "" if subject.isprintable() else "Write this on one line, without control characters."


def _check_length(business: Business, proposal: Proposal) -> None:
    """As it would leave now: longer than when it was written, by what is filled in and what is added."""
    whole = proposal.body
    if proposal.channel == Channel.SMS:
        told = adding.last_told(proposal.channel, [proposal.contact_id]).get(proposal.contact_id)
        whole = adding.text_as_sent(business, whole, told=told, now=locks.now())
    if wrong := too_long(proposal.channel, whole):
        raise Invalid({"body": wrong})


def _render(field: str, source: str, values: templates.Context) -> str:
    try:
        filled = templates.render(source, values)
    except CannotRender as error:
        raise Invalid({field: str(error)}) from error
    if source.strip() and not filled.strip():
        raise Invalid({field: EMPTY})
    return filled


def context_of(business: Business, contacts: list[int]) -> dict[int, dict[str, dict[str, str]]]:
    """What templates may name of these contacts and of the business, all of it plain strings."""
    ours = {"name": business.name, "phone": business.phone, "address": business.address}
    people = Contact.objects.filter(pk__in=contacts).prefetch_related("points")
    return {person.pk: {"contact": _of(person), "business": ours} for person in people}


def _of(person: Contact) -> dict[str, str]:
    points = list(person.points.all())
    email = next((p.value for p in points if p.kind == "email"), "")
    phones = sorted((p for p in points if p.kind == "phone"), key=lambda p: not p.preferred)
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": f"{person.first_name} {person.last_name}".strip(),
        "email": email,
        "phone": phones[0].value if phones else "",
    }
