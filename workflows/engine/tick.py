"""One tick: one transaction in which the due enrollments of up to 200 contacts go as far as they can."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from contacts import locks, rows
from workflows import faults
from workflows.engine import finding, writing
from workflows.engine.batch import Batch, Ran, Result, Row, Waits
from workflows.engine.finding import Candidate, Taken
from workflows.models import Enrollment, EnrollmentState, Outcome
from workflows.steps import KINDS

log = logging.getLogger(__name__)
HOLDS_AT_MOST = 0.25
AFTER_FAULT = timedelta(seconds=5)


def tick() -> int:
    """Move what is due; how many steps were run or enrollments ended. 0: nothing is due, or others are at it."""
    return _tick(finding.candidates())


def _tick(found: Sequence[Candidate]) -> int:
    """Those of one contact that cannot even be read or written must not hold up the others: halve, and set it aside."""
    if not found:
        return 0
    try:
        with transaction.atomic():
            rows.leave_to_the_disk()
            return Tick(finding.take(found)).run()
    except faults.OUTAGES:
        raise
    except Exception as error:
        contacts = sorted({one.contact for one in found})
        if len(contacts) == 1:
            _set_aside(found, error)
            return 0
    first = set(contacts[: len(contacts) // 2])
    moved = _tick([one for one in found if one.contact in first])
    return moved + _tick([one for one in found if one.contact not in first])


def _set_aside(found: Sequence[Candidate], error: BaseException) -> None:
    """Nothing is lost: it is due again in a minute."""
    ids = [one.enrollment for one in found]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_enrollment SET due_at = clock_timestamp() + interval '1 minute'"
            " WHERE id = ANY(%s) AND due_at <= statement_timestamp()",
            [ids],
        )
    log.error("Enrollments %s could not be run and are tried again: %s", ids, faults.described(error))


class Tick:
    """The rows of one tick in memory, and what of them has not been written yet.

    The caller holds their contacts' locks, so nobody else changes them meanwhile.
    """

    def __init__(self, taken: Taken) -> None:
        self.rows = {row.id: row for row in taken.rows}
        self.taken = taken
        self.runs: list[writing.Run] = []
        self.moved = 0
        self.began = time.monotonic()
        self.began_at = locks.now()

    def now(self) -> datetime:
        """PostgreSQL's clock, read once under the locks and carried on by this process's."""
        return self.began_at + timedelta(seconds=time.monotonic() - self.began)

    def over(self) -> bool:
        return time.monotonic() - self.began > HOLDS_AT_MOST

    def run(self) -> int:
        """Group by group until everything waits or has ended, or the time is up; then write it all. How much moved."""
        self.moved += writing.end_orphans(self.taken, self.now())
        while groups := self._groups():
            for kind, ids in groups:
                self._run_group(kind, [row for row in map(self.rows.__getitem__, ids) if row.ready])
                if self.over():
                    break
            if self.over():
                break
        self.write()
        return self.moved

    def write(self) -> None:
        """Write what has moved since the last time."""
        writing.step_runs(self.runs)
        writing.enrollments([row for row in self.rows.values() if row.moved])
        self.runs = []

    def _groups(self) -> list[tuple[str, list[int]]]:
        """What can run now, by kind of step and business, in parts of the size that the kind allows."""
        groups: dict[tuple[str, int], list[int]] = {}
        for row in self.rows.values():
            if row.ready and self._has_locks(row):
                groups.setdefault((row.step.kind, row.business), []).append(row.id)
        return [
            (kind, ids[start : start + KINDS[kind].most])
            for (kind, _), ids in groups.items()
            for start in range(0, len(ids), KINDS[kind].most)
        ]

    def _has_locks(self, row: Row) -> bool:
        """One that came to a step in need of address locks stays due; the next tick takes them first."""
        return row.contact in self.taken.addresses or not finding.needs_addresses(row.step)

    def _run_group(self, kind: str, rows: Sequence[Row]) -> None:
        """In a savepoint. A group that raises is halved until the one that raises alone is found; that one fails."""
        if not rows:
            return
        if KINDS[kind].looks_around:
            self.write()
        batch = Batch(rows[0].business, rows, self.now())
        try:
            with transaction.atomic():
                results = KINDS[kind].run(batch)
                _complete(batch, results)
        except Exception as error:
            if len(rows) == 1:
                self._give_up(rows[0], error)
                return
        else:
            self._apply(batch, results)
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            if not self.over():
                self._run_group(kind, [row for row in half if row.ready])

    def _apply(self, batch: Batch, results: dict[int, Result]) -> None:
        for pk in batch.ended & self.rows.keys():
            self.rows[pk].ready = False
        for row in batch:
            result = results.get(row.id)
            if isinstance(result, Ran):
                self._ran(row, result, batch.at)
            elif isinstance(result, Waits):
                row.state, row.due_at = EnrollmentState.WAITING.value, result.until
                row.held_since = row.held_since or batch.at
                row.ready, row.moved = False, True
        self.moved += len(batch.ended)

    def _ran(self, row: Row, ran: Ran, at: datetime) -> None:
        self._record(row, ran, at)
        if not row.ready:  # it ended itself, and that has been written
            return
        target = row.step.otherwise if ran.otherwise else row.step.next
        if target is None:
            self._end(row, EnrollmentState.COMPLETED, Enrollment.Exit.COMPLETED, "", at)
        else:
            row.position, row.state = target, EnrollmentState.ACTIVE.value
            row.held_since, row.moved = None, True

    def _record(self, row: Row, ran: Ran, at: datetime) -> None:
        self.moved += 1
        step = row.step
        self.runs.append(
            (row.business, row.id, step.position, step.path, step.kind, ran.outcome, ran.reason[:60], ran.detail[:400],
             at, ran.message)
        )  # fmt: skip

    def _end(
        self, row: Row, state: EnrollmentState, exit_: Enrollment.Exit, detail: str, at: datetime
    ) -> None:
        row.state, row.exit_reason, row.exit_detail = state.value, exit_.value, detail
        row.due_at, row.ended_at, row.held_since = None, at, None
        row.ready, row.moved = False, True

    def _give_up(self, row: Row, error: BaseException) -> None:
        """The engine cannot go on with this one. For the database's own trouble it is not given up, but tried again."""
        what = faults.described(error)
        at = self.now()
        log.error("Step %s of enrollment %s: %s", row.step.path, row.id, what)
        if isinstance(error, faults.OUTAGES):
            row.due_at, row.ready, row.moved = at + AFTER_FAULT, False, True
            return
        self._record(row, Ran(Outcome.FAILED.value, "error", what), at)
        self._end(row, EnrollmentState.FAILED, Enrollment.Exit.FAILED, what, at)


def _complete(batch: Batch, results: dict[int, Result]) -> None:
    """A step that forgets a row would leave it due for ever."""
    forgotten = [row.id for row in batch if row.id not in results and row.id not in batch.ended]
    if forgotten:
        raise RuntimeError(f"{batch.rows[0].step.kind} gave no result for {len(forgotten)} rows")
