"""Pages of a business's ledger, newest first: a page costs the same however long the ledger is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from dnd.models import Change

WINDOW = 20_000
"""How many lines one page looks through at most. What lies further back is the next page's."""

Place = tuple[datetime, int]
"""(recorded at, id): a page holds what is older."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters, all of which a line has to meet; without any, every line."""

    contacts: Sequence[int] | None = None
    channel: str = ""
    direction: str = ""
    source: str = ""
    reason: str = ""
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, and from where the next page goes on; None: that was all.

    `cut_short`: the page has looked through as many lines as it may, so that older ones may fit too.
    """

    lines: list[Change]
    next: Place | None
    cut_short: bool = False


LED_BY = ("actor", "reason", "source")
"""Filters with an index of their own, in the order in which they are likely to leave the fewest lines."""
LOOKED_AT = """
WITH looked_at AS MATERIALIZED (
  SELECT id, recorded_at, channels, direction, source, reason, actor FROM dnd_change
   WHERE {inside} ORDER BY recorded_at DESC, id DESC LIMIT %(window)s
)
"""
FOUND = (
    "SELECT recorded_at, id FROM looked_at WHERE {outside} ORDER BY recorded_at DESC, id DESC LIMIT %(size)s"
)
END = (
    "SELECT recorded_at, id, (SELECT count(*) FROM looked_at) FROM looked_at ORDER BY recorded_at, id LIMIT 1"
)


def page(business: int, wanted: Wanted, *, before: Place | None = None, size: int = 50) -> Page:
    """The newest `size` lines that fit, older than `before`."""
    inside, outside, values = _conditions(business, wanted, before)
    window = WINDOW if outside else size + 1
    values |= {"window": window, "size": size + 1}
    looked_at = LOOKED_AT.format(inside=" AND ".join(inside))
    with connection.cursor() as cursor:
        cursor.execute(looked_at + FOUND.format(outside=" AND ".join(outside) or "true"), values)
        hits: list[Place] = cursor.fetchall()
        if len(hits) > size:
            return Page(_lines(hits[:size]), next=hits[size - 1])
        if not outside:
            return Page(_lines(hits), next=None)
        cursor.execute(looked_at + END, values)
        end = cursor.fetchone()
    cut_short = end is not None and end[2] == window
    return Page(_lines(hits), next=(end[0], end[1]) if cut_short else None, cut_short=cut_short)


def _conditions(
    business: int, wanted: Wanted, before: Place | None
) -> tuple[list[str], list[str], dict[str, Any]]:
    """What an index answers, what is looked for among those lines, and the values of both."""
    inside, outside = ["business_id = %(business)s"], list[str]()
    values: dict[str, Any] = {"business": business}
    if wanted.contacts is not None:
        inside.append("contact_id = ANY(%(contacts)s)")
        values["contacts"] = list(wanted.contacts)
    named = [name for name in LED_BY if getattr(wanted, name)]
    for name in named:
        leads = name == named[0] and wanted.contacts is None
        (inside if leads else outside).append(f"{name} = %({name})s")
        values[name] = getattr(wanted, name)
    if wanted.direction:
        outside.append("direction = %(direction)s")
        values["direction"] = wanted.direction
    if wanted.channel:
        outside.append("%(channel)s = ANY(channels)")
        values["channel"] = wanted.channel
    for name, condition in (("since", "recorded_at >= %(since)s"), ("until", "recorded_at < %(until)s")):
        if moment := getattr(wanted, name):
            inside.append(condition)
            values[name] = moment
    if before is not None:
        inside.append("(recorded_at, id) < (%(at)s, %(id)s)")
        values |= {"at": before[0], "id": before[1]}
    return inside, outside, values


def _lines(places: Sequence[Place]) -> list[Change]:
    found = Change.objects.filter(pk__in=[pk for _, pk in places])
    return list(found.select_related("contact", "effective", "text").order_by("-recorded_at", "-pk"))
