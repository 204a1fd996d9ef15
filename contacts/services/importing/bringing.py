"""Taking a file in: what it is, how it is encoded, what its columns are called."""

from typing import IO

from django.db import transaction

from contacts.actors import Actor
from contacts.importing import columns, decoding, records
from contacts.models import Business, Import
from contacts.services.errors import Invalid, RoleRequired
from contacts.services.importing import pieces
from contacts.words import Role, role_reaches

LARGEST = 500_000_000
SHOWN_ROWS = 3
SHOWN_CELL = 60


def need_manager(by: Actor) -> None:
    """An import is a change in bulk (design: who may do what)."""
    if not role_reaches(by.role, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)


@transaction.atomic
def bring(*, business: Business, filename: str, file: IO[bytes], size: int, by: Actor) -> Import:
    """Keep a CSV file until its columns are mapped. Raises Invalid with a sentence when it is none, or has no rows."""
    need_manager(by)
    if size > LARGEST:
        raise Invalid({"file": f"The file is larger than {LARGEST // 1_000_000} MB: split it."})
    try:
        encoding = decoding.detect(file)
    except decoding.NotText as error:
        raise Invalid({"file": str(error)}) from error
    source = Import(business=business, filename=_name(filename), size=size, lines=0, created_by=by.label)
    source.note, source.delimiter = encoding.note, ","
    source.save()
    for data in decoding.pieces(file, encoding):
        if not source.lines and not source.read_bytes:
            source.delimiter = records.delimiter_of(data[:65_536].decode(errors="ignore"))
        source.lines += data.count(b"\n") or data.count(b"\r")
        source.read_bytes = pieces.write(source, source.read_bytes, data)
    _look(source)
    source.targets = columns.guess(source.headers, _remembered(source))
    source.save()
    return source


def _name(filename: str) -> str:
    return "".join(sign for sign in filename if sign.isprintable())[-200:] or "contacts.csv"


def _look(source: Import) -> None:
    """Read the header and the first rows, so that a person sees what the columns hold."""
    if not source.read_bytes:
        raise Invalid({"file": "The file is empty."})
    found = pieces.rows(source)
    header = next(found, None)
    if header is None:
        raise Invalid({"file": "The file is empty."})
    if header.fault:
        raise Invalid({"file": f"The first row names the columns, and it cannot be read. {header.fault}"})
    if len(header.cells) > columns.MOST_COLUMNS:
        raise Invalid({"file": f"The file has more than {columns.MOST_COLUMNS} columns: leave some out."})
    source.headers = [_shown(cell, 200) for cell in header.cells]
    samples = [[_shown(cell) for cell in row.cells] for row, _ in zip(found, range(SHOWN_ROWS), strict=False)]
    if not samples:
        raise Invalid({"file": "The file has a header and no rows below it."})
    source.samples = samples
    source.fingerprint = columns.fingerprint(source.headers)
    source.header_row, source.header_ends = header.number, header.ends
    source.read_to, source.read_bytes = header.number, header.ends


def _shown(cell: str, most: int = SHOWN_CELL) -> str:
    """As much as fits on a page, without what JSON in the database cannot hold."""
    return cell.replace("\x00", "").strip()[:most]


def _remembered(source: Import) -> dict[str, list[str]]:
    """How the business last mapped a file with the same headers."""
    before = Import.objects.of(source.business_id).filter(fingerprint=source.fingerprint)
    last = before.exclude(pk=source.pk).exclude(check_jobs=[]).order_by("-pk").first()
    return columns.remember(last.headers, last.targets) if last else {}
