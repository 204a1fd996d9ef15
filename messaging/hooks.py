"""What `messaging` has to tell the app above it: callables, each set once when that app is ready."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contacts.actors import NO_CAUSE, Cause


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


causes: Callable[[Collection[int]], Mapping[int, Cause]] | None = None
"""Called with enrollments: what stands behind a change that one of them has caused."""


def causes_of(enrollments: Collection[int]) -> Mapping[int, Cause]:
    """The cause of what each of these enrollments brought about, for those that are known."""
    return causes(enrollments) if causes is not None and enrollments else {}


def cause_of(enrollment: int | None) -> Cause:
    """The cause of what one enrollment brought about; none where it was nobody's."""
    return causes_of({enrollment}).get(enrollment, NO_CAUSE) if enrollment else NO_CAUSE


ask_again: Callable[[int, Collection[str]], None] | None = None
"""Called with a business and channels for which something that holds messages has changed: what waits is due."""


def tell_to_ask_again(business: int, channels: Collection[str]) -> None:
    """Say that what waits for these channels may have an answer now, in the transaction in which that comes about."""
    if ask_again is not None:
        ask_again(business, channels)
