"""Soft bounces: how many, of what, within which time, and what clears them."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from compliance.soft_bounces import Mark, add_up

START = datetime(2026, 1, 1, tzinfo=UTC)


def marks(text):
    """`b0 b1 d2 b3`: bounces and a delivery by day, each of an email of its own; `b3x` is of the email x."""
    found = []
    for word in text.split():
        day = "".join(c for c in word[1:] if c.isdigit() or c == ".")
        email = word[1 + len(day) :] or word
        found.append(Mark(START + timedelta(days=float(day)), word[0] == "d", email))
    return found


@pytest.mark.parametrize(
    ("history", "blocked"),
    [
        ("", False),
        ("b0 b1 b2 b3", False),
        ("b0 b1 b2 b3 b4", True),
        ("b0 b1 b2 b3 b30", True),
        ("b0 b1 b2 b3 b30.01", False),
        ("b0 b10 b20 b30 b40 b50", False),
        ("b0 b10 b11 b12 b13 b14", True),
        ("b0 b1 d1.5 b2 b3 b4", False),
        ("b0 b1 d1.5 b2 b3 b4 b5 b6", True),
        ("b0 b1 b2 b3 b4 d5", True),
        ("b0x b1x b2x b3x b4x", False),
        ("b0x b0.1x b0.2x b1 b2 b3 b4", True),
        ("b0x b0.1x b0.2x b1 b2 b3", False),
        ("d0 d1 d2 d3 d4", False),
        ("b0 b1 b2 b3 d4 b4", False),
    ],
)
def test_five_emails_in_thirty_days_and_none_delivered_in_between(history, blocked):
    assert add_up(marks(history), threshold=5, days=30) == blocked


@pytest.mark.parametrize(("threshold", "blocked"), [(1, True), (2, True), (3, True), (4, False)])
def test_the_threshold_is_the_businesss(threshold, blocked):
    assert add_up(marks("b0 b1 b2"), threshold=threshold, days=30) == blocked


@pytest.mark.parametrize("history", ["b0 b1 d1.5 b2 b3 b4", "b0 b1 b2 b3 b4 d5"])
def test_no_order_and_no_repetition_makes_a_difference(history):
    events = marks(history)
    expected = add_up(events, threshold=3, days=30)
    for order in permutations(events):
        assert add_up([*order, *order[:2]], threshold=3, days=30) == expected
