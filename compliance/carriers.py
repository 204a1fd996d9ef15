"""What a carrier's code says of a number: data/carrier_codes.csv."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "carrier_codes.csv"


@dataclass(frozen=True, slots=True)
class Code:
    """One line of the table. Without a reason it says nothing of the number."""

    code: str
    meaning: str
    effect: str
    reason: str


@cache
def codes() -> dict[str, Code]:
    with TABLE.open(newline="", encoding="utf-8") as file:
        return {row["code"]: Code(**row) for row in csv.DictReader(file)}


def reason_of(code: str) -> str:
    """The ground that this code is for; empty when it blocks nothing."""
    found = codes().get(code)
    return found.reason if found else ""
