"""What a record system says of how a contact wants to be reached, and what of it holds. Plain values in and out.

Whatever the order in which its messages come, and however often, what holds in the end is the same: each thing that
was said carries the record system's own time, and the later one stands. Between equal times the stricter one does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

METHODS = ("sms", "voice", "dnc")
STRICTNESS = ("", *METHODS)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a contact in general, or for one appointment until `ends_at`.

    `unknown_at`: when last a code was given that nobody knows.
    """

    appointment: str = ""
    method: str = ""
    method_at: datetime | None = None
    unknown_at: datetime | None = None
    number: str = ""
    number_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def times(self) -> tuple[datetime, ...]:
        """When each thing that is known was said; none where nothing is."""
        return tuple(at for at in (self.method_at, self.unknown_at, self.number_at) if at)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    @property
    def wished(self) -> str:
        """The method that holds. A code that nobody knows is no preference; it does not undo “do not contact”."""
        newer_unknown = self.unknown_at and (self.method_at is None or self.unknown_at > self.method_at)
        return "" if newer_unknown and self.method != "dnc" else self.method

    def with_method(self, method: str, at: datetime) -> "Said":
        if method and method not in METHODS:
            return replace(self, unknown_at=max(at, self.unknown_at or at))
        newer = (at, STRICTNESS.index(method))
        if self.method_at and newer <= (self.method_at, STRICTNESS.index(self.method)):
            return self
        return replace(self, method=method, method_at=at)

    def with_number(self, number: str, at: datetime) -> "Said":
        if self.number_at and (at, number) <= (self.number_at, self.number):
            return self
        return replace(self, number=number, number_at=at)

    def joined(self, other: "Said") -> "Said":
        """What was said of two who turn out to be one person: the later, but “do not contact” stays."""
        said = self.with_number(other.number, other.number_at) if other.number_at else self
        if other.unknown_at:
            said = replace(said, unknown_at=max(other.unknown_at, said.unknown_at or other.unknown_at))
        if other.method_at:
            said = said.with_method(other.method, other.method_at)
        if "dnc" in (self.method, other.method):
            said = replace(said, method="dnc")
        return replace(said, ends_at=max(filter(None, (self.ends_at, other.ends_at)), default=None))


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds now. `appointment`: which one it is for, where it is not what is said in general."""

    method: str = ""
    number: str = ""
    appointment: str = ""


NOTHING = InForce()


def in_force(said: Iterable[Said], now: datetime) -> InForce:
    """What holds now: for an appointment until it is over, else in general. Of several appointments the strictest."""
    general, best = Said(), None
    for each in said:
        if not each.appointment:
            general = each
        elif each.times and not each.is_over(now) and (best is None or _weight(each) > _weight(best)):
            best = each
    if best is None:
        return InForce(general.wished, general.number)
    appointment = best.appointment if best.wished or best.number else ""
    return InForce(best.wished or general.wished, best.number or general.number, appointment)


def _weight(said: Said) -> tuple[bool, datetime, str]:
    """Which of several appointments counts: one that forbids, else the one that was spoken of last."""
    return said.wished == "dnc", max(said.times), said.appointment
