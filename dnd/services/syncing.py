"""What a record system says of a contact: its preferences, the channels it blocks, and whether automations may write.

It stands here because one message may do all of it, under one lock. Stricter is always done at once; what is lifted is
only what a sync set, never a contact's own opt-out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from contacts import locks, phones
from contacts.actors import NO_CAUSE, Actor
from contacts.models import Business, Contact, ContactPoint, EventKind, Preference, Sync
from contacts.preferences import METHODS, Said
from contacts.services import events, preferring
from contacts.services.errors import Conflict, Invalid
from contacts.services.events import Happening
from contacts.words import CHANNELS_OF, Source
from dnd import flags, policy
from dnd.policy import Line, Wish
from dnd.services import reading, writing
from dnd.services.reading import Standpoint
from dnd.services.writing import Batch, Draft

RECORD_SYSTEM = "record_system"
AHEAD_AT_MOST = timedelta(hours=1)
PER_TICK = 500
NOT_SYNCED = (
    "This business sets preferences itself: choose “synced” as their source in its Business Profile first."
)
OVER = "This appointment is over: nothing was taken from it."
UNKNOWN = "The code “{}” is not known: no preference was taken from it."


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a message says in general or for one appointment. None: it says nothing of that; empty: there is none."""

    method: str | None = None
    number: str | None = None
    appointment: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a record system. `block`: the channels that it wants blocked; None: it says nothing of them."""

    general: Spoken
    appointment: Spoken | None = None
    block: Collection[str] | None = None
    raw_code: str = ""
    message_id: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """What a message came to."""

    outcome: str
    warning: str = ""


@transaction.atomic
def sync(*, business: Business, contact: int, message: Message, by: Actor) -> Synced:
    """Bring what is known of a contact to what its record system says, in the order of the record system's own time.

    A message that came before, by its id, changes nothing. Raises Invalid, Conflict or Contact.DoesNotExist.
    """
    if business.preferences_source != Business.PreferencesSource.SYNCED:
        raise Conflict("preferences_not_synced", NOT_SYNCED)
    if not locks.lock_contacts(business.pk, [contact]):
        raise Contact.DoesNotExist
    one = Contact.objects.get(pk=contact)
    at = locks.now()
    if message.message_id and Sync.objects.filter(contact=one, message_id=message.message_id).exists():
        return Synced("repeated")
    sent_at = message.sent_at or at
    if sent_at > at + AHEAD_AT_MOST:
        raise Invalid({"sent_at": "This time is yet to come: give the time at which the message was sent."})
    message = replace(
        message,
        general=_normal(business, one, message.general, "preferred_number"),
        appointment=message.appointment
        and _normal(business, one, message.appointment, "appointment.preferred_number"),
    )
    actor, before = Actor(Source.SYNC.value, by.label), preferring.in_force(contact, at)
    over = message.appointment is not None and _is_over(one, message.appointment, sent_at, at)
    parts = (message.general, None if over else message.appointment)
    news = [_keep(one, spoken, sent_at, at) for spoken in parts if spoken]
    news.append(_obey(business.pk, one, message, sent_at, actor))
    if preferring.in_force(contact, at) != before:
        happening = Happening(contact, "Preferences synced from the record system")
        events.record(business.pk, EventKind.CONTACT_UPDATED, [happening], by=actor, at=at, starts=False)
    return _log(one, message, sent_at, at, actor, news=any(news), warnings=[OVER] if over else [])


def _normal(business: Business, contact: Contact, spoken: Spoken, path: str) -> Spoken:
    """With the number as the contact has it."""
    if not spoken.number:
        return spoken
    if "@" in spoken.number:
        raise Invalid({path: preferring.AN_EMAIL})
    try:
        number = phones.parse(spoken.number, business.country)
    except phones.NotAPhone as error:
        raise Invalid({path: str(error)}) from error
    if not ContactPoint.objects.filter(contact=contact, kind="phone", value=number).exists():
        raise Invalid({path: preferring.NOT_ITS_NUMBER.format(number)})
    return replace(spoken, number=number)


def _is_over(contact: Contact, spoken: Spoken, sent_at: datetime, now: datetime) -> bool:
    """Whether there is nothing to take from what is said of an appointment, which may have been ended since."""
    of_it = Sync.objects.filter(contact=contact, said__appointment__id=spoken.appointment)
    later = of_it.filter(sent_at__gt=sent_at).order_by("sent_at", "pk").last()
    until = later and later.said["appointment"]["until"]
    if until and datetime.fromisoformat(until) <= now:
        return True
    ended = spoken.ends_at is not None and spoken.ends_at <= now
    return ended and not Preference.objects.filter(contact=contact, appointment=spoken.appointment).exists()


def _keep(contact: Contact, spoken: Spoken, sent_at: datetime, now: datetime) -> bool:
    """Store one part of a message; whether it changed what is known. What ends an appointment must be the newest."""
    preference = preferring.said_of(contact, spoken.appointment)
    said = preference.said
    newest = max(said.times, default=None)
    if spoken.ends_at is not None and spoken.ends_at <= now and newest and sent_at <= newest:
        return False
    if spoken.method is not None:
        said = said.with_method(spoken.method, sent_at)
    if spoken.number is not None:
        said = said.with_number(spoken.number, sent_at)
    said = _until(said, spoken.ends_at, sent_at)
    if said == Said(spoken.appointment):
        return False
    changed = preferring.keep(preference, said)
    if changed and not spoken.appointment and spoken.number is not None:
        preferring.prefer(contact, said.number)
    return changed


def _until(said: Said, ends_at: datetime | None, sent_at: datetime) -> Said:
    """An appointment ends when the latest message about it says so."""
    if said.ends_at is not None and (ends_at is None or max(*said.times, sent_at) > sent_at):
        return said
    return replace(said, ends_at=ends_at)


def _obey(business: int, contact: Contact, message: Message, sent_at: datetime, by: Actor) -> bool:
    """Bring DND and Do Not Contact to what holds now; whether the message was new about the channels."""
    snapshot = reading.read([contact.pk])
    standpoint = snapshot.standpoints[contact.pk]
    wish = Wish(reason=RECORD_SYSTEM, evidence_ids=(message.message_id,) if message.message_id else ())
    lines: list[Line] = []
    news = False
    if message.block is not None:
        news, lines = _channels(contact, standpoint, message.block, sent_at, wish)
    lines += _switch(standpoint, preferring.in_force(contact.pk, snapshot.at).method == "dnc")
    _write(business, snapshot.at, by, [Draft(standpoint, lines, wish)])
    return news or bool(lines)


def _channels(
    contact: Contact, standpoint: Standpoint, wanted: Collection[str], sent_at: datetime, wish: Wish
) -> tuple[bool, list[Line]]:
    """What blocks these channels and frees those that a sync blocked before; between equal times nothing is freed."""
    preference = preferring.said_of(contact)
    before = preference.blocks_at
    if before and sent_at < before:
        return False, []
    position = standpoint.position
    ours = {c for way, c, reason in position.grounds if (way, reason) == ("outbound", RECORD_SYSTEM)}
    gone = [(c, RECORD_SYSTEM) for c in ours if c not in wanted and sent_at != before]
    lines = policy.lift(position, "outbound", gone)
    lines += policy.block(position, "outbound", [c for c in CHANNELS_OF["outbound"] if c in wanted], wish)
    preference.blocks_at = sent_at
    preference.save()
    return sent_at != before, lines


def _switch(standpoint: Standpoint, wanted: bool) -> list[Line]:
    """The line that turns Do Not Contact on or off. What somebody else turned on stays."""
    position = standpoint.position
    if wanted == position.do_not_contact or (
        not wanted and not flags.switched_by_sync(standpoint.contact_id)
    ):
        return []
    position.do_not_contact = wanted
    return [Line("changed", "automations", wanted, "all", (), ())]


def _write(business: int, at: datetime, by: Actor, drafts: Sequence[Draft]) -> None:
    writing.write(Batch(business, at, by, NO_CAUSE, [draft for draft in drafts if draft.lines]))


def _log(
    contact: Contact,
    message: Message,
    sent_at: datetime,
    at: datetime,
    by: Actor,
    *,
    news: bool,
    warnings: Sequence[str],
) -> Synced:
    spoken = [each for each in (message.general, message.appointment) if each]
    unknown = [each.method for each in spoken if each.method and each.method not in METHODS]
    codes = [UNKNOWN.format(message.raw_code or unknown[0])] if unknown else []
    warning = " ".join([*warnings, *codes])[:400]
    outcome = Sync.Outcome.APPLIED if news else Sync.Outcome.OLDER
    Sync.objects.create(
        business_id=contact.business_id,
        contact=contact,
        message_id=message.message_id,
        sent_at=sent_at,
        received_at=at,
        actor=by.label,
        raw_code=message.raw_code or next(iter(unknown), ""),
        said=_understood(message),
        outcome=outcome,
        warning=warning,
    )
    return Synced(outcome.value, warning)


def _understood(message: Message) -> dict[str, Any]:
    """The message as the log shows it: only what it says something of."""
    said: dict[str, Any] = _of(message.general)
    if message.appointment:
        until = message.appointment.ends_at
        said["appointment"] = {"id": message.appointment.appointment, **_of(message.appointment)}
        said["appointment"]["until"] = until.isoformat() if until else None
    if message.block is not None:
        said["block"] = [channel for channel in CHANNELS_OF["outbound"] if channel in message.block]
    return said


def _of(spoken: Spoken) -> dict[str, Any]:
    told = {"method": spoken.method, "preferred_number": spoken.number}
    return {name: value for name, value in told.items() if value is not None}


def end_preferences() -> int:
    """Take away what was said for appointments that are over; how many contacts they were of."""
    due = Preference.objects.filter(ends_at__lte=locks.now()).order_by("ends_at")[:PER_TICK]
    by_business: dict[int, set[int]] = {}
    for business, contact in due.values_list("business_id", "contact_id"):
        by_business.setdefault(business, set()).add(contact)
    for business, contacts in by_business.items():
        _end(business, contacts)
    return sum(map(len, by_business.values()))


@transaction.atomic
def _end(business: int, contacts: Iterable[int]) -> None:
    locks.hold_contacts(contacts)
    snapshot = reading.read(list(contacts))
    Preference.objects.filter(contact__in=contacts, ends_at__lte=snapshot.at).delete()
    if Business.objects.get(pk=business).preferences_source != Business.PreferencesSource.SYNCED:
        return
    holds = preferring.in_force_of(contacts, snapshot.at)
    by = Actor(Source.SYNC.value, "end of an appointment")
    _write(business, snapshot.at, by, list(_drafts(snapshot.standpoints, holds)))


def _drafts(standpoints: Mapping[int, Standpoint], holds: Mapping[int, Any]) -> Iterable[Draft]:
    for contact, standpoint in standpoints.items():
        wanted = contact in holds and holds[contact].method == "dnc"
        yield Draft(standpoint, _switch(standpoint, wanted), Wish(reason=RECORD_SYSTEM))
