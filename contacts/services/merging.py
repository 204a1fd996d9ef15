"""Two contacts that are one person: everything of the one becomes the other's, and the stricter side wins."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from contacts import keeping, locks
from contacts.actors import Actor
from contacts.keeping import Merging
from contacts.locks import AddressKey
from contacts.models import (
    Business,
    Contact,
    Event,
    EventKind,
    JobRefusal,
    Note,
    Notification,
    PointKind,
    Status,
    SystemStatus,
    Task,
)
from contacts.services import events, moving, preferring
from contacts.services.errors import Conflict, Invalid
from contacts.services.events import Happening

NAMES = ("first_name", "last_name", "timezone", "external_id")
SINGLE = {
    "email": PointKind.EMAIL.value,
    "facebook_id": PointKind.FACEBOOK.value,
    "gmb_id": PointKind.GMB.value,
}
CHOOSABLE = (*NAMES, *SINGLE)
"""Fields of which a contact has one, so that one of two must be chosen."""
LABELS = {
    "first_name": "first name",
    "last_name": "last name",
    "timezone": "time zone",
    "external_id": "external id",
    "email": "email",
    "facebook_id": "Facebook id",
    "gmb_id": "Google Business id",
}
TRIES = 5


class NoSuchOther(LookupError):
    """There is no such contact to merge with."""


class _AddressesMoved(Exception):
    """One of the two got another address while the locks were awaited: begin again with the new one."""


@dataclass(slots=True)
class Choice:
    """What the merged contact has of each choosable field, and what was left out: (field, value)."""

    kept: dict[str, str] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def merge(*, business: Business, winner: int, loser: int, by: Actor, take: Collection[str] = ()) -> None:
    """Make the loser part of the winner, in one transaction; the loser is a tombstone that points to the winner.

    Phones, tags, tasks, notes, messages and workflows move, and nothing that had started starts again. Of what there
    is one of, the winner's stays, or the loser's where the winner has none or `take` names the field; what is left
    out is said in the history. In DND, Do Not Contact and status the stricter side wins, whatever was chosen.
    Raises Invalid naming `from` or `take`, Conflict, NoSuchOther, or Contact.DoesNotExist when there is no winner.
    """
    if unknown := [name for name in take if name not in CHOOSABLE]:
        raise Invalid({"take": f"Unknown field {unknown[0]!r}: use {', '.join(CHOOSABLE)}."})
    if winner == loser:
        raise Invalid({"from": "A contact cannot be merged with itself: give another one."})
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _merge(business, winner, loser, by, take)
        except _AddressesMoved:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _merge(business: Business, winner: int, loser: int, by: Actor, take: Collection[str]) -> None:
    keys = _keys_of([winner, loser])
    locks.lock_addresses(business.pk, keys, exclusive=True)
    held = locks.lock_contacts(business.pk, [winner, loser])
    _refuse_missing(business, held, winner, loser)
    if not keys.issuperset(_keys_of([winner, loser])):
        raise _AddressesMoved
    mine, theirs = _read(winner), _read(loser)
    chosen = choose(mine, theirs, take)
    merging = Merging(business, winner, loser, by, locks.now())
    moving.points(mine, theirs, {SINGLE[name]: chosen.kept[name] for name in SINGLE})
    moving.tags(winner, loser)
    for keeper in keeping.keepers():
        keeper.merge(merging)
    _bury(theirs, merging)
    _save(mine, chosen, stricter(mine.status, theirs.status))
    _record(merging, mine, theirs, chosen)


def _keys_of(contacts: Sequence[int]) -> set[AddressKey]:
    """Every address of these contacts, and their external ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, value FROM contacts_contactpoint WHERE contact_id = ANY(%(ids)s) UNION ALL"
            " SELECT 'external_id', external_id FROM contacts_contact"
            " WHERE id = ANY(%(ids)s) AND external_id IS NOT NULL",
            {"ids": list(contacts)},
        )
        return set(cursor.fetchall())


