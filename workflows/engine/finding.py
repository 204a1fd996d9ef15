"""Which enrollments a tick takes: found unlocked, then locked by contact without waiting, then read again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts import locks
from workflows import versions
from workflows.engine.addresses import NONE, HeldAddresses, hold
from workflows.engine.batch import Row
from workflows.steps import KINDS

CONTACTS = 200
LOOKED_AT = 800

CANDIDATES = """
SELECT id, business_id, contact_id, version_id, position FROM workflows_enrollment
 WHERE due_at <= statement_timestamp() ORDER BY due_at, id LIMIT %s
"""

DUE = """
SELECT e.id, e.business_id, e.workflow_id, w.name, e.contact_id, e.version_id, e.position, e.depth, e.due_at,
       e.held_since, e.context, c.deleted_at IS NOT NULL, w.deleted_at IS NOT NULL
  FROM workflows_enrollment e
  JOIN workflows_workflow w ON w.id = e.workflow_id JOIN contacts_contact c ON c.id = e.contact_id
 WHERE e.id = ANY(%s) AND e.contact_id = ANY(%s) AND e.due_at <= statement_timestamp() ORDER BY e.due_at, e.id
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enrollment that was due when nobody held it yet."""

    enrollment: int
    business: int
    contact: int
    version: int
    position: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a tick holds: the rows it may run, those whose contact or workflow is gone, and addresses."""

    rows: list[Row]
    of_deleted_contacts: list[Row]
    of_deleted_workflows: list[Row]
    addresses: HeldAddresses


def candidates() -> list[Candidate]:
    """What is due, longest due first."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [LOOKED_AT])
        return [Candidate(*row) for row in cursor.fetchall()]


def take(found: Sequence[Candidate]) -> Taken:
    """Lock addresses where a step needs them, then up to 200 contacts that nobody else holds, and read again."""
    held, found = _hold_addresses(found)
    locked = _lock_contacts(list(dict.fromkeys(one.contact for one in found)), held)
    with connection.cursor() as cursor:
        cursor.execute(DUE, [[one.enrollment for one in found], locked])
        due = cursor.fetchall()
    frozen = versions.load({row[5] for row in due})
    rows = [(_row(row, frozen[row[5]]), row[11], row[12]) for row in due]
    return Taken(
        rows=[row for row, contact_gone, workflow_gone in rows if not contact_gone and not workflow_gone],
        of_deleted_contacts=[row for row, contact_gone, _ in rows if contact_gone],
        of_deleted_workflows=[
            row for row, contact_gone, workflow_gone in rows if workflow_gone and not contact_gone
        ],
        addresses=held.confirmed(locked),
    )


def _row(row: Sequence[Any], version: versions.Frozen) -> Row:
    pk, business, workflow, name, contact, _, position, depth, due_at, held_since, context, *_ = row
    return Row(
        pk,
        business,
        workflow,
        name,
        contact,
        version,
        position,
        depth,
        due_at,
        held_since,
        json.loads(context),
    )


def _hold_addresses(found: Sequence[Candidate]) -> tuple[HeldAddresses, Sequence[Candidate]]:
    """Addresses come before contacts, so they are held for those who were seen standing at a step that needs them.

    They are held for some contacts of one business; the candidates without the others, who wait for their turn.
    """
    frozen = versions.load({one.version for one in found})
    needing = [one for one in found if needs_addresses(frozen[one.version].program[one.position])]
    if not needing:
        return NONE, found
    held = hold(needing[0].business, [one.contact for one in needing if one.business == needing[0].business])
    passed_over = {one.enrollment for one in needing if one.contact not in held}
    return held, [one for one in found if one.enrollment not in passed_over]


def needs_addresses(step: versions.Step) -> bool:
    return KINDS[step.kind].needs_addresses(step.config)


def _lock_contacts(contacts: Sequence[int], held: HeldAddresses) -> list[int]:
    """The holders of held addresses, and contacts in order until there are 200, passing over those locked elsewhere."""
    locked = locks.try_lock_contacts(sorted(held.holders)) if held.holders else []
    rest = [contact for contact in contacts if contact not in held.holders]
    while rest and len(locked) < CONTACTS:
        some = CONTACTS - len(locked)
        locked += locks.try_lock_contacts(rest[:some])
        rest = rest[some:]
    return locked
