"""Segments of a text message, row by row, and against what carriers can put on the air."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import segments

A, EURO, ACCENT, EMOJI = "a", "€", "ç", "😀"

ROWS = [
    # text, encoding, units, segments, left
    ("", "GSM-7", 0, 0, 160),
    ("Hello", "GSM-7", 5, 1, 155),
    (A * 160, "GSM-7", 160, 1, 0),
    (A * 161, "GSM-7", 161, 2, 145),
    (A * 306, "GSM-7", 306, 2, 0),
    (A * 307, "GSM-7", 307, 3, 152),
    (A * 459, "GSM-7", 459, 3, 0),
    (EURO * 80, "GSM-7", 160, 1, 0),
    (EURO * 81, "GSM-7", 162, 2, 143),
    # An escaped character is two septets that stay together: 76 of them leave one septet of 153 empty.
    (EURO * 153, "GSM-7", 306, 3, 151),
    (A + EURO * 76 + EURO * 76, "GSM-7", 305, 2, 1),
    (A * 152 + EURO + A * 10, "GSM-7", 164, 2, 141),
    ("[x]{y}~^|\\", "GSM-7", 18, 1, 142),
    ("ÄÖÜ ñ é à", "GSM-7", 9, 1, 151),
    # The lower-case c with cedilla is not in the alphabet, the upper-case one is.
    ("Ç", "GSM-7", 1, 1, 159),
    (ACCENT, "UCS-2", 1, 1, 69),
    (ACCENT * 70, "UCS-2", 70, 1, 0),
    (ACCENT * 71, "UCS-2", 71, 2, 63),
    (ACCENT * 134, "UCS-2", 134, 2, 0),
    (ACCENT * 135, "UCS-2", 135, 3, 66),
    ("it’s", "UCS-2", 4, 1, 66),
    (EMOJI, "UCS-2", 2, 1, 68),
    (EMOJI * 35, "UCS-2", 70, 1, 0),
    # 33 emoji and one unit that stays empty make a segment of 67.
    (EMOJI * 36, "UCS-2", 72, 2, 61),
    (EMOJI * 66, "UCS-2", 132, 2, 1),
    (EMOJI * 67, "UCS-2", 134, 3, 65),
    ("\r\n", "GSM-7", 2, 1, 158),
    ("\t", "UCS-2", 1, 1, 69),
]


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts", "left"), ROWS, ids=lambda value: repr(value)[:18]
)
def test_a_text_is_counted_as_it_is_sent(text, encoding, units, parts, left):
    found = segments.count(text)
    assert (found.encoding, found.units, found.segments, found.left) == (encoding, units, parts, left)


def test_what_makes_a_text_expensive_is_named():
    assert segments.count("it’s ça, it’s").culprits == ("’", "ç")
    assert segments.count("plain").culprits == ()


@given(st.text(alphabet=[A, EURO, ACCENT, EMOJI], max_size=400))
def test_segments_hold_the_text_and_never_one_more_than_needed(text):
    found = segments.count(text)
    if found.segments > 1:
        each = segments.EACH[found.encoding]
        assert found.units <= found.segments * each
        assert found.units > (found.segments - 1) * (each - 1) - 1
    assert found.left >= 0
