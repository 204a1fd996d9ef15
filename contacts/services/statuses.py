"""Moving contacts between statuses: one, many, or all that a status has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from contacts import locks, rows
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import Business, Contact, EventKind, Status
from contacts.services import events
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.services.events import Happening
from contacts.words import Role, role_reaches

BATCH = 500
NO_STATUS = "There is no such status in this business: give the id of one."


@dataclass(frozen=True, slots=True)
class Move:
    """One contact and the status that it gets (None: out of its pipeline), and what stands behind it."""

    contact_id: int
    status: int | None
    cause: Cause = NO_CAUSE
    by: Actor | None = None
    through: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a move must know of a status. The row is held against archiving and removal until the transaction ends."""

    id: int
    name: str
    pipeline: str
    archived: bool


def hold(business: int, ids: Iterable[int]) -> dict[int, Standing]:
    """Those of these statuses that the business has, held together with others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.name, p.name, s.archived FROM contacts_status s"
            " JOIN contacts_pipeline p ON p.id = s.pipeline_id"
            " WHERE s.id = ANY(%s) AND p.business_id = %s ORDER BY s.id FOR SHARE OF s",
            [sorted(set(ids)), business],
        )
        return {row[0]: Standing(*row) for row in cursor.fetchall()}


def move(business: int, moves: Sequence[Move], *, by: Actor) -> set[int]:
    """Give contacts, whose locks the caller holds, their statuses; those that were not there before.

    The statuses exist and take contacts: the caller has held them. Each move is an event, which starts workflows.
    """
    before = _before([one.contact_id for one in moves])
    wanted = {one.contact_id: one for one in moves}
    moved = [one for pk, one in wanted.items() if pk in before and before[pk][0] != one.status]
    if not moved:
        return set()
    rows.update(
        "UPDATE contacts_contact c SET status_id = v.status FROM (VALUES %s) AS v (id, status) WHERE c.id = v.id",
        [(one.contact_id, one.status) for one in moved],
        template="(%s, %s::bigint)",
    )
    after = _named({one.status for one in moved if one.status is not None})
    happenings = [_happening(one, before[one.contact_id], after) for one in moved]
    events.record(business, EventKind.STATUS_CHANGED, happenings, by=by, at=locks.now())
    return {one.contact_id for one in moved}


Place = tuple[int | None, str, str]
"""(status, its name, its pipeline's name)"""
NOWHERE: Place = (None, "", "")


def _before(contacts: Sequence[int]) -> dict[int, Place]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, s.id, coalesce(s.name, ''), coalesce(p.name, '') FROM contacts_contact c"
            " LEFT JOIN contacts_status s ON s.id = c.status_id LEFT JOIN contacts_pipeline p ON p.id = s.pipeline_id"
            " WHERE c.id = ANY(%s)",
            [list(contacts)],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _named(statuses: Iterable[int]) -> dict[int, Place]:
    found = Status.objects.filter(pk__in=list(statuses)).values_list("pk", "name", "pipeline__name")
    return {pk: (pk, name, pipeline) for pk, name, pipeline in found}


def _happening(one: Move, old: Place, after: Mapping[int, Place]) -> Happening:
    new = NOWHERE if one.status is None else after[one.status]
    data = {
        "from": old[0],
        "from_name": old[1],
        "to": new[0],
        "to_name": new[1],
        "pipeline": new[2] or old[2],
        "through": one.through,
    }
    return Happening(one.contact_id, said(old[1], new[1]), data, one.cause, one.by)


def said(old: str, new: str) -> str:
    """`Status set to “New”`, `Status changed from “New” to “Lost”`, `Status “Lost” taken away`."""
    if not new:
        return f"Status “{old[:180]}” taken away"
    return f"Status changed from “{old[:170]}” to “{new[:170]}”" if old else f"Status set to “{new[:180]}”"


@transaction.atomic
def change(*, business: Business, contacts: Sequence[int], status: int | None, by: Actor) -> set[int]:
    """Put contacts into a status, or out of every one; which of them were moved. Asking twice is as asking once.

    Raises Invalid for a status that the business does not have, Conflict `status_archived` for one that takes
    nobody new. Contacts of another business, or deleted, are left out.
    """
    locked = locks.lock_contacts(business.pk, contacts)
    if status is not None:
        found = hold(business.pk, [status]).get(status)
        if found is None:
            raise Invalid({"status": NO_STATUS})
        if found.archived and elsewhere(locked, status):
            raise archived(found.name)
    return move(business.pk, [Move(pk, status) for pk in locked], by=by)


def elsewhere(contacts: Sequence[int], status: int) -> bool:
    """Whether one of these contacts is not in this status."""
    return bool({place[0] for place in _before(contacts).values()} - {status})


def archived(name: str) -> Conflict:
    return Conflict(
        "status_archived",
        f"The status “{name}” is archived and takes nobody new: choose another, or unarchive it.",
    )


def counted(contacts: int) -> str:
    """`1 contact is`, `1,204 contacts are`."""
    return f"{contacts:,} contact{' is' if contacts == 1 else 's are'}"


def delete(*, status: Status, by: Actor, move_to: Status | None = None) -> int:
    """Remove a status; how many contacts were moved to `move_to`, another one of its pipeline.

    Raises Conflict `status_has_contacts` when it has some and nothing says where they go, Invalid for a target
    that is no other status of the pipeline, Conflict `status_archived` for one that takes nobody. While they are
    moved, batch by batch, the status is archived, so that nobody new comes in; a removal that broke off is
    finished by asking again.
    """
    if not role_reaches(by.role, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)
    inside = Contact.objects.filter(status=status)
    if move_to is None and (count := inside.count()):
        raise Conflict(
            "status_has_contacts",
            f"{counted(count)} in this status: say where they go (move_to, the id of another status of its pipeline).",
        )
    if move_to is not None:
        _check_target(status, move_to)
        Status.objects.filter(pk=status.pk).update(archived=True)
    moved = 0
    while move_to is not None and (some := list(inside.order_by("pk").values_list("pk", flat=True)[:BATCH])):
        moved += _empty(status, move_to, some, by)
    _remove(status)
    return moved


@transaction.atomic
def _remove(status: Status) -> None:
    """Who is about to come in holds the status: they are waited for, and found."""
    Status.objects.select_for_update().get(pk=status.pk)
    if Contact.objects.filter(status=status).exists():
        raise Conflict("status_has_contacts", "A contact has just come into this status: try again.")
    Status.objects.filter(pk=status.pk).delete()


def _check_target(status: Status, move_to: Status) -> None:
    if move_to.pipeline_id != status.pipeline_id or move_to.pk == status.pk:
        raise Invalid({"move_to": "Give another status of the same pipeline."})
    if move_to.archived:
        raise archived(move_to.name)


@transaction.atomic
def _empty(status: Status, move_to: Status, contacts: list[int], by: Actor) -> int:
    """Move those of these contacts that are still in the status."""
    locks.hold_contacts(contacts)
    still = Contact.objects.filter(pk__in=contacts, status=status).values_list("pk", flat=True)
    if move_to.pk not in hold(status.pipeline.business_id, [move_to.pk]):
        raise Invalid({"move_to": NO_STATUS})
    through = f"The status “{status.name}” was removed"
    moves = [Move(pk, move_to.pk, through=through) for pk in still]
    return len(move(status.pipeline.business_id, moves, by=by))
