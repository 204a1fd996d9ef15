"""Bars as SVG, drawn on the server: plain geometry, for a template to write down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 640, 200
LEFT, BOTTOM, TOP = 34, 24, 8
ROW, LABELS = 30, 190


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the grid, or a label below the axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    width: float
    height: float
    bars: list[Bar]
    marks: list[Mark]
    labels: list[Mark]


def columns(values: Sequence[tuple[date, int]]) -> Chart:
    """A column for each day, with a few days named below."""
    step = (WIDTH - LEFT) / max(len(values), 1)
    high = scale(max((value for _, value in values), default=0))
    room = HEIGHT - BOTTOM - TOP
    bars = [
        Bar(
            x=round(LEFT + n * step + step * 0.1, 2),
            y=round(TOP + room * (1 - value / high), 2),
            width=round(step * 0.8, 2),
            height=round(room * value / high, 2),
            label=f"{day:%b} {day.day}",
            value=value,
        )
        for n, (day, value) in enumerate(values)
    ]
    marks = [Mark(round(TOP + room * (1 - part / high), 2), str(part)) for part in (0, high // 2, high)]
    every = max(1, -(-len(values) // 8))
    labels = [Mark(round(bar.x + bar.width / 2, 2), bar.label) for bar in bars[::every]]
    return Chart(WIDTH, HEIGHT, bars, marks, labels)


def rows(values: Sequence[tuple[str, int]]) -> Chart:
    """A row for each word, the longest bar as wide as there is room."""
    most = max((value for _, value in values), default=0) or 1
    room = WIDTH - LABELS - 60
    bars = [
        Bar(LABELS, n * ROW + 6, round(max(room * value / most, 1), 2), ROW - 12, word, value)
        for n, (word, value) in enumerate(values)
    ]
    return Chart(WIDTH, max(len(values), 1) * ROW, bars, [], [])


def scale(most: int) -> int:
    """The end of an axis: an even number, round, and no less than the most."""
    size = 1
    while True:
        for part in (2, 4, 6, 10):
            if part * size >= most:
                return part * size
        size *= 10
