"""Many rows in one statement, many statements in one round trip: how sets are written where speed counts."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from psycopg2.extras import Json, execute_values

__all__ = ["Json", "Script", "insert", "update"]


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
    sql = _inserting(model, columns, on_conflict) + (f" RETURNING {returning}" if returning else "")
    return update(sql, rows)


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


def _inserting(model: type[models.Model], columns: Sequence[str], on_conflict: str) -> str:
    sql = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES %s"
    return sql + (f" ON CONFLICT {on_conflict}" if on_conflict else "")
