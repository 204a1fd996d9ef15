"""From text to records: one for each row of the sheet, whatever is broken in the rows around it."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

DELIMITERS = ",;\t|"
LONGEST_LINE = 4_000_000
"""Characters; what is longer is no row of anything, and memory stays bounded."""
LONGEST_CELL = 2_000_000
OPEN_QUOTE = (
    "A quotation mark that opens here is never closed, so the row cannot be read: close or remove it."
)
BAD_QUOTE = (
    "Something follows a closing quotation mark, so the row cannot be read: double or remove the mark."
)
TOO_LONG = "The row is longer than a million characters: shorten it."
LOOK_AT = 20


@dataclass(frozen=True, slots=True)
class Record:
    """One row. `number` is the one that a spreadsheet shows, the header being row 1; `fault` says why it is unread.

    `ends` is where the next one begins, in bytes.
    """

    number: int
    cells: list[str]
    fault: str = ""
    ends: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is read, with the bytes that it takes in the file."""

    text: str
    size: int
    cut: bool = False


def delimiter_of(text: str) -> str:
    """What separates the cells, judged by the first lines; `sep=;` in the first line says so itself."""
    if text[:5].lower().startswith("sep=") and len(text) > 4:
        return text[4]
    lines = text.splitlines()[:LOOK_AT]
    if not lines:
        return ","
    return max(DELIMITERS, key=lambda mark: (_width(lines, mark), -DELIMITERS.index(mark)))


def _width(lines: list[str], mark: str) -> tuple[bool, int]:
    """(whether most rows have as many cells as the header, how many that is)."""
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=mark) if cells]
    except csv.Error:
        return False, lines[0].count(mark) + 1
    header = widths[0] if widths else 0
    return header > 1 and widths.count(header) * 2 > len(widths), header


def take_long_cells() -> None:
    """Have this process read cells of any length that a file may have, so that a long one costs its row alone."""
    if csv.field_size_limit() < LONGEST_CELL:
        csv.field_size_limit(LONGEST_CELL)


def read(file: TextIO, delimiter: str, *, after: int = 0) -> Iterator[Record]:
    """Every row from where the file stands, that one being row `after` + 1. Blank rows are counted and left out.

    A row with a broken quotation mark is told as such, and reading goes on with the next line, so that
    the mark costs that row and no other.
    """
    take_long_cells()
    lines = _Lines(file)
    number = after
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        fault, cells = "", list[str]()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault, cells = _why(error), [lines.first()]
            lines.again()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        if lines.cut:
            fault, cells = TOO_LONG, [lines.first()]
        lines.forget()
        if not number and "".join(cells).lower() == "sep=":
            continue
        number += 1
        if fault or any(cells):
            yield Record(number, cells, fault, lines.place)


def _why(error: csv.Error) -> str:
    said = str(error)
    if "expected after" in said:
        return BAD_QUOTE
    return OPEN_QUOTE if "unexpected end" in said or "limit" in said else f"The row cannot be read: {said}."


class _Lines(Iterable[str]):
    """The lines of a file, of which those of the row being read can be read again but for the first.

    `place` is where the next row begins, in bytes from where the file was opened.
    """

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.place = 0
        self.row: list[Line] = []
        self.waiting: deque[Line] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else self._line()
        if not line.size:
            raise StopIteration
        self.row.append(line)
        return line.text

    def _line(self) -> Line:
        """The next line; of one without an end the beginning, without its quotation marks, as a row of its own."""
        text = self.file.readline(LONGEST_LINE)
        size = len(text.encode())
        if len(text) < LONGEST_LINE or text[-1] in "\r\n":
            return Line(text, size)
        while more := self.file.readline(LONGEST_LINE):
            size += len(more.encode())
            if more[-1] in "\r\n":
                break
        return Line(text[:100].replace('"', ""), size, cut=True)

    @property
    def cut(self) -> bool:
        return any(line.cut for line in self.row)

    def first(self) -> str:
        return self.row[0].text.rstrip("\r\n")[:1000] if self.row else ""

    def again(self) -> None:
        """Let all lines of this row but the first be read once more."""
        self.waiting.extendleft(reversed(self.row[1:]))
        self.place += self.row[0].size if self.row else 0
        self.row.clear()

    def forget(self) -> None:
        self.place += sum(line.size for line in self.row)
        self.row.clear()
