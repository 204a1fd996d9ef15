"""What happened to a contact and what people did, from every table that knows something, newest first.

Each table is read by an index of its own and no further than the page needs, so that a page costs the same however
long the history is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from config.desk.timeline.tables import TABLES, Item
from contacts.models import Contact
from contacts.rest import paging

__all__ = ["Item", "Page", "timeline"]

CURSOR = re.compile(r"([<>])(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00) (\d) (\d{1,18})")
Place = tuple[datetime, int, int]
"""Where an item stands among all of a contact: when, in which of TABLES, which row."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """The items on one side of a place: older ones (`<`) or newer ones (`>`)."""

    side: str
    place: Place

    def of(self, table: int) -> Q:
        """The same for the rows of one table, in a form that its index can begin at."""
        at, other, pk = self.place
        beyond, until = ("lt", "lte") if self.side == "<" else ("gt", "gte")
        if table == other:
            tied = Q(**{f"moment__{beyond}": at}) | Q(**{f"pk__{beyond}": pk})
            return Q(**{f"moment__{until}": at}) & tied
        inside = table < other if self.side == "<" else table > other
        return Q(**{f"moment__{until if inside else beyond}": at})

    def cursor(self) -> str:
        at, table, pk = self.place
        return paging.sealed(f"{self.side}{at.isoformat()} {table} {pk}")


@dataclass(frozen=True, slots=True)
class Page:
    """Items newest first, and the cursors of the pages beside them; empty where there is none."""

    items: list[Item]
    next: str
    previous: str


def timeline(contact: Contact, *, before: str = "", limit: int = 50, part: str = "") -> Page:
    """The page of a contact's history that the cursor `before` stands for; the newest without one.

    `part`: only what belongs to that part of it, as the tables name them.

    Raises a problem that names `cursor` for one that no page gave out.
    """
    beyond = _opened(before) if before else None
    found = sorted(_places(contact, beyond, limit + 1, part), reverse=beyond is None or beyond.side == "<")
    more, found = len(found) > limit, found[:limit]
    if beyond and beyond.side == ">":
        found.reverse()
    older = more or bool(beyond and beyond.side == ">")
    newer = more if beyond and beyond.side == ">" else beyond is not None
    return Page(
        _worded(found),
        next=Beyond("<", found[-1]).cursor() if found and older else "",
        previous=Beyond(">", found[0]).cursor() if found and newer else "",
    )


def _opened(cursor: str) -> Beyond:
    match = CURSOR.fullmatch(paging.opened(cursor))
    if match is None or int(match[3]) >= len(TABLES):
        raise paging.broken()
    try:
        return Beyond(match[1], (datetime.fromisoformat(match[2]), int(match[3]), int(match[4])))
    except ValueError as error:
        raise paging.broken() from error


def _places(contact: Contact, beyond: Beyond | None, limit: int, part: str) -> list[Place]:
    sign = "" if beyond and beyond.side == ">" else "-"
    return [
        (moment, number, pk)
        for number, table in enumerate(TABLES)
        if not part or part in table.parts
        for moment, pk in (table.some(table.rows(contact), part) if part else table.rows(contact))
        .filter(beyond.of(number) if beyond else Q())
        .order_by(f"{sign}moment", f"{sign}pk")
        .values_list("moment", "pk")[:limit]
    ]


def _worded(places: Sequence[Place]) -> list[Item]:
    """Each place in words; each table is asked once for all of its rows."""
    worded: dict[tuple[int, int], Item] = {}
    for number, table in enumerate(TABLES):
        if ids := [pk for _, at, pk in places if at == number]:
            worded.update({(number, pk): item for pk, item in table.items(ids)})
    return [worded[number, pk] for _, number, pk in places if (number, pk) in worded]
