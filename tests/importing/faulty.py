"""A large file with every fault planted in a known row, and what must come of each."""

import csv
import io
from dataclasses import dataclass, field

HEADER = ("external_id", "name", "email", "phone", "tags", "dnd", "dnd reason")
STOPPED = "+14155559999"
"""A number that texted STOP before the file came."""


@dataclass
class Faulty:
    """The bytes, the external ids of the good rows, those whose texts are to be blocked, and the bad rows."""

    data: bytes = b""
    good: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    bad: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)


def made(rows: int) -> Faulty:
    """Of each fifty rows some twelve are bad, among them 5% of all with a bad phone."""
    faulty, out = Faulty(), io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for n in range(rows):
        number = n + 2
        plant = PLANTS.get(n % 50)
        cells = [f"MRN-{n}", f"Ada Byron{n}", f"ada{n}@example.org", f"+1415{2000000 + n}", "patient", "", ""]
        line = plant(cells, n) if plant else None
        if line is not None:
            out.write(line)
        else:
            writer.writerow(cells)
        if n % 50 in BAD:
            faulty.bad.add(number)
        else:
            faulty.good.add(cells[0])
        if n % 50 in BLOCKS:
            faulty.blocked.add(cells[0])
        if n % 50 in LEFT:
            faulty.left.add(number)
    out.write('MRN-last,"Open quotation mark,last@example.org')
    faulty.bad.add(rows + 2)
    faulty.data = b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "surrogateescape")
    return faulty


def _cell(place: int, text: str):
    def plant(cells: list[str], n: int) -> None:
        cells[place] = text.format(n=n)

    return plant


def _broken_bytes(cells: list[str], n: int) -> None:
    cells[1] = "Bro\udcffken"


def _open_quote(cells: list[str], n: int) -> str:
    return f'{cells[0]},"Open,{cells[2]},,,,\n'


def _behind_a_quote(cells: list[str], n: int) -> str:
    return f'{cells[0]},"Ada" Byron,{cells[2]},,,,\n'


def _cut(cells: list[str], n: int) -> str:
    return f"{cells[0]},Ada\n"


def _again(cells: list[str], n: int) -> None:
    """The row before once more, now with an opt-out."""
    cells[:3] = [f"MRN-{n - 1}", "Another name", f"again{n}@example.org"]
    cells[5] = "sms"


def _million(cells: list[str], n: int) -> None:
    if n < 1_000:
        cells[1] = "x" * 1_000_000
    else:
        cells[1] = "x" * 500


PLANTS = {
    1: _cell(3, "12"), 2: _cell(3, "call me"), 4: _cell(3, "+1"), 5: _cell(2, "ada{n}@"), 7: _cell(5, "fax"),
    8: _cell(6, "stop_keyword"), 10: _broken_bytes, 11: _cell(1, "A\x00da"), 13: _open_quote, 15: _behind_a_quote,
    17: _cut, 19: _million, 21: _again, 23: _cell(5, "sms"), 24: _cell(5, "none"), 26: _cell(1, "=cmd()"),
    28: _cell(3, STOPPED),
}  # fmt: skip
BAD = {1, 2, 4, 5, 7, 8, 10, 11, 13, 15, 17, 19, 21}
BLOCKS = {20, 23, 28}
"""Row 20 of each fifty because row 21 says so of the same contact; 28 because the number is suppressed."""
LEFT = {24}
