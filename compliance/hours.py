"""When a contact may be disturbed. Plain values in, plain values out, right to the minute whatever the clocks do."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from compliance.regions import Place

TABLE = Path(__file__).parent / "data" / "quiet_hours_us.csv"
DEFAULT = "default"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BOUND = frozenset({"call", "sms", "whatsapp"})
"""The channels that keep to the hours whenever they are on; the others by a switch."""

SPREAD = timedelta(minutes=10)
HORIZON = timedelta(days=14)
A_DAY = timedelta(days=1)
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Window:
    """On these days (0 is Monday) from `opens` until just before `closes`, where 00:00 ends the day."""

    days: frozenset[int]
    opens: time
    closes: time


Table = Mapping[str, tuple[Window, ...]]
"""The windows of each region, and of `default`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the shipped table."""

    region: str
    window: Window
    note: str


@cache
def shipped() -> tuple[Row, ...]:
    with TABLE.open(newline="") as file:
        return tuple(
            Row(
                row["region"],
                Window(
                    days(row["days"]), time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])
                ),
                row["note"],
            )
            for row in csv.DictReader(file)
        )


def days(words: str) -> frozenset[int]:
    """`mon-sat` and `mon-wed|sun` as numbers. Raises ValueError for anything else."""
    found: set[int] = set()
    for part in words.split("|"):
        first, _, last = part.strip().lower().partition("-")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        if end < begin:
            raise ValueError(f"{part} runs backwards")
        found.update(range(begin, end + 1))
    return frozenset(found)


def table(rows: Iterable[tuple[str, Window]]) -> Table:
    found: dict[str, tuple[Window, ...]] = {}
    for region, window in rows:
        found[region] = (*found.get(region, ()), window)
    return found


def opens_at(now: datetime, places: Iterable[Place], rules: Table, *, spread: int = 0) -> datetime | None:
    """None when every place allows a message now, else when one may go out: once all of them are open.

    The moment lies within the first minutes after the opening, and where in them is told by `spread`, a number
    of the contact's own, so that not everything starts at once. With nothing open for two weeks, it is their end.
    """
    timetables = [(place.zone, rules.get(place.region) or rules.get(DEFAULT, ())) for place in places]
    if not timetables:
        return None
    now = now.astimezone(UTC)
    opening = _all_open(now, timetables)
    if opening == now:
        return None
    if opening is None:
        return now + HORIZON
    until = min(_stretch(opening, *timetable)[1] for timetable in timetables)
    room = int(min(SPREAD, until - opening).total_seconds())
    return opening + timedelta(seconds=spread % room)


def _all_open(start: datetime, timetables: list[tuple[str, tuple[Window, ...]]]) -> datetime | None:
    """The first moment from `start` on at which every timetable is open, within the horizon."""
    moment = start
    while moment < start + HORIZON:
        openings = [_next_open(moment, *timetable) for timetable in timetables]
        if None in openings:
            return None
        latest = max(opening for opening in openings if opening)
        if latest == moment:
            return moment
        moment = latest
    return None


def _next_open(moment: datetime, zone: str, windows: tuple[Window, ...]) -> datetime | None:
    for begin, end in _stretches(moment, zone, windows):
        if end > moment:
            return max(begin, moment)
    return None


def _stretch(moment: datetime, zone: str, windows: tuple[Window, ...]) -> tuple[datetime, datetime]:
    return next(pair for pair in _stretches(moment, zone, windows) if pair[0] <= moment < pair[1])


def _stretches(
    moment: datetime, zone: str, windows: tuple[Window, ...]
) -> Iterator[tuple[datetime, datetime]]:
    """What is open around a moment and after it, in order."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    for offset in range(-1, HORIZON.days + 1):
        yield from _of_day(today + offset * A_DAY, zone, windows)


@lru_cache(maxsize=10_000)
def _of_day(day: date, zone: str, windows: tuple[Window, ...]) -> tuple[tuple[datetime, datetime], ...]:
    """The hours of one local day, in UTC. Of an hour that comes twice, it opens in the second, closes in the first."""
    found = []
    for window in windows:
        if day.weekday() not in window.days:
            continue
        closing_day = day + A_DAY if window.closes == time(0) else day
        begin = _instant(day, window.opens, zone, fold=1)
        end = _instant(closing_day, window.closes, zone, fold=0)
        if begin < end:
            found.append((begin, end))
    return tuple(sorted(found))


def _instant(day: date, at: time, zone: str, *, fold: int) -> datetime:
    """When the clock there shows this; where it jumps over it, the moment of the jump."""
    local = datetime.combine(day, at, tzinfo=ZoneInfo(zone)).replace(fold=fold)
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    early, late = sorted(local.replace(fold=f).astimezone(UTC) for f in (0, 1))
    return _jump_between(early, late, ZoneInfo(zone))


def _jump_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The minute between these two in which the zone's clock is moved."""
    before = early.astimezone(zone).utcoffset()
    while late - early > A_MINUTE:
        middle = early + (late - early) // 2 // A_MINUTE * A_MINUTE
        if middle == early:
            break
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
