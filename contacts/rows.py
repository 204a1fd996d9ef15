"""Many rows in one statement, many statements in one round trip: how sets are written where speed counts."""

import re
from collections.abc import Callable, Iterable, Sequence
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
    source, parameters = _unnested(_types(model, columns), list(zip(*rows, strict=True)))
    with connection.cursor() as cursor:
        cursor.execute(_inserting(model, columns, on_conflict, source=source) + end, parameters)
        return cursor.fetchall() if returning else []


def update(sql: str, rows: Iterable[Sequence[Any]], *, template: str | None = None) -> list[tuple[Any, ...]]:
    """Run one statement with `%s` standing for VALUES of `rows`; the rows that its RETURNING gives, if it has one.

    Raises Django's errors, as its own cursors do: that is how an outage is told from a fault of the row.
    """
    rows = list(rows)
    if not rows:
        return []
    with connection.cursor() as cursor, connection.wrap_database_errors:
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
        self._statements: list[Callable[[Any], bytes]] = []

    def insert(
        self,
        model: type[models.Model],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        on_conflict: str = "",
    ) -> None:
        rows = list(rows)
        if len(rows) < MANY:
            return self.update(_inserting(model, columns, on_conflict), rows)
        source, parameters = _unnested(_types(model, columns), list(zip(*rows, strict=True)))
        sql = _inserting(model, columns, on_conflict, source=source)
        self._statements.append(lambda cursor: cursor.mogrify(sql, parameters))
        return None

    def update(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        if rows := list(rows):
            self._statements.append(lambda cursor: self._with_values(cursor, sql, rows))

    def run(self) -> None:
        """Send them in order. The first that fails ends the transaction, as it would alone."""
        if not self._statements:
            return
        with connection.cursor() as cursor:
            cursor.execute(b";".join(each(cursor.cursor) for each in self._statements).decode())
        self._statements.clear()

    @staticmethod
    def _with_values(cursor: Any, sql: str, rows: list[Sequence[Any]]) -> bytes:
        before, _, after = sql.partition("%s")
        template = "(" + ",".join(["%s"] * len(rows[0])) + ")"
        values = b",".join(cursor.mogrify(template, row) for row in rows)
        return before.encode() + values + after.encode()


def leave_to_the_disk() -> None:
    """Do not wait for the disk at the end of this transaction: for work that is still due if the machine dies first.

    Nothing can have built on it by then. Whatever is written durably later, such as the claim of one of its
    messages, goes to the disk behind it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _inserting(
    model: type[models.Model], columns: Sequence[str], on_conflict: str, *, source: str = "VALUES %s"
) -> str:
    sql = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) {source}"
    return sql + (f" ON CONFLICT {on_conflict}" if on_conflict else "")


@cache
def _types(model: type[models.Model], columns: Sequence[str]) -> list[str]:
    """The columns' types; without a length, so that what is too long is refused and not cut, as a cast would."""
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    return [re.sub(r"\(\d+\)", "", str(types[name.strip('"')])) for name in columns]


def _unnested(types: Sequence[str], columns: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """A query for rows given a column at a time, an array literal each: a third of what VALUES cost; its parameters.

    A value that all rows share is given once. An array of arrays cannot be unnested by row: such a column is text.
    """
    taken, shared, names, given, arrays = [], [], [], [], []
    for n, (kind, column) in enumerate(zip(types, columns, strict=True)):
        if n and column.count(column[0]) == len(column):
            taken.append(f"%s::{kind}")
            shared.append(column[0])
            continue
        taken.append(f"c{n}::{kind}")
        names.append(f"c{n}")
        given.append(f"%s::{'text' if kind.endswith('[]') else kind}[]")
        arrays.append(array(column))
    sql = f"SELECT {', '.join(taken)} FROM unnest({', '.join(given)}) AS given ({', '.join(names)})"  # noqa: S608
    return sql, shared + arrays


def array(values: Iterable[Any]) -> str:
    """PostgreSQL's literal of an array of these values."""
    return "{" + ",".join([_quoted(v) if type(v) is str else _element(v) for v in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    if isinstance(value, Json):
        value = value.dumps(value.adapted)
    elif isinstance(value, list):
        value = array(value)
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
