"""What the engine and the steps say to each other: rows in, a result for each out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contacts.actors import Actor, Cause
from contacts.words import Source
from workflows.models import EnrollmentState, Outcome
from workflows.versions import Frozen, Step


@dataclass(slots=True)
class Row:
    """An enrollment whose contact's lock is held, as the engine moves it along."""

    id: int
    business: int
    workflow: int
    name: str
    contact: int
    version: Frozen
    position: int
    depth: int
    due_at: datetime | None
    held_since: datetime | None
    context: Mapping[str, Any]
    state: str = EnrollmentState.ACTIVE.value
    exit_reason: str = ""
    exit_detail: str = ""
    ended_at: datetime | None = None
    ready: bool = True
    moved: bool = False

    @property
    def step(self) -> Step:
        return self.version.program[self.position]

    @property
    def config(self) -> Mapping[str, Any]:
        return self.step.config

    @property
    def cause(self) -> Cause:
        """What stands behind whatever this row's step changes."""
        return Cause(self.workflow, self.id, self.depth + 1)

    @property
    def actor(self) -> Actor:
        return Actor(Source.WORKFLOW.value, self.name)


@dataclass(frozen=True, slots=True)
class Ran:
    """The step ran. `otherwise`: the enrollment goes on at the step's other exit."""

    outcome: str = Outcome.DONE.value
    reason: str = ""
    detail: str = ""
    message: int | None = None
    otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """The step has not run: it is asked again at `until`, however often."""

    until: datetime


Result = Ran | Waits
Results = dict[int, Result]
DONE = Ran()


@dataclass(slots=True)
class Batch:
    """Enrollments of one business that stand at steps of one kind. `at`: PostgreSQL's time, read under the locks.

    A step that ends enrollments names them in `ended`; those of them that are in the batch and did not run need
    no result. Every other row needs one.
    """

    business: int
    rows: Sequence[Row]
    at: datetime
    ended: set[int] = field(default_factory=set)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def contacts(self) -> list[int]:
        return list({row.contact for row in self.rows})

    def all(self, result: Result) -> Results:
        return {row.id: result for row in self.rows}
