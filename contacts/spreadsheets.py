"""CSV for spreadsheets: a line at a time, and no cell that one of them would run as a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class Line:
    """What csv writes to: it hands each line back."""

    def write(self, text: str) -> str:
        return text


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A file's lines, its columns first; None is an empty cell."""
    writer = csv.writer(Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow(["" if cell is None else harmless(str(cell)) for cell in row])
