"""The kinds of steps, each a function of many enrollments."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from workflows.engine.batch import Batch, Results


class Kind(ABC):
    """A kind of step. `run` does the work of a whole batch and has a result for each of its rows.

    It touches only rows of the batch's own contacts, reads what it needs itself, keeps nothing for the next
    batch, and writes nothing that leaves the system: only due rows.
    """

    most = 200
    """How many rows it takes at once, so that the locks are not held for long."""

    looks_around = False
    """Whether it reads or ends other enrollments, for which the tick must first be written."""

    def needs_addresses(self, config: Mapping[str, Any]) -> bool:
        """Whether this step may reach suppressions, so that addresses must be locked before contacts."""
        return False

    @abstractmethod
    def run(self, batch: Batch) -> Results: ...


KINDS: dict[str, Kind] = {}


def step(name: str) -> Callable[[type[Kind]], type[Kind]]:
    """Register a kind under its name in definitions."""

    def register(kind: type[Kind]) -> type[Kind]:
        KINDS[name] = kind()
        return kind

    return register
