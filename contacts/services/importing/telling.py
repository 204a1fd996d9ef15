"""The file of rows that were not imported, as they stood in the source, each with the reason."""

import csv
import io
from collections import defaultdict
from itertools import islice

from contacts.importing import columns
from contacts.importing.decoding import UNREADABLE
from contacts.models import Import, JobRefusal
from contacts.services.importing import pieces
from contacts.spreadsheets import harmless

BATCH = 5_000
LONGEST_CELL = 1_000
NOT_IMPORTED = "not imported"
IMPORTED = "imported, DND left as it is"


def problems_file(source: Import, jobs: list[int], place: int, after: int) -> tuple[bytes, int, int]:
    """The next lines of the file, for the faults that these jobs told; (they, the next place, the last row).

    Begin with the place and number of the header, and go on until the row does not change.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    if after == source.header_row:
        writer.writerow(
            [harmless(cell) for cell in ("row", "what", "problem", *columns.names(source.headers))]
        )
    if not JobRefusal.objects.filter(job__in=jobs, row__gt=after).exists():
        return out.getvalue().encode(), place, after
    found = list(islice(pieces.rows(source, place=place, after=after), BATCH))
    last = found[-1].number if found else after
    faults = _faults(jobs, after, last)
    for record in found:
        if told := faults.get(record.number):
            what = IMPORTED if all(code == "left" for code, _ in told) else NOT_IMPORTED
            sentence = " ".join(dict.fromkeys(text for _, text in told))
            cells = [_cell(cell) for cell in record.cells]
            writer.writerow([str(record.number), what, harmless(sentence), *cells])
    return out.getvalue().encode(), place + (found[-1].ends if found else 0), last


def _faults(jobs: list[int], after: int, last: int) -> dict[int, list[tuple[str, str]]]:
    told: dict[int, list[tuple[str, str]]] = defaultdict(list)
    found = JobRefusal.objects.filter(job__in=jobs, row__gt=after, row__lte=last).order_by("row", "id")
    for row, code, detail in found.values_list("row", "code", "detail"):
        told[int(row or 0)].append((code, detail))
    return told


def _cell(cell: str) -> str:
    """As much of it as helps to find it, without what a spreadsheet would run or choke on."""
    shown = cell.replace("\x00", UNREADABLE)
    return harmless(f"{shown[:LONGEST_CELL]}…" if len(shown) > LONGEST_CELL else shown)
