"""The file of an import as it lies in the database: written a piece at a time, read from any byte on."""

import io
from collections.abc import Iterator
from typing import Any

from contacts.importing import records
from contacts.importing.records import Record
from contacts.models import Import, ImportPiece

SIZE = 256 * 1024


class _Pieces(io.RawIOBase):
    """The bytes of a file from `place` on, one piece in memory at a time."""

    def __init__(self, source: Import, place: int) -> None:
        self.source, self.place = source, place
        self.left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.left:
            self.left = self._next()
        taken = self.left[: len(buffer)]
        buffer[: len(taken)] = taken
        self.left = self.left[len(taken) :]
        return len(taken)

    def _next(self) -> bytes:
        before = ImportPiece.objects.filter(source=self.source, start__lte=self.place).order_by("-start")
        found = before.values_list("start", "data").first()
        data = bytes(found[1])[self.place - found[0] :] if found else b""
        self.place += len(data)
        return data


def write(source: Import, place: int, data: bytes) -> int:
    """Keep these bytes, which begin at `place`; where the next begin."""
    for start in range(0, len(data), SIZE):
        piece = data[start : start + SIZE]
        ImportPiece.objects.create(source=source, start=place, data=piece)
        place += len(piece)
    return place


def rows(source: Import, *, place: int = 0, after: int = 0) -> Iterator[Record]:
    """The rows of the file from `place` on, where row `after` ended. `ends` counts from there."""
    text = io.TextIOWrapper(io.BufferedReader(_Pieces(source, place)), encoding="utf-8", newline="")
    return records.read(text, source.delimiter, after=after)
