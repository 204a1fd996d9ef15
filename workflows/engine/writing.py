"""What a tick has done, written in a statement for each table."""

from collections.abc import Sequence
from datetime import datetime

from contacts import rows
from workflows import leaving
from workflows.engine.batch import Row
from workflows.engine.finding import Taken
from workflows.leaving import Leave
from workflows.models import Enrollment, StepRun

Run = tuple[int, int, int, str, str, str, str, str, datetime, int | None]
RUN_COLUMNS = (
    "business_id", "enrollment_id", "position", "step", "kind", "outcome", "reason", "detail", "at", "message",
)  # fmt: skip


def step_runs(runs: Sequence[Run]) -> None:
    rows.insert(StepRun, RUN_COLUMNS, runs)


def enrollments(moved: Sequence[Row]) -> None:
    """Bring the table to what stands in memory."""
    rows.update(
        "UPDATE workflows_enrollment e SET state = v.state, exit_reason = v.exit_reason, exit_detail = v.exit_detail,"
        " ended_at = v.ended_at, position = v.position, kind = v.kind, due_at = v.due_at, held_since = v.held_since"
        " FROM (VALUES %s) AS v (id, state, exit_reason, exit_detail, ended_at, position, kind, due_at, held_since)"
        " WHERE e.id = v.id",
        [
            (
                row.id, row.state, row.exit_reason, row.exit_detail, row.ended_at, row.position, row.step.kind,
                row.due_at, row.held_since,
            )
            for row in moved
        ],
        template="(%s, %s, %s, %s, %s::timestamptz, %s, %s, %s::timestamptz, %s::timestamptz)",
    )  # fmt: skip
    for row in moved:
        row.moved = False


def end_orphans(taken: Taken, at: datetime) -> int:
    """End what belongs to a contact or a workflow that has been deleted; how many."""
    leaves = [Leave(row.id, Enrollment.Exit.DELETED) for row in taken.of_deleted_contacts]
    leaves += [
        Leave(row.id, Enrollment.Exit.USER, "The workflow was deleted.") for row in taken.of_deleted_workflows
    ]
    return len(leaving.leave(leaves, at=at))
