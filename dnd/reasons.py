"""Why a channel may be blocked, and who may set and lift each reason: data/dnd_reasons.csv, read once."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "dnd_reasons.csv"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    reason: str
    rank: int
    direction: str
    channels: frozenset[str] | None
    strength: str
    address_bound: bool
    set_by: frozenset[str]
    lifted_by: frozenset[str]
    min_role: str | None
    note_to_lift: bool

    @property
    def told_from_outside(self) -> bool:
        """Whether it is about an address, and the contact or a provider says it."""
        return self.address_bound and not self.set_by.isdisjoint({"contact", "provider"})

    def covers(self, direction: str, channel: str) -> bool:
        """Whether this reason can stand on that channel in that direction."""
        return self.direction in ("both", direction) and (self.channels is None or channel in self.channels)


def _set(cell: str) -> frozenset[str]:
    return frozenset(cell.split("|"))


@cache
def rules() -> dict[str, Rule]:
    """Every reason by its name."""
    with TABLE.open(newline="") as file:
        return {
            row["reason"]: Rule(
                reason=row["reason"],
                rank=int(row["rank"]),
                direction=row["direction"],
                channels=None if row["channels"] == "any" else _set(row["channels"]),
                strength=row["strength"],
                address_bound=row["address_bound"] == "yes",
                set_by=_set(row["set_by"]),
                lifted_by=_set(row["lifted_by"]),
                min_role=row["min_role"] or None,
                note_to_lift=row["note_to_lift"] == "yes",
            )
            for row in csv.DictReader(file)
        }


def strongest(reasons: list[str]) -> str:
    """The reason of the highest rank; between equals the first by name, so that the answer never wavers."""
    return min(reasons, key=lambda reason: (-rules()[reason].rank, reason))
