"""From the file into the table of its rows, and which of them are about one and the same contact."""

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from contacts import rows
from contacts.importing import cells, columns
from contacts.importing.cells import Person, Setting
from contacts.models import Import, PointKind, Status
from contacts.services.importing import pieces
from contacts.services.jobs import Refusal

BATCH = 2_000
COLUMNS = (
    "source_id", "number", "external_id", "first_name", "last_name", "email", "numbers", "labels", "lines",
    "timezone", "tags", "status_id", "blocks", "frees",
)  # fmt: skip
COPY = f"COPY contacts_importrow ({', '.join(COLUMNS)}) FROM STDIN"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(slots=True)
class Staged:
    """What one batch of reading came to."""

    rows: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def setting_of(source: Import, reasons: frozenset[str]) -> Setting:
    """What the cells of this file are read by."""
    return Setting(
        targets=source.targets,
        headers=columns.names(source.headers),
        country=source.business.country,
        statuses=_statuses(source) if "status" in source.targets else {},
        reasons=reasons,
    )


def _statuses(source: Import) -> dict[str, list[int]]:
    """Each status under its name, and under `Pipeline: Status`."""
    found: dict[str, list[int]] = defaultdict(list)
    mine = Status.objects.filter(pipeline__business=source.business_id, archived=False)
    for pk, name, pipeline in mine.values_list("pk", "name", "pipeline__name"):
        found[name.lower()].append(pk)
        found[f"{pipeline}: {name}".lower()].append(pk)
    return found


def stage(source: Import, reasons: frozenset[str]) -> Staged:
    """Read the next rows of the file into the table; those that cannot be read are told. `read_whole` at its end."""
    setting, staged = setting_of(source, reasons), Staged()
    found = pieces.rows(source, place=source.read_bytes, after=source.read_to)
    buffer, start = io.StringIO(), source.read_bytes
    for record in islice(found, BATCH):
        staged.rows += 1
        source.read_to, source.read_bytes = record.number, start + record.ends
        made = cells.person(record, setting)
        if isinstance(made, Person):
            buffer.write(_line(source.pk, made))
        else:
            staged.refusals.append(Refusal("unread", made, row=record.number))
    source.read_whole = staged.rows < BATCH
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY, buffer)
    source.save(update_fields=["read_to", "read_bytes", "read_whole"])
    return staged


def _line(source: int, one: Person) -> str:
    """As COPY reads it."""
    texts = (one.external_id, one.first_name, one.last_name, one.email)
    arrays = (*(zip(*one.phones, strict=True) if one.phones else ((), (), ())), one.tags)
    numbers, labels, lines, tags = (rows.array(each).translate(ESCAPES) if each else "{}" for each in arrays)
    return "\t".join(
        (
            f"{source}\t{one.number}",
            *(text.translate(ESCAPES) for text in texts),
            f"{numbers}\t{labels}\t{lines}\t{one.timezone}\t{tags}",
            "\\N" if one.status is None else str(one.status),
            f"{one.blocks}\t{one.frees}\n",
        )
    )


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


def waiting(
    source: Import, after: int, most: int, *, counting: bool = False
) -> Sequence[tuple[int | None, Person]]:
    """(the earlier row that counts instead, the row) of the next rows in their order; `counting`: only rows that do."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT same_as, number, external_id, first_name, last_name, email, numbers, labels, lines, timezone,"
            " tags, status_id, blocks, frees FROM contacts_importrow"
            " WHERE source_id = %s AND number > %s AND (same_as IS NULL OR NOT %s) ORDER BY number LIMIT %s",
            [source.pk, after, counting, most],
        )
        found = cursor.fetchall()
    return [
        (
            same,
            Person(
                number,
                own_id,
                first,
                last,
                email,
                list(zip(numbers, labels, lines, strict=True)),
                zone,
                tags,
                status,
                blocks,
                frees,
            ),
        )
        for same, number, own_id, first, last, email, numbers, labels, lines, zone, tags, status, blocks, frees in found
    ]
