"""The next rows of a file: which repeat others, which are about somebody known, and which about nobody yet.

Most rows of most files are about nobody yet. What becomes of them the database works out by itself, for all of
a window in a few statements; the others are looked at one by one.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from contacts.models import Import

GIVEN = "source_id = %(source)s AND number > %(after)s AND number <= %(last)s"
LAST = """
SELECT max(number) FROM (
    SELECT number FROM contacts_importrow
     WHERE source_id = %s AND number > %s AND (same_as IS NULL OR NOT %s) ORDER BY number LIMIT %s) AS next
"""
KNOWN_BY = {
    Import.Match.EMAIL.value: "p.kind = 'email' AND p.value = r.email",
    Import.Match.PHONE.value: "p.kind = 'phone' AND p.value = ANY(r.numbers)",
}
KNOWN = """
SELECT number FROM contacts_importrow r
 WHERE {given} AND same_as IS NULL AND (
       status_id IS NOT NULL
       OR (r.external_id <> '' AND EXISTS (
           SELECT 1 FROM contacts_contact c WHERE c.business_id = %(business)s AND c.external_id = r.external_id
              AND c.deleted_at IS NULL))
       OR EXISTS (SELECT 1 FROM contacts_contactpoint p WHERE p.business_id = %(business)s AND {known_by}))
 ORDER BY number
"""
FRESH = f"""
SELECT number, blocks, array_append(numbers, email) FROM contacts_importrow
 WHERE {GIVEN} AND same_as IS NULL AND number <> ALL(%(known)s)
"""  # noqa: S608 - of constants


@dataclass(slots=True)
class Window:
    """Rows after `after`, up to `last`. `known`: the rows that may be about somebody who is a contact already."""

    source: Import
    after: int
    last: int
    known: list[int] = field(default_factory=list)

    @property
    def given(self) -> dict[str, Any]:
        """For the statements about it."""
        return {
            "source": self.source.pk,
            "business": self.source.business_id,
            "after": self.after,
            "last": self.last,
            "known": self.known,
        }

    def find_known(self) -> None:
        """Ask now who is known. A status is moved into as everywhere, so such a row counts as known."""
        known_by = KNOWN_BY[self.source.match]
        with connection.cursor() as cursor:
            cursor.execute(KNOWN.format(given=GIVEN, known_by=known_by), self.given)
            self.known = [row[0] for row in cursor.fetchall()]

    def repeats(self) -> list[tuple[int, int]]:
        """(row, the earlier row that counts instead)."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT number, same_as FROM contacts_importrow WHERE {GIVEN}"  # noqa: S608 - of constants
                " AND same_as IS NOT NULL ORDER BY number",
                self.given,
            )
            found: list[tuple[int, int]] = cursor.fetchall()
        return found

    def fresh(self) -> list[tuple[int, int, list[str]]]:
        """(row, what it blocks, its addresses) of the rows about nobody yet."""
        with connection.cursor() as cursor:
            cursor.execute(FRESH, self.given)
            found: list[tuple[int, int, list[str]]] = cursor.fetchall()
        return found


def window(source: Import, after: int, most: int, *, counting: bool = False) -> Window | None:
    """The next so many rows, `counting`: not counting those that repeat others. None at the end."""
    with connection.cursor() as cursor:
        cursor.execute(LAST, [source.pk, after, counting, most])
        last = cursor.fetchone()[0]
    return None if last is None else Window(source, after, last)
