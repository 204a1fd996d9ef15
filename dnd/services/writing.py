"""Ledger lines, grounds, standing and events of a set of contacts, in a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from contacts import rows
from contacts.actors import Actor, Cause
from contacts.models import Event, EventKind
from contacts.ring import ring
from contacts.words import mask_of
from dnd import hooks, ledger
from dnd.models import Change, ChangeText, Effective, Ground, Standing, Unstamped
from dnd.policy import Line, Wish
from dnd.services.reading import Standpoint

DISPATCH = "workflows.tasks.dispatch_due"
"""What is made of the events of a change."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The lines that one contact is about to get."""

    standpoint: Standpoint
    lines: list[Line]
    wish: Wish


@dataclass(slots=True)
class Batch:
    """Drafts that are written together: one business, one actor, one moment.

    `causes`: what stands behind each contact's change, where that is not `cause`.
    """

    business: int
    at: datetime
    by: Actor
    cause: Cause
    drafts: list[Draft] = field(default_factory=list)
    causes: Mapping[int, Cause] = field(default_factory=dict)

    def cause_of(self, contact: int) -> Cause:
        return self.causes.get(contact, self.cause)


def write(batch: Batch) -> dict[int, list[Change]]:
    """Write every draft, and ring for what follows from it; the lines written, by contact."""
    written = [(draft, *_seal(batch, draft)) for draft in batch.drafts if draft.lines]
    if not written:
        return {}
    changes = [change for _, lines, _ in written for change in lines]
    _insert_changes(changes)
    script = rows.Script()
    _insert_texts(script, [(c, salt, d.wish) for d, lines, salt in written for c in lines if salt])
    _write_grounds(script, batch, [(c, d.wish) for d, lines, _ in written for c in lines])
    _write_standing(script, batch, [(d, lines[-1]) for d, lines, _ in written])
    _write_events(script, batch, [(d, c) for d, lines, _ in written for c in lines if c.kind == "changed"])
    _stamp(script, batch, changes)
    script.run()
    _close_entries(batch, changes)
    ring(DISPATCH)
    return {draft.standpoint.contact_id: lines for draft, lines, _ in written}


def _seal(batch: Batch, draft: Draft) -> tuple[list[Change], str]:
    salt, digest = ledger.digest_of(draft.wish.note, draft.wish.evidence)
    version, previous, sealed = draft.standpoint.version, draft.standpoint.last_hash, []
    for line in draft.lines:
        version += 1
        # By position, in the order of the fields: by name it takes twice as long, and a bulk change makes thousands.
        values: list[Any] = [
            None,
            batch.business,
            draft.standpoint.contact_id,
            version,
            line.kind,
            line.direction,
            line.enabled,
            line.scope,
            list(line.channels),
            [list(pair) for pair in line.grounds],
            draft.wish.ends_at if line.enabled and line.grounds else None,
            batch.by.source,
            batch.by.label,
            draft.wish.reason,
            list(draft.wish.evidence_ids),
            digest,
            batch.at,
            previous,
        ]
        change = Change(*values)
        change.hash = previous = ledger.seal(change)
        sealed.append(change)
    return sealed, salt


CHANGE_COLUMNS = (*ledger.SEALED, "hash")


def _insert_changes(changes: Sequence[Change]) -> None:
    values = [
        [rows.Json(c.grounds) if name == "grounds" else getattr(c, name) for name in CHANGE_COLUMNS]
        for c in changes
    ]
    got = rows.insert(Change, CHANGE_COLUMNS, values, returning="contact_id, version, id")
    ids = {(contact, version): pk for contact, version, pk in got}
    for change in changes:
        change.pk = ids[change.contact_id, change.version]


def _insert_texts(script: rows.Script, texts: Sequence[tuple[Change, str, Wish]]) -> None:
    script.insert(
        ChangeText,
        ("change_id", "salt", "note", "evidence"),
        [(change.pk, salt, wish.note, wish.evidence) for change, salt, wish in texts],
    )


