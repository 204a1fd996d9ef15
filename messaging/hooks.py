"""What `messaging` has to tell the app above it: one callable, set once when that app is ready."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message that a workflow's step had queued. `outcome`: done, skipped, failed or unknown."""

    enrollment: int
    position: int
    outcome: str
    reason: str
    detail: str
    at: datetime
    message: int


settled: Callable[[Sequence[Settled]], None] | None = None


def tell_settled(news: Sequence[Settled]) -> None:
    """Pass the outcomes on, in the transaction in which they came about."""
    if settled is not None and news:
        settled(news)
