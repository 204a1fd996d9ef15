"""Which runner does which kind of job, and what passes between the two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from contacts.models import Job


class JobFailed(Exception):
    """The job cannot go on. The message is the sentence that people read."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One contact or row that was left as it was."""

    code: str
    detail: str
    contact: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What one batch came to. `cursor` is where the next begins, None when there is none.

    `refused` where it is not the number of `refusals`; `total` where the batch found a truer one.
    """

    cursor: Mapping[str, Any] | None
    done: int = 0
    changed: int = 0
    unchanged: int = 0
    refusals: Sequence[Refusal] = ()
    refused: int | None = None
    total: int | None = None


class Runner(Protocol):
    """Does one kind of job. See the package's own words on how to write one."""

    least_role: str

    def total(self, job: Job) -> int: ...

    def batch(self, job: Job) -> Progress: ...


runners: dict[str, Runner] = {}


def register(kind: str, runner: Runner) -> None:
    """Let `runner` do the jobs of this kind, from now on, in this process."""
    runners[kind] = runner
