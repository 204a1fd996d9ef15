"""Running enrollments end here before their last step: removed, and what they had queued withdrawn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contacts import rows
from messaging import services as messaging
from workflows.models import Enrollment


@dataclass(frozen=True, slots=True)
class Leave:
    """An enrollment that ends. `exit`: an `Enrollment.Exit`; `detail`: who or what ended it."""

    enrollment: int
    exit: str
    detail: str = ""


def leave(leaves: Sequence[Leave], *, at: datetime) -> set[int]:
    """End those of these enrollments that run; which did. The caller holds the locks of their contacts.

    Nothing of them runs afterwards, and what they had queued or held is withdrawn at the door.
    """
    gone = rows.update(
        "UPDATE workflows_enrollment e SET state = 'removed', exit_reason = v.reason, exit_detail = v.detail,"
        " ended_at = v.at, due_at = NULL, held_since = NULL"
        " FROM (VALUES %s) AS v (id, reason, detail, at) WHERE e.id = v.id AND e.due_at IS NOT NULL RETURNING e.id",
        [(one.enrollment, one.exit, one.detail[:400], at) for one in _once_each(leaves)],
    )
    ended = {pk for (pk,) in gone}
    by_label: dict[str, list[int]] = {}
    for one in leaves:
        if one.enrollment in ended:
            by_label.setdefault(str(Enrollment.Exit(one.exit).label), []).append(one.enrollment)
    for label, enrollments in by_label.items():
        messaging.withdraw(enrollments, why=f"Its enrollment ended: {label}.")
    return ended


def _once_each(leaves: Iterable[Leave]) -> Iterable[Leave]:
    """The first leave of each enrollment, by id."""
    first: dict[int, Leave] = {}
    for one in leaves:
        first.setdefault(one.enrollment, one)
    return (first[pk] for pk in sorted(first))


def running_of(contacts: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """(enrollment, contact, workflow, version) of everything that runs for these contacts."""
    return list(
        Enrollment.objects.filter(contact__in=contacts, due_at__isnull=False)
        .order_by("id")
        .values_list("id", "contact_id", "workflow_id", "version_id")
    )
