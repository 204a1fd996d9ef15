"""From the bytes of a file to UTF-8: which encoding it is in, said to the person who brings it."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

PIECE = 1 << 20
UNREADABLE = "\ufffd"
"""What stands where bytes were no character: a row with it is refused, the others are not."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
ESCAPED = re.compile("[\udc80-\udcff]")
OTHER = re.compile("[^\x00-\x7f\udc80-\udcff]")
NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")


class NotText(ValueError):
    """This is no CSV file: save the sheet as “CSV UTF-8” and bring in that file."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's bytes are read. `note` says what a person should look at, where there is something."""

    name: str
    skip: int = 0
    note: str = ""


def detect(file: IO[bytes]) -> Encoding:
    """By its byte order mark, else UTF-8 if that is what most of it is, else Windows-1252. Raises NotText."""
    file.seek(0)
    start = file.read(4096)
    if start.startswith(NOT_TEXT):
        raise NotText(NotText.__doc__)
    for bom, name in BOMS:
        if start.startswith(bom):
            return Encoding(name, len(bom))
    if name := _unmarked_utf16(start):
        return Encoding(name)
    return _utf8_or_windows(file)


def _unmarked_utf16(start: bytes) -> str:
    """Latin text in UTF-16 has a zero in every second byte."""
    half = len(start) // 2
    if half >= 4 and start[1::2].count(0) > half * 0.8 > start[0::2].count(0):
        return "utf-16-le"
    if half >= 4 and start[0::2].count(0) > half * 0.8 > start[1::2].count(0):
        return "utf-16-be"
    return ""


def _utf8_or_windows(file: IO[bytes]) -> Encoding:
    good = bad = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    file.seek(0)
    while piece := file.read(PIECE):
        text = decoder.decode(piece)
        if not text.isascii():
            bad += len(ESCAPED.findall(text))
            good += len(OTHER.findall(text))
    if not bad:
        return Encoding("utf-8")
    if good > bad:
        note = "Some bytes of the file are not UTF-8 as the rest is: the rows with them are listed and not imported."
        return Encoding("utf-8", note=note)
    note = (
        "The file is not in UTF-8, so it was read as Windows-1252. Look at names with accents in the sample."
    )
    return Encoding("windows-1252", note=note)


def pieces(file: IO[bytes], encoding: Encoding) -> Iterator[bytes]:
    """The whole file as UTF-8 without a byte order mark, a megabyte at a time."""
    decoder = codecs.getincrementaldecoder(encoding.name)("replace")
    file.seek(encoding.skip)
    while piece := file.read(PIECE):
        if data := decoder.decode(piece).encode():
            yield data
    if data := decoder.decode(b"", True).encode():
        yield data
