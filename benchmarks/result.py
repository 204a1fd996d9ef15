"""One row of the table, and how all of them are shown and kept."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LATEST = Path(os.environ.get("HEED_BENCH_RESULTS", Path(__file__).parent / "latest.json"))


@dataclass(frozen=True)
class Row:
    """What was measured, and what beside it. A higher `ratio` is better, and below `floor` it is not good enough."""

    name: str
    value: float
    unit: str
    reference: str
    reference_value: float
    ratio: float
    floor: float | None

    @property
    def good(self) -> bool:
        return self.floor is None or self.ratio >= self.floor


def more_is_better(
    name: str, value: float, unit: str, reference: str, reference_value: float, floor: float | None
) -> Row:
    return _row(name, value, unit, reference, reference_value, value / reference_value, floor)


def less_is_better(
    name: str, value: float, unit: str, reference: str, reference_value: float, floor: float | None
) -> Row:
    return _row(name, value, unit, reference, reference_value, reference_value / value, floor)


def _row(
    name: str, value: float, unit: str, reference: str, beside: float, ratio: float, floor: float | None
) -> Row:
    return Row(name, round(value, 2), unit, reference, round(beside, 2), round(ratio, 3), floor)


def table(rows: Sequence[Row]) -> str:
    lines = [f"{'name':<18}{'value':>12} {'unit':<14}{'reference':<46}{'value':>12}{'ratio':>9}{'floor':>7}"]
    for row in rows:
        floor = "" if row.floor is None else f"{row.floor:g}"
        mark = "" if row.good else "  below the floor"
        lines.append(
            f"{row.name:<18}{row.value:>12,.1f} {row.unit:<14}{row.reference:<46}"
            f"{row.reference_value:>12,.1f}{row.ratio:>9.2f}{floor:>7}{mark}"
        )
    return "\n".join(lines)


def kept() -> list[Row]:
    """What latest.json has."""
    return [Row(**row) for row in json.loads(LATEST.read_text())] if LATEST.exists() else []


def keep(rows: Sequence[Row]) -> None:
    """Write latest.json; rows of other benchmarks that an earlier run left there stay."""
    known = {row.name: row for row in (*kept(), *rows)}
    LATEST.write_text(json.dumps([asdict(row) for row in known.values()], indent=1) + "\n")
