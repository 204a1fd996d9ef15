"""Many rows in one statement, many statements in one round trip: how sets are written where speed counts."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, models
from psycopg2.extras import Json, execute_values

__all__ = ["Json", "Script", "array", "insert", "update"]
MANY = 10


def insert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    on_conflict: str = "",
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Insert `rows`, given as tuples in the order of `columns` (database column names); what `returning` asks for.

    A JSON value is wrapped in `Json`. `on_conflict` is the clause's end: "DO NOTHING", "(id) DO UPDATE SET …".
    """
    rows = list(rows)
    end = f" RETURNING {returning}" if returning else ""
    if len(rows) < MANY:
        return update(_inserting(model, columns, on_conflict) + end, rows)
    sql = _inserting(model, columns, on_conflict, source=_unnested(model, columns)) + end
    with connection.cursor() as cursor:
        cursor.execute(sql, [array(column) for column in zip(*rows, strict=True)])
        return cursor.fetchall() if returning else []


def update(sql: str, rows: Iterable[Sequence[Any]], *, template: str | None = None) -> list[tuple[Any, ...]]:
    """Run one statement with `%s` standing for VALUES of `rows`; the rows that its RETURNING gives, if it has one."""
    rows = list(rows)
    if not rows:
        return []
    with connection.cursor() as cursor:
        returns = "RETURNING" in sql
        got = execute_values(
            cursor.cursor,
            sql,
            rows,
            template=template,
            page_size=len(rows),
            fetch=returns,
        )
    return got or []


class Script:
    """Statements that need no answer, sent together: for one contact the round trips cost more than the work."""

    def __init__(self) -> None:
        self._statements: list[tuple[str, list[Sequence[Any]]]] = []

    def insert(
        self,
        model: type[models.Model],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        on_conflict: str = "",
    ) -> None:
        self.update(_inserting(model, columns, on_conflict), rows)

    def update(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        if rows := list(rows):
            self._statements.append((sql, rows))

    def run(self) -> None:
        """Send them in order. The first that fails ends the transaction, as it would alone."""
        if not self._statements:
            return
        with connection.cursor() as cursor:
            cursor.execute(b";".join(self._bytes(cursor.cursor, *each) for each in self._statements).decode())
        self._statements.clear()

    @staticmethod
    def _bytes(cursor: Any, sql: str, rows: list[Sequence[Any]]) -> bytes:
        before, _, after = sql.partition("%s")
        template = "(" + ",".join(["%s"] * len(rows[0])) + ")"
        values = b",".join(cursor.mogrify(template, row) for row in rows)
        return before.encode() + values + after.encode()


def _inserting(
    model: type[models.Model], columns: Sequence[str], on_conflict: str, *, source: str = "VALUES %s"
) -> str:
    sql = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) {source}"
    return sql + (f" ON CONFLICT {on_conflict}" if on_conflict else "")


@cache
def _unnested(model: type[models.Model], columns: Sequence[str]) -> str:
    """A query for rows that are given a column at a time, an array literal each: a third of what VALUES cost.

    An array of arrays cannot be unnested by row, so a column that is an array itself travels as text.
    """
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    # Without its length, so that what is too long is refused and not cut, as a cast would.
    kinds = [re.sub(r"\(\d+\)", "", str(types[name.strip('"')])) for name in columns]
    given = [f"%s::{'text' if kind.endswith('[]') else kind}[]" for kind in kinds]
    taken = [f"c{n}::{kind}" if kind.endswith("[]") else f"c{n}" for n, kind in enumerate(kinds)]
    names = ", ".join(f"c{n}" for n in range(len(kinds)))
    return f"SELECT {', '.join(taken)} FROM unnest({', '.join(given)}) AS given ({names})"


def array(values: Iterable[Any]) -> str:
    """PostgreSQL's literal of an array of these values."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Json):
        value = value.dumps(value.adapted)
    elif isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    elif isinstance(value, list):
        value = array(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