def _refuse_missing(business: Business, held: Collection[int], winner: int, loser: int) -> None:
    if winner not in held:
        raise Contact.DoesNotExist
    if loser in held:
        return
    gone = Contact.objects.filter(pk=loser, business=business).first()
    if gone and gone.merged_into_id == winner:
        raise Conflict("already_merged", "This contact was merged into this one already.")
    if gone and gone.merged_into_id:
        raise Conflict(
            "already_merged", f"This contact was merged into contact {gone.merged_into_id} already."
        )
    raise NoSuchOther(NoSuchOther.__doc__)


def _read(contact: int) -> Contact:
    return Contact.objects.select_related("status").prefetch_related("points").get(pk=contact)


def choose(mine: Contact, theirs: Contact, take: Collection[str] = ()) -> Choice:
    """Of each field of which there is one: the winner's, or the loser's where that is empty or was asked for."""
    choice = Choice()
    for name in CHOOSABLE:
        own, other = value_of(mine, name), value_of(theirs, name)
        swapped = bool(other) and (name in take or not own)
        choice.kept[name] = other if swapped else own
        left = own if swapped else other
        if left and left != choice.kept[name]:
            choice.left_out.append((name, left))
    return choice


def value_of(contact: Contact, name: str) -> str:
    """One of the choosable fields of a contact; empty where it has none."""
    if name in SINGLE:
        return next((point.value for point in contact.points.all() if point.kind == SINGLE[name]), "")
    return getattr(contact, name) or ""


def stricter(mine: Status | None, theirs: Status | None) -> Status | None:
    """One that restricts contact goes before a dead one, and that before any other; between equals, the winner's."""

    def weight(status: Status | None) -> tuple[bool, bool, bool]:
        if status is None:
            return (False, False, False)
        return (status.restricts_contact, status.system_status == SystemStatus.DEAD, True)

    return theirs if weight(theirs) > weight(mine) else mine


def _bury(theirs: Contact, merging: Merging) -> None:
    """Leave a tombstone that points to the winner; whoever was merged into the loser before points there too."""
    Contact.objects.filter(merged_into=theirs).update(merged_into=merging.winner)
    Contact.objects.filter(pk=theirs.pk).update(
        first_name="",
        last_name="",
        timezone="",
        external_id=None,
        status=None,
        deleted_at=merging.at,
        merged_into=merging.winner,
    )


def _save(mine: Contact, chosen: Choice, status: Status | None) -> None:
    changes = {name: chosen.kept[name] for name in NAMES if name != "external_id"}
    external_id = chosen.kept["external_id"] or None
    Contact.objects.filter(pk=mine.pk).update(**changes, external_id=external_id, status=status)


def _record(merging: Merging, mine: Contact, theirs: Contact, chosen: Choice) -> None:
    """For the history of the winner alone: what the loser's things had started is not started again."""
    left_out = "; ".join(f"{LABELS[name]} {value}" for name, value in chosen.left_out)
    summary = f"Merged with {theirs.name}" + (f". Not kept: {left_out}" if left_out else "")
    data = {"from": merging.loser, "left_out": dict(chosen.left_out), "was": str(mine.status or "")}
    happening = Happening(merging.winner, summary, data)
    events.record(
        merging.business.pk,
        EventKind.CONTACT_MERGED,
        [happening],
        by=merging.by,
        at=merging.at,
        starts=False,
    )


def survivors(contacts: Iterable[int]) -> dict[int, int]:
    """For each of these contacts that was merged into another, that other one: for jobs and late reports."""
    gone = Contact.objects.filter(pk__in=list(contacts)).values_list("pk", "merged_into")
    return {pk: survivor for pk, survivor in gone if survivor}


def move(merging: Merging) -> None:
    """Work, what jobs refused, and the history; what waits to start workflows does so for the winner."""
    for model in (Task, Note, Notification, Event, JobRefusal):
        model.objects.filter(contact=merging.loser).update(contact=merging.winner)
    preferring.merge(merging.winner, merging.loser)
