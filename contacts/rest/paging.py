"""Cursor pages: a page costs the same wherever it stands, and what is written meanwhile shifts nothing."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from contacts.rest import problems

Row = TypeVar("Row", bound=Model)
POSITION = re.compile(r"([<>])(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows newest first, and the addresses of the pages beside them."""

    rows: list[Row]
    next: str | None
    previous: str | None

    def body(self, show: Callable[[Row], Any]) -> dict[str, Any]:
        """The answer of a list, each row as `show` shows it."""
        return {"next": self.next, "previous": self.previous, "results": [show(row) for row in self.rows]}


def page_of(request: Request, rows: QuerySet[Row], query: Mapping[str, Any], *, key: str = "id") -> Page[Row]:
    """The page that `query` (a valid ListQuery) asks for, by a unique number that falls from row to row."""
    size, cursor = query["page_size"], query.get("cursor")
    side, position = _position(cursor) if cursor else ("", 0)
    if side:
        rows = rows.filter(**{f"{key}__lt" if side == "<" else f"{key}__gt": position})
    found = list(rows.order_by(key if side == ">" else f"-{key}")[: size + 1])
    more, found = len(found) > size, found[:size]
    if side == ">":
        found.reverse()
    older = side == ">" or more
    newer = side == "<" or (side == ">" and more)
    return Page(
        found,
        next=address(request, sealed(f"<{getattr(found[-1], key)}") if found and older else ""),
        previous=address(request, sealed(f">{getattr(found[0], key)}") if found and newer else ""),
    )


def page_in_order(request: Request, rows: Sequence[Row], query: Mapping[str, Any]) -> Page[Row]:
    """The page that `query` asks for of a short list that has an order of its own, such as statuses."""
    size, cursor = query["page_size"], query.get("cursor")
    side, place = _position(cursor) if cursor else ("<", 0)
    start = min(place, len(rows)) if side == "<" else max(place - size, 0)
    end = min(start + size, len(rows)) if side == "<" else min(place, len(rows))
    return Page(
        list(rows[start:end]),
        next=address(request, sealed(f"<{end}") if end < len(rows) else ""),
        previous=address(request, sealed(f">{start}") if start else ""),
    )


def _position(cursor: str) -> tuple[str, int]:
    match = POSITION.fullmatch(opened(cursor))
    if match is None:
        raise broken()
    return match[1], int(match[2])


def sealed(position: str) -> str:
    return urlsafe_b64encode(position.encode()).decode().rstrip("=")


def opened(cursor: str) -> str:
    """The position that a cursor holds. Raises a 400 for one that we did not make."""
    try:
        position = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except ValueError as error:
        raise broken() from error
    if sealed(position) != cursor:
        raise broken()
    return position


def broken() -> problems.Problem:
    return problems.fault("cursor", "This cursor is broken: take it from “next” or “previous” of a page.")


def address(request: Request, cursor: str) -> str | None:
    """The page at this cursor, with the filters of this request; None without a cursor."""
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
