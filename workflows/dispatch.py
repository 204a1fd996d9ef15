"""From events to enrollments: each event is held once against every workflow that was published when it happened.

Events are found by their state, under the contact's lock, and leave that state in the transaction that
writes the firings. So a crash at any point leaves them to be found again, and no order of commits hides one.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from contacts import locks, rows
from contacts.models import Event, EventKind
from contacts.words import EVERY_OUTBOUND
from dnd.models import Standing
from workflows import entering, faults, leaving, matching, setbacks, versions
from workflows.entering import Want
from workflows.leaving import Leave
from workflows.matching import Happened
from workflows.models import Enrollment, Firing
from workflows.versions import Frozen, InForce

BATCH = 500
CONTACTS = 200
NAMES = {
    "contact_dnd": "Contact DND",
    "do_not_contact_changed": "Do Not Contact",
    "contact_created": "Contact created",
    "tag_added": "Tag added",
    "tag_removed": "Tag removed",
    "status_changed": "Status changed",
    "message_received": "Message received",
    "message_failed": "Message failed",
    "email_event": "Email event",
}


@dataclass(frozen=True, slots=True)
class Pending:
    """An event whose contact's lock is held."""

    id: int
    business: int
    contact: int
    at: datetime
    happened: Happened
    depth: int
    cause: int | None
    deleted: bool
    remove_when_all_dnd: bool

    @property
    def blocks_all(self) -> bool:
        """Whether every outbound channel was blocked by it."""
        if self.happened.kind != EventKind.CONTACT_DND:
            return False
        data = self.happened.data
        return (data["direction"], data["enabled"], data["scope"]) == ("outbound", True, "all")


@dataclass(frozen=True, slots=True)
class Fired:
    """An event that matched a workflow, and what is known so far of what becomes of it."""

    event: Pending
    version: Frozen
    trigger: str
    refused: str

    def want(self) -> Want:
        by, context = f"Trigger: {self.trigger}", _context(self.event.happened)
        return Want(self.event.contact, self.version, by, self.event.depth, context)


def _context(happened: Happened) -> dict[str, Any]:
    """What templates may use of the event itself."""
    if happened.kind != EventKind.MESSAGE_RECEIVED:
        return {}
    return {"message": {"body": happened.data["body"]}}


def dispatch_batch() -> int:
    """Dispatch up to 500 pending events; how many were. 0: nothing is pending, or others are at it."""
    return _dispatch_all(_candidates())


def _candidates() -> list[int]:
    """The oldest pending events of up to 200 contacts, so that nobody's lock is held for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.contact_id FROM contacts_event e WHERE e.state = 'pending' AND NOT EXISTS"
            " (SELECT FROM workflows_setback s WHERE s.event_id = e.id AND s.retry_at > statement_timestamp())"
            " ORDER BY e.id LIMIT %s",
            [BATCH],
        )
        found = cursor.fetchall()
    contacts = set(islice(dict.fromkeys(contact for _, contact in found), CONTACTS))
    return [pk for pk, contact in found if contact in contacts]


def _dispatch_all(ids: Sequence[int]) -> int:
    """All of them in one transaction, or, where that raises, each half on its own, down to the event at fault."""
    if not ids:
        return 0
    try:
        with transaction.atomic():
            return _dispatch(ids)
    except faults.OUTAGES:
        raise
    except Exception as error:
        if len(ids) == 1:
            setbacks.set_back(ids[0], error)
            return 0
    middle = len(ids) // 2
    return _dispatch_all(ids[:middle]) + _dispatch_all(ids[middle:])


def _dispatch(ids: Sequence[int]) -> int:
    events = _hold(ids)
    if not events:
        return 0
    times = [event.at for event in events]
    in_force = versions.in_force({event.business for event in events}, min(times), max(times))
    at = locks.now()
    for wave in _waves(events):
        _take_out(wave, at)
        _start(list(_matched(wave, in_force)), at)
    handled = [event.id for event in events]
    Event.objects.filter(pk__in=handled).update(state=Event.State.DISPATCHED)
    setbacks.forget(handled)
    return len(events)


def _hold(ids: Sequence[int]) -> list[Pending]:
    """Lock the contacts of these events and what is published; those events that are still pending, by id."""
    contacts = Event.objects.filter(pk__in=ids).values_list("contact_id", flat=True)
    locked = locks.try_lock_contacts(list(contacts))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.id, e.business_id, e.contact_id, e.at, e.kind, e.data, e.tags, e.depth, e.cause_workflow,"
            " c.deleted_at IS NOT NULL, b.remove_when_all_dnd FROM contacts_event e"
            " JOIN contacts_contact c ON c.id = e.contact_id JOIN contacts_business b ON b.id = e.business_id"
            " WHERE e.id = ANY(%s) AND e.contact_id = ANY(%s) AND e.state = 'pending'"
            " ORDER BY e.id FOR NO KEY UPDATE OF e",
            [list(ids), locked],
        )
        events = [_pending(row) for row in cursor.fetchall()]
    versions.lock_publishing({event.business for event in events}, exclusive=False)
    return events


def _pending(row: Sequence[Any]) -> Pending:
    pk, business, contact, at, kind, data, tags, *rest = row
    happened = Happened(kind, json.loads(data), frozenset(tag.lower() for tag in tags))
    return Pending(pk, business, contact, at, happened, *rest)


def _waves(events: Sequence[Pending]) -> Iterator[list[Pending]]:
    """Events in order, cut where a contact's channels were all blocked: what came before has been done by then."""
    wave_of: dict[int, int] = {}
    waves: dict[int, list[Pending]] = {}
    for event in events:
        wave = wave_of.setdefault(event.contact, 0) + event.blocks_all
        wave_of[event.contact] = wave
        waves.setdefault(wave, []).append(event)
    return (waves[wave] for wave in sorted(waves))


