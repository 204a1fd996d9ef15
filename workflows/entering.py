"""Contacts enter workflows here, whoever brings them: a trigger, a step, staff, REST."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from contacts import rows
from contacts.ring import ring
from workflows.models import Enrollment, EnrollmentState, Firing
from workflows.versions import Frozen

RUN = "workflows.tasks.run_due"
DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Want:
    """A contact that is to enter a workflow. `depth`: how many workflows in a row stand behind it."""

    contact: int
    version: Frozen
    entered_by: str
    depth: int = 0
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int]:
        return self.version.workflow, self.contact


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a want: an enrollment, or the reason for none (a `Firing.Outcome`)."""

    outcome: str
    enrollment: int | None = None


def admit(wants: Sequence[Want], *, at: datetime) -> list[Admission]:
    """An answer for each want, in order: of two for the same workflow and contact, the first may enter.

    The caller holds the locks of the contacts, which exist. What enters is due at once.
    """
    standing = _standing(wants)
    outcomes = []
    for want in wants:
        outcomes.append(outcome := _outcome(want, standing))
        if outcome == Firing.Outcome.ENROLLED:
            standing[want.key] = True
    entered = [w for w, outcome in zip(wants, outcomes, strict=True) if outcome == Firing.Outcome.ENROLLED]
    ids = _insert(entered, at)
    return [
        Admission(outcome, ids[want.key]) if outcome == Firing.Outcome.ENROLLED else Admission(outcome)
        for want, outcome in zip(wants, outcomes, strict=True)
    ]


def _outcome(want: Want, standing: Mapping[tuple[int, int], bool]) -> str:
    if want.depth >= DEEPEST:
        return Firing.Outcome.DEPTH.value
    running = standing.get(want.key)
    if running:
        return Firing.Outcome.ALREADY_ACTIVE.value
    if running is False and not want.version.settings["allow_reentry"]:
        return Firing.Outcome.REENTRY_OFF.value
    return Firing.Outcome.ENROLLED.value


def _standing(wants: Sequence[Want]) -> dict[tuple[int, int], bool]:
    """Who is (True) or was (False) in which workflow."""
    if not wants:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT workflow_id, contact_id, bool_or(due_at IS NOT NULL) FROM workflows_enrollment"
            " WHERE contact_id = ANY(%s) AND workflow_id = ANY(%s) GROUP BY 1, 2",
            [list({want.contact for want in wants}), list({want.version.workflow for want in wants})],
        )
        return {(workflow, contact): running for workflow, contact, running in cursor.fetchall()}


def _insert(wants: Sequence[Want], at: datetime) -> dict[tuple[int, int], int]:
    got = rows.insert(
        Enrollment,
        (
            "business_id", "workflow_id", "version_id", "contact_id", "state", "exit_reason", "exit_detail",
            "entered_by", "entered_at", "position", "kind", "due_at", "depth", "context",
        ),
        [
            (
                w.version.business, w.version.workflow, w.version.id, w.contact, EnrollmentState.ACTIVE.value, "", "",
                w.entered_by[:260], at, 0, w.version.program[0].kind, at, w.depth, rows.Json(dict(w.context)),
            )
            for w in wants
        ],
        returning="workflow_id, contact_id, id",
    )  # fmt: skip
    if got:
        ring(RUN)
    return {(workflow, contact): pk for workflow, contact, pk in got}
