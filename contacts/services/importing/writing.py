"""A batch of rows as contacts: addresses held, then contacts, then everything in a handful of statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from contacts import locks, rows
from contacts.actors import Actor
from contacts.importing.cells import Person
from contacts.importing.merging import FIELDS, Change
from contacts.models import Contact, ContactPoint, ContactTag, EventKind, Import, PointKind
from contacts.services import events, statuses, tags
from contacts.services.events import Happening
from contacts.services.importing import fresh, staging
from contacts.services.importing.planning import Plan, plans
from contacts.services.importing.windows import GIVEN, Window
from contacts.services.statuses import Move

PHONE, EMAIL = PointKind.PHONE.value, PointKind.EMAIL.value
Gained = tuple[int, str, str]
"""(contact, kind of address, address)."""


class _ContactsMoved(Exception):
    """Somebody changed who has an address or an external id while the contacts' locks were awaited."""


@dataclass(slots=True)
class Written:
    """What a window's rows did. `plan`: of the rows that were looked at one by one; `contacts`: who each of them is.

    `gained`: every address that is new to its contact. `blocks`: what is to be blocked for whom, as a bit mask.
    """

    plan: Plan
    contacts: dict[int, int] = field(default_factory=dict)
    gained: list[Gained] = field(default_factory=list)
    blocks: dict[int, int] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    fresh: int = 0

    @property
    def rows(self) -> int:
        return len(self.plan.changes) + self.fresh


def write(window: Window, by: Actor) -> Written:
    """Bring the contacts of these rows to what the rows say, in the caller's transaction.

    New addresses count as screened: the caller holds them against the suppressions in the same transaction.
    """
    source = window.source
    _hold_addresses(window)
    window.find_known()
    written = Written(_locked_plan(source, staging.rows_of(source, window.known)))
    at = locks.now()
    for _, contact, blocks, numbers, email in fresh.insert(window, by, at):
        written.fresh += 1
        written.gained += [(contact, PHONE, number) for number in numbers]
        written.gained += [(contact, EMAIL, email)] if email else []
        if blocks:
            written.blocks[contact] = blocks
    written.created = written.fresh
    _write_known(source, written, by, at)
    return written


def _write_known(source: Import, written: Written, by: Actor, at: datetime) -> None:
    """The rows that may be about somebody: some of them make a contact all the same."""
    changes = [change for change in written.plan.changes if not change.refusal]
    made = [change for change in changes if change.kept is None]
    for change, pk in zip(made, _new_ids(len(made)), strict=True):
        written.contacts[change.person.number] = pk
    for change in changes:
        if change.kept:
            written.contacts[change.person.number] = change.kept.contact
        if change.person.blocks:
            written.blocks[written.contacts[change.person.number]] = change.person.blocks
    existing = [change for change in changes if change.kept and change.changes]
    _insert_contacts(source, [(written.contacts[change.person.number], change) for change in made], at)
    _update_contacts(existing)
    _write_points(source, written, [*made, *existing])
    _record(source, written, made, existing, by, at)
    _move(source, written, [*made, *existing], by)
    written.created += len(made)
    written.updated = len(existing)
    written.unchanged = len(changes) - len(made) - len(existing)


HOLD = f"""
SELECT count({{lock}}(key)) FROM (
    SELECT DISTINCT key FROM contacts_importrow, unnest({{keys}}) AS key WHERE {GIVEN} ORDER BY key) AS sorted
"""  # noqa: S608 - of constants


def _hold_addresses(window: Window) -> None:
    """As creating one contact does: addresses together with others, external ids alone."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD.format(lock="pg_advisory_xact_lock_shared", keys="address_keys"), window.given)
        cursor.execute(HOLD.format(lock="pg_advisory_xact_lock", keys="array[id_key]"), window.given)


def _locked_plan(source: Import, people: Sequence[Person]) -> Plan:
    """The plan, made once more under the contacts' locks until it is about the contacts that are locked."""
    for _ in range(5):
        plan = plans(source, people)
        ids = set(plan.contacts)
        if not ids:
            return plan
        mark = transaction.savepoint()
        locks.lock_contacts(source.business_id, ids)
        plan = plans(source, people)
        if ids.issuperset(plan.contacts):
            return plan
        transaction.savepoint_rollback(mark)
    raise _ContactsMoved


def _new_ids(number: int) -> list[int]:
    if not number:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')) FROM generate_series(1, %s)",
            [number],
        )
        return [row[0] for row in cursor.fetchall()]


