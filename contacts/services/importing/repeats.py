"""Which rows of a file are about one and the same contact."""

from django.db import connection

from contacts.models import Import, PointKind

ADDRESSES = {
    PointKind.EMAIL.value: "SELECT number, external_id, email AS key FROM contacts_importrow"
    " WHERE source_id = %(source)s AND email <> ''",
    PointKind.PHONE.value: "SELECT number, external_id, key FROM contacts_importrow,"
    " unnest(numbers) AS key WHERE source_id = %(source)s",
}
REPEATS = """
WITH keyed AS ({addresses}),
by_address AS (
    SELECT number, external_id, first_value(number) OVER w AS first, first_value(external_id) OVER w AS first_id
      FROM keyed WINDOW w AS (PARTITION BY key ORDER BY number)
),
by_id AS (
    SELECT number, min(number) OVER (PARTITION BY external_id) AS first FROM contacts_importrow
     WHERE source_id = %(source)s AND external_id <> ''
),
repeats AS (
    SELECT number, min(first) AS first FROM (
        SELECT number, first FROM by_id WHERE first < number
        UNION ALL
        SELECT number, first FROM by_address
         WHERE first < number AND (external_id = '' OR first_id = '' OR external_id = first_id)
    ) AS each GROUP BY number
)
UPDATE contacts_importrow r SET same_as = repeats.first FROM repeats
 WHERE r.source_id = %(source)s AND r.number = repeats.number
"""
FOLLOW = """
UPDATE contacts_importrow r SET same_as = other.same_as FROM contacts_importrow other
 WHERE r.source_id = %(source)s AND other.source_id = %(source)s AND r.same_as = other.number
   AND other.same_as IS NOT NULL
"""
STRICTER = """
UPDATE contacts_importrow r SET blocks = r.blocks | said.blocks
  FROM (SELECT same_as, bit_or(blocks) AS blocks FROM contacts_importrow
         WHERE source_id = %(source)s AND same_as IS NOT NULL GROUP BY same_as) AS said
 WHERE r.source_id = %(source)s AND r.number = said.same_as AND said.blocks <> 0
"""


def find_repeats(source: Import) -> None:
    """Of rows about one contact the first counts, with the blocks of all: the stricter side wins.

    Rows are about one contact when they have one external id, or one address of the kind that contacts are
    matched by and no two external ids.
    """
    given = {"source": source.pk}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_importrow")
        cursor.execute(REPEATS.format(addresses=ADDRESSES[source.match]), given)
        followed = cursor.rowcount
        while followed:
            cursor.execute(FOLLOW, given)
            followed = cursor.rowcount
        cursor.execute(STRICTER, given)