def _take_out(events: Sequence[Pending], at: datetime) -> None:
    """End what runs for contacts that were deleted, or whose every channel is blocked, where that is asked for."""
    deleted = {event.contact for event in events if event.deleted}
    blocked = {event.contact: event for event in events if event.blocks_all and not event.deleted}
    if not deleted and not blocked:
        return
    still = set(
        Standing.objects.filter(contact__in=list(blocked), outbound=EVERY_OUTBOUND).values_list(
            "contact_id", flat=True
        )
    )
    leaves = []
    running = leaving.running_of([*deleted, *still])
    frozen = versions.load(version for *_, version in running)
    for enrollment, contact, _, version in running:
        if contact in deleted:
            leaves.append(Leave(enrollment, Enrollment.Exit.DELETED))
        elif blocked[contact].remove_when_all_dnd or frozen[version].settings["remove_when_all_dnd"]:
            leaves.append(Leave(enrollment, Enrollment.Exit.ALL_DND))
    leaving.leave(leaves, at=at)


def _matched(events: Iterable[Pending], in_force: dict[int, list[InForce]]) -> Iterator[Fired]:
    """Each event with each workflow that it starts: the first of its triggers that matches counts."""
    for event in events:
        for published in in_force.get(event.business, ()):
            if not published.at(event.at):
                continue
            for trigger in published.version.triggers:
                if matching.matches(trigger, event.happened):
                    name = trigger["name"] or NAMES.get(trigger["type"], trigger["type"])
                    yield Fired(event, published.version, name, _refused(event, published.version))
                    break


def _refused(event: Pending, version: Frozen) -> str:
    """Why this event may not start this workflow, whoever is in it."""
    if event.deleted:
        return Firing.Outcome.DELETED.value
    if event.cause == version.workflow:
        return Firing.Outcome.OWN_CHANGE.value
    return ""


def _start(fired: Sequence[Fired], at: datetime) -> None:
    """Write what becomes of each: an enrollment, or the reason for none."""
    answers = iter(entering.admit([one.want() for one in fired if not one.refused], at=at))
    written = []
    for one in fired:
        answer = entering.Admission(one.refused) if one.refused else next(answers)
        version = one.version
        written.append(
            (one.event.id, version.workflow, version.id, answer.outcome, answer.enrollment, one.trigger, at)
        )
    rows.insert(
        Firing,
        ("event_id", "workflow_id", "version_id", "outcome", "enrollment_id", "trigger", "at"),
        written,
    )