def _write_grounds(script: rows.Script, batch: Batch, changes: Sequence[tuple[Change, Wish]]) -> None:
    """Free first, as the lines do, so that a channel freed and blocked for the same reason ends blocked."""
    gone = [
        (c.contact_id, c.direction, channel, reason)
        for c, _ in changes
        if not c.enabled
        for channel, reason in c.grounds
    ]
    script.update(
        "DELETE FROM dnd_ground g USING (VALUES %s) AS gone (contact, direction, channel, reason)"
        " WHERE g.contact_id = gone.contact AND g.direction = gone.direction"
        " AND g.channel = gone.channel AND g.reason = gone.reason",
        gone,
    )
    script.insert(
        Ground,
        (
            "business_id",
            "contact_id",
            "direction",
            "channel",
            "reason",
            "source",
            "since",
            "ends_at",
            "opened_by_id",
        ),
        [
            (
                batch.business,
                c.contact_id,
                c.direction,
                channel,
                reason,
                c.source,
                batch.at,
                c.ends_at,
                c.pk,
            )
            for c, _ in changes
            if c.enabled
            for channel, reason in c.grounds
        ],
        on_conflict="(contact_id, direction, channel, reason) DO UPDATE"
        " SET ends_at = excluded.ends_at, opened_by_id = excluded.opened_by_id, source = excluded.source",
    )


def _write_standing(script: rows.Script, batch: Batch, ends: Sequence[tuple[Draft, Change]]) -> None:
    script.insert(
        Standing,
        (
            "contact_id",
            "business_id",
            "version",
            "last_hash",
            "outbound",
            "inbound",
            "do_not_contact",
        ),
        [
            (
                draft.standpoint.contact_id,
                batch.business,
                last.version,
                last.hash,
                mask_of(draft.standpoint.position.blocked("outbound")),
                mask_of(draft.standpoint.position.blocked("inbound")),
                draft.standpoint.position.do_not_contact,
            )
            for draft, last in ends
        ],
        on_conflict="(contact_id) DO UPDATE SET version = excluded.version, last_hash = excluded.last_hash,"
        " outbound = excluded.outbound, inbound = excluded.inbound, do_not_contact = excluded.do_not_contact",
    )


def _write_events(script: rows.Script, batch: Batch, changes: Sequence[tuple[Draft, Change]]) -> None:
    script.insert(
        Event,
        (
            "business_id",
            "contact_id",
            "kind",
            "at",
            "state",
            "source",
            "actor",
            "summary",
            "data",
            "tags",
            "depth",
            "cause_workflow",
            "cause_enrollment",
        ),
        [
            (
                batch.business,
                change.contact_id,
                EventKind.DO_NOT_CONTACT if change.direction == "automations" else EventKind.CONTACT_DND,
                batch.at,
                Event.State.PENDING,
                change.source,
                change.actor,
                change.summary,
                rows.Json(_facts(change)),
                draft.standpoint.tags,
                (cause := batch.cause_of(change.contact_id)).depth,
                cause.workflow_id,
                cause.enrollment_id,
            )
            for draft, change in changes
        ],
    )


def _facts(change: Change) -> dict[str, object]:
    """What a trigger filters on."""
    return {
        "change": change.pk,
        "version": change.version,
        "direction": change.direction,
        "enabled": change.enabled,
        "scope": change.scope,
        "channels": change.channels,
        "source": change.source,
        "reason": change.reason,
    }


def _stamp(script: rows.Script, batch: Batch, changes: Sequence[Change]) -> None:
    """In force at once where nothing older is being called; else the change waits for that call to settle."""
    waiting = hooks.ask_in_flight([(c.contact_id, c.version, c.recorded_at) for c in changes])
    script.insert(
        Effective,
        ("change_id", "at"),
        [(c.pk, batch.at) for c in changes if c.contact_id not in waiting],
    )
    script.insert(
        Unstamped,
        ("change_id", "contact_id"),
        [(c.pk, c.contact_id) for c in changes if c.contact_id in waiting],
    )


CLOSE = """
UPDATE dnd_dncentry e SET lifted_at = %s, lifted_by = %s
 WHERE e.contact_id = ANY(%s) AND e.lifted_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM dnd_ground g
                    WHERE g.contact_id = e.contact_id AND g.direction = 'outbound' AND g.reason = 'dnc_list'
                      AND g.channel = ANY(e.channels))
"""


def _close_entries(batch: Batch, changes: Sequence[Change]) -> None:
    """An entry of the Do Not Contact list of which nothing stands any more is lifted, however that came."""
    freed = {
        change.contact_id
        for change in changes
        if not change.enabled and any(reason == "dnc_list" for _, reason in change.grounds)
    }
    if freed:
        with connection.cursor() as cursor:
            by = batch.by.label[:200] or batch.by.source
            cursor.execute(CLOSE, [batch.at, by, list(freed)])
