"""Recording what happened, in the transaction in which it does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from contacts import rows
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import Event
from contacts.ring import ring

DISPATCH = "workflows.tasks.dispatch_due"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to one contact."""

    contact_id: int
    summary: str
    data: Mapping[str, Any] = field(default_factory=dict)
    cause: Cause = NO_CAUSE
    by: Actor | None = None


def record(
    business: int,
    kind: str,
    happenings: Iterable[Happening],
    *,
    by: Actor,
    at: datetime,
    starts: bool = True,
) -> None:
    """Write events with each contact's tags as they are now. `starts`: whether workflows may be started by them."""
    happenings = list(happenings)
    if not happenings:
        return
    tags = tags_of([h.contact_id for h in happenings])
    state = Event.State.PENDING if starts else Event.State.RECORDED
    rows.insert(
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
                business,
                h.contact_id,
                kind,
                at,
                state,
                (h.by or by).source,
                (h.by or by).label,
                h.summary[:400],
                rows.Json(dict(h.data)),
                tags.get(h.contact_id, []),
                h.cause.depth,
                h.cause.workflow_id,
                h.cause.enrollment_id,
            )
            for h in happenings
        ],
    )
    if starts:
        ring(DISPATCH)


def tags_of(contacts: Iterable[int]) -> dict[int, list[str]]:
    """The names of each contact's tags, sorted; contacts without tags are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.contact_id, array_agg(t.name ORDER BY t.name) FROM contacts_contacttag l"
            " JOIN contacts_tag t ON t.id = l.tag_id WHERE l.contact_id = ANY(%s) GROUP BY 1",
            [list(set(contacts))],
        )
        return dict(cursor.fetchall())
