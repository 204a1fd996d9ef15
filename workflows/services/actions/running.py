"""Running an action: on one contact or on many, all of its operations or none, recorded with what each did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from contacts import locks, rows
from contacts.actors import Actor
from contacts.models import Business, Contact, EventKind, Status
from contacts.services import events
from contacts.services.events import Happening
from workflows import names, operations, wording
from workflows.engine import addresses
from workflows.models import ActionRun, StatusAction
from workflows.operations import CannotRun, Did, Scene
from workflows.services.actions import seeing
from workflows.services.actions.seeing import Refused
from workflows.steps import KINDS

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one contact: the record of the run, or why there was none.

    `changed` is False when everything was so already; then the record is that of the time before, if there was one.
    """

    contact_id: int
    run: ActionRun | None = None
    changed: bool = False
    refused: Refused | None = None


class _AddressesMoved(Exception):
    """A contact got another address while its lock was awaited: begin again with the new one."""


def run(*, action: StatusAction, contact: int, by: Actor) -> Ran:
    """Run an action on one contact, in one transaction; twice is the same as once.

    Raises RoleRequired, and Conflict `status_archived`, `not_published`, `no_status`, `other_status`,
    `other_record_type`, or what an operation refuses, such as `dnd_locked`; then nothing has happened.
    """
    answers = run_many(action=action, contacts=[contact], by=by)
    if not answers:
        raise Contact.DoesNotExist
    if answers[0].refused:
        raise answers[0].refused.error()
    return answers[0]


def run_many(*, action: StatusAction, contacts: Sequence[int], by: Actor) -> list[Ran]:
    """`run` for up to a few hundred contacts in one transaction; a contact that refuses does not stop the others.

    Raises what holds for all: RoleRequired, Conflict `status_archived`, `not_published`. Contacts of another
    business, or deleted, are left out.
    """
    business = action.status.pipeline.business
    unpublished = seeing.unpublished_of([action])
    if refused := seeing.cannot_at_all(action, by=by, unpublished=unpublished):
        raise refused.error()
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return _run(business, action, contacts, by)
        except _AddressesMoved:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _run(business: Business, action: StatusAction, contacts: Sequence[int], by: Actor) -> list[Ran]:
    locked = _lock(business.pk, action, contacts)
    places = _places(locked)
    refused = {
        contact: why for contact, status in places.items() if (why := seeing.elsewhere(action, status))
    }
    while willing := [contact for contact in locked if contact not in refused]:
        try:
            with transaction.atomic():
                done = _perform(Press(business, action, by, willing, places))
            break
        except CannotRun as cannot:
            refused |= {contact: Refused(code, why) for contact, (code, why) in cannot.refused.items()}
    else:
        done = {}
    return [done.get(pk) or Ran(pk, refused=refused[pk]) for pk in locked]


def _lock(business: int, action: StatusAction, contacts: Sequence[int]) -> list[int]:
    """Addresses first where an operation may reach them, then the contacts; those that exist, in order."""
    needs = any(KINDS[step["kind"]].needs_addresses(step) for step in action.operations)
    if not needs:
        return locks.lock_contacts(business, contacts)
    held = addresses.hold(business, contacts, most=len(contacts))
    locked = set(locks.lock_contacts(business, held.holders))
    wanted = sorted(locked.intersection(contacts))
    if not set(wanted).issubset(held.confirmed(locked).sharing):
        raise _AddressesMoved
    return wanted


def _places(contacts: Sequence[int]) -> dict[int, Status | None]:
    found = Contact.objects.filter(pk__in=contacts).values_list("pk", "status")
    pairs = dict(found)
    known = Status.objects.select_related("pipeline").in_bulk({pk for pk in pairs.values() if pk})
    return {contact: known.get(status) if status else None for contact, status in pairs.items()}


@dataclass(slots=True)
class Press:
    """One action about to be run on contacts that may all have it."""

    business: Business
    action: StatusAction
    by: Actor
    contacts: Sequence[int]
    places: Mapping[int, Status | None]
    did: dict[int, list[Did]] = field(default_factory=dict)


def _perform(press: Press) -> dict[int, Ran]:
    at = locks.now()
    scene = Scene(press.business, press.contacts, press.by, press.action.name, at, _insert(press, at))
    for step in press.action.operations:
        for contact, did in operations.OPERATIONS[step["kind"]](scene, step).items():
            press.did.setdefault(contact, []).append(did)
    return _record(press, scene)


def _insert(press: Press, at: datetime) -> dict[int, int]:
    """A row for each contact, before anything is done, so that what is done can name it."""
    action, by = press.action, press.by
    columns = (
        "business_id", "contact_id", "action", "name", "category", "status", "status_name", "pipeline_name", "at",
        "source", "actor", "results",
    )  # fmt: skip
    values = []
    for contact in press.contacts:
        status = press.places[contact] or action.status
        values.append(
            (
                press.business.pk, contact, action.pk, action.name, action.category, status.pk, status.name,
                status.pipeline.name, at, by.source, by.label[:200], rows.Json([]),
            )
        )  # fmt: skip
    return dict(rows.insert(ActionRun, columns, values, returning="contact_id, id"))


def _record(press: Press, scene: Scene) -> dict[int, Ran]:
    """What each operation did. Who had this action before, and gets nothing new of it, keeps the old record."""
    changed = {contact: any(did.changed for did in press.did[contact]) for contact in press.contacts}
    before = _earlier(press, [contact for contact, hit in changed.items() if not hit], scene)
    named = names.of(press.business)
    words = [wording.step(step, named) for step in press.action.operations]
    kept = [contact for contact in press.contacts if contact not in before]
    rows.update(
        "UPDATE workflows_actionrun r SET results = v.results, entry = v.entry"
        " FROM (VALUES %s) AS v (id, results, entry) WHERE r.id = v.id",
        [
            (
                scene.runs[contact],
                rows.Json(_results(press, words, contact)),
                scene.entries.get(contact),
            )
            for contact in kept
        ],
        template="(%s, %s::jsonb, %s::bigint)",
    )
    ActionRun.objects.filter(pk__in=[scene.runs[contact] for contact in before]).delete()
    _tell(press, kept, scene)
    runs = ActionRun.objects.in_bulk([scene.runs[contact] for contact in kept])
    return {
        contact: Ran(contact, before.get(contact) or runs[scene.runs[contact]], changed[contact])
        for contact in press.contacts
    }


def _earlier(press: Press, contacts: Sequence[int], scene: Scene) -> dict[int, ActionRun]:
    """The latest record of this action for each of these contacts, if it has one from another time."""
    found = ActionRun.objects.filter(contact__in=contacts, action=press.action.pk)
    others = found.exclude(pk__in=[scene.runs[contact] for contact in contacts]).order_by("pk")
    return {run.contact_id: run for run in others}


def _results(press: Press, words: Sequence[str], contact: int) -> list[dict[str, str]]:
    steps = zip(press.action.operations, words, press.did[contact], strict=True)
    return [
        {
            "kind": step["kind"],
            "words": said,
            "outcome": "done" if did.changed else "unchanged",
            "detail": did.detail,
        }
        for step, said, did in steps
    ]


def _tell(press: Press, contacts: Sequence[int], scene: Scene) -> None:
    """The timeline says which action it was; what its operations did stands beside it in their own lines."""
    happenings = [
        Happening(
            contact,
            f"Action “{press.action.name}” run",
            {"run": scene.runs[contact], "action": press.action.pk, "category": press.action.category},
        )
        for contact in contacts
    ]
    events.record(press.business.pk, EventKind.ACTION_RUN, happenings, by=press.by, at=scene.at, starts=False)
