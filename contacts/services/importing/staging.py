"""From the file into the table of its rows, and out of it again."""

import io
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from contacts import locks, rows
from contacts.importing import cells, columns
from contacts.importing.cells import Person, Setting
from contacts.models import Import, PointKind, Status
from contacts.services.importing import pieces
from contacts.services.jobs import Refusal

BATCH = 2_000
PHONE, EMAIL = PointKind.PHONE.value, PointKind.EMAIL.value
COLUMNS = (
    "source_id", "number", "external_id", "first_name", "last_name", "email", "numbers", "labels", "lines",
    "timezone", "tags", "status_id", "blocks", "frees", "address_keys", "id_key",
)  # fmt: skip
COPY = f"COPY contacts_importrow ({', '.join(COLUMNS)}) FROM STDIN"
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
ESCAPED = re.compile(r"[\\\t\n\r]")


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
            buffer.write(_line(source, made))
        else:
            staged.refusals.append(Refusal("unread", made, row=record.number))
    source.read_whole = staged.rows < BATCH
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY, buffer)
    source.save(update_fields=["read_to", "read_bytes", "read_whole"])
    return staged


def _line(source: Import, one: Person) -> str:
    """As COPY reads it."""
    texts = (one.external_id, one.first_name, one.last_name, one.email)
    arrays = (*(zip(*one.phones, strict=True) if one.phones else ((), (), ())), one.tags)
    numbers, labels, lines, tags = (_escaped(rows.array(each)) if each else "{}" for each in arrays)
    keys = [(PHONE, number) for number, _, _ in one.phones] + ([(EMAIL, one.email)] if one.email else [])
    held = ",".join(str(locks.number_of(source.business_id, key)) for key in keys)
    own = locks.number_of(source.business_id, ("external_id", one.external_id)) if one.external_id else "\\N"
    return "\t".join(
        (
            f"{source.pk}\t{one.number}",
            *map(_escaped, texts),
            f"{numbers}\t{labels}\t{lines}\t{one.timezone}\t{tags}",
            "\\N" if one.status is None else str(one.status),
            f"{one.blocks}\t{one.frees}\t{{{held}}}\t{own}\n",
        )
    )


def _escaped(text: str) -> str:
    """As COPY wants it; nearly no text needs it, and to look is cheaper than to translate."""
    return ESCAPED.sub(lambda found: ESCAPES[found[0]], text) if ESCAPED.search(text) else text


def rows_of(source: Import, numbers: Sequence[int]) -> list[Person]:
    """These rows, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, external_id, first_name, last_name, email, numbers, labels, lines, timezone,"
            " tags, status_id, blocks, frees FROM contacts_importrow"
            " WHERE source_id = %s AND number = ANY(%s) ORDER BY number",
            [source.pk, list(numbers)],
        )
        found = cursor.fetchall()
    return [
        Person(
            number,
            own_id,
            first,
            last,
            email,
            list(zip(phones, labels, lines, strict=True)),
            zone,
            tags,
            *rest,
        )
        for number, own_id, first, last, email, phones, labels, lines, zone, tags, *rest in found
    ]
