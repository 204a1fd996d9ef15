"""Many rows in one statement: the only way in which sets are written where speed counts."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from psycopg2.extras import Json, execute_values

__all__ = ["Json", "insert", "update"]


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
    if not rows:
        return []
    sql = f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES %s"  # noqa: S608 - names are ours
    sql += f" ON CONFLICT {on_conflict}" if on_conflict else ""
    sql += f" RETURNING {returning}" if returning else ""
    with connection.cursor() as cursor:
        got = execute_values(cursor.cursor, sql, rows, page_size=len(rows), fetch=bool(returning))
    return got or []


def update(sql: str, rows: Iterable[Sequence[Any]], *, template: str | None = None) -> list[tuple[Any, ...]]:
    """Run one statement with `%s` standing for VALUES of `rows`; the rows that its RETURNING gives, if it has one."""
    rows = list(rows)
    if not rows:
        return []
    with connection.cursor() as cursor:
        returns = "RETURNING" in sql
        return execute_values(cursor.cursor, sql, rows, template=template, page_size=len(rows), fetch=returns) or []