def _insert_contacts(source: Import, made: Sequence[tuple[int, Change]], at: datetime) -> None:
    rows.insert(
        Contact,
        ("id", "business_id", *FIELDS, "created_at"),
        [
            (
                pk,
                source.business_id,
                *(change.fields.get(name, None if name == "external_id" else "") for name in FIELDS),
                at,
            )
            for pk, change in made
        ],
    )


def _update_contacts(changes: Iterable[Change]) -> None:
    rows.update(
        "UPDATE contacts_contact c SET first_name = v.first_name, last_name = v.last_name, timezone = v.timezone,"
        " external_id = v.external_id FROM (VALUES %s)"
        " AS v (id, first_name, last_name, timezone, external_id) WHERE c.id = v.id",
        [
            (
                change.kept.contact,
                *(change.fields.get(name, getattr(change.kept, name)) or ("" if name != "external_id" else None)
                  for name in FIELDS),
            )
            for change in changes
            if change.kept and change.fields
        ],
        template="(%s::bigint, %s, %s, %s, %s::varchar)",
    )  # fmt: skip


def _write_points(source: Import, written: Written, changes: Iterable[Change]) -> None:
    """Numbers are added behind those that are there; an email takes the place of another."""
    points, replaced = [], []
    for change in changes:
        contact = written.contacts[change.person.number]
        behind = len(change.kept.phones) if change.kept else 0
        for place, (number, label, line) in enumerate(change.phones, behind):
            points.append((source.business_id, contact, PHONE, number, label, line, False, place, True))
        if change.email:
            points.append((source.business_id, contact, EMAIL, change.email, "", "", False, 0, True))
            replaced += [contact] if change.kept and change.kept.email else []
    if replaced:
        ContactPoint.objects.filter(contact__in=replaced, kind=EMAIL).delete()
    written.gained += [(point[1], point[2], point[3]) for point in points]
    rows.insert(
        ContactPoint,
        (
            "business_id", "contact_id", "kind", "value", "label", "line_type", "preferred", "position", "screened",
        ),
        points,
    )  # fmt: skip


def _move(source: Import, written: Written, changes: Sequence[Change], by: Actor) -> None:
    """Statuses as everywhere; one that was archived or removed since the check takes nobody, which is told."""
    if not (moving := [change for change in changes if change.status]):
        return
    held = statuses.hold(source.business_id, {change.status or 0 for change in moving})
    moves = []
    for change in moving:
        status = held.get(change.status or 0)
        if status is None or status.archived:
            change.left = "The status was archived or removed since the check: the contact's own stays."
        else:
            moves.append(Move(written.contacts[change.person.number], status.id))
    statuses.move(source.business_id, moves, by=by)


def _record(
    source: Import,
    written: Written,
    made: Iterable[Change],
    existing: Iterable[Change],
    by: Actor,
    at: datetime,
) -> None:
    """Tags first, so that every event carries them; then what happened, as for one contact."""
    taggings = [
        (written.contacts[change.person.number], name)
        for change in (*made, *existing)
        for name in change.tags
    ]
    if taggings:
        ids = tags.ids_of(source.business_id, {name for _, name in taggings})
        links = sorted({(contact, ids[tags.clean(name)]) for contact, name in taggings})
        rows.insert(ContactTag, ("contact_id", "tag_id"), links, on_conflict="DO NOTHING")
    created = [Happening(written.contacts[change.person.number], "Contact created") for change in made]
    updated = [
        Happening(written.contacts[change.person.number], f"Contact updated: {', '.join(change.names)}")
        for change in existing
        if change.names
    ]
    tagged = [Happening(contact, f"Tag “{name}” added", {"tag": name}) for contact, name in taggings]
    for kind, happenings in (
        (EventKind.CONTACT_CREATED, created),
        (EventKind.CONTACT_UPDATED, updated),
        (EventKind.TAG_ADDED, tagged),
    ):
        events.record(source.business_id, kind, happenings, by=by, at=at, starts=source.starts)


def keep_counted(before: int, after: int) -> None:
    """Let PostgreSQL count its tables again each time the rows written have doubled: it plans by what it counted last.

    Autovacuum would do so too, but looks once a minute, and a file into an empty database would be slowed down by
    plans for empty tables. The last thing in a batch: others who count wait until the batch has committed.
    """
    if before.bit_length() != after.bit_length():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE contacts_contact, contacts_contactpoint, contacts_contacttag")
