"""What became of the messages that steps had handed over."""

from collections.abc import Sequence

from contacts import rows
from messaging.hooks import Settled


def settled(news: Sequence[Settled]) -> None:
    """Bring each step run to what its message came to: once away from `done`, and from `unknown` to the truth."""
    rows.update(
        "UPDATE workflows_steprun r SET outcome = v.outcome, reason = v.reason, detail = v.detail"
        " FROM (VALUES %s) AS v (enrollment, position, outcome, reason, detail)"
        " WHERE r.enrollment_id = v.enrollment AND r.position = v.position"
        " AND r.outcome IN ('done', 'unknown') AND r.outcome <> v.outcome",
        [(one.enrollment, one.position, one.outcome, one.reason[:60], one.detail[:400]) for one in news],
    )
