"""Steps that decide where an enrollment goes on, and when."""

from datetime import datetime, timedelta

from workflows import conditions, people
from workflows.engine.batch import DONE, Batch, Ran, Results, Row, Waits
from workflows.steps.registry import Kind, step

HELD = Ran(reason="then", detail="The condition held.")
FAILED_TO_HOLD = Ran(reason="else", detail="The condition did not hold.", otherwise=True)


@step("wait")
class Wait(Kind):
    """A time that has passed, and a wait of nothing, let the enrollment go on at once."""

    def run(self, batch: Batch) -> Results:
        return {row.id: self._result(row, batch.at) for row in batch}

    def _result(self, row: Row, at: datetime) -> Ran | Waits:
        if row.held_since is not None:  # it has waited already, and is due
            return DONE
        until = self._until(row, at)
        return Waits(until) if until > at else DONE

    def _until(self, row: Row, at: datetime) -> datetime:
        if "for" in row.config:
            return at + timedelta(seconds=row.config["for"])
        return datetime.fromisoformat(row.config["until"])


@step("if_else")
class IfElse(Kind):
    def run(self, batch: Batch) -> Results:
        facts = people.facts(batch.contacts)
        return {
            row.id: HELD if conditions.holds(row.config["condition"], facts[row.contact]) else FAILED_TO_HOLD
            for row in batch
        }


@step("stop")
class Stop(Kind):
    """Nothing follows it in a program, so the enrollment is completed."""

    def run(self, batch: Batch) -> Results:
        return batch.all(DONE)
