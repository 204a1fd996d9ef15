"""The thresholds at which providers cut a sender off, and bars that say what the table says."""

from datetime import date, timedelta

import pytest

from compliance.rates import Rate
from config.desk.reports import charts


@pytest.mark.parametrize(
    ("kind", "count", "of", "state"),
    [
        ("opt_out", 19, 1000, "fine"),
        ("opt_out", 20, 1000, "warn"),
        ("opt_out", 29, 1000, "warn"),
        ("opt_out", 30, 1000, "stop"),
        ("error", 59, 1000, "fine"),
        ("error", 60, 1000, "warn"),
        ("error", 99, 1000, "warn"),
        ("error", 100, 1000, "stop"),
        ("complaint", 0, 1000, "fine"),
        ("complaint", 1, 1001, "fine"),
        ("complaint", 1, 1000, "warn"),
        ("complaint", 29, 10000, "warn"),
        ("complaint", 3, 1000, "stop"),
        ("complaint", 0, 0, "fine"),
        ("opt_out", 5, 0, "fine"),
    ],
)
def test_a_rate_warns_and_stops_at_its_thresholds(kind, count, of, state):
    assert Rate("sms", kind, count, of).state == state


def test_more_opt_outs_than_messages_are_no_more_than_all():
    assert Rate("sms", "opt_out", 7, 5).value == 1.0


@pytest.mark.parametrize(
    ("most", "end"),
    [(0, 2), (1, 2), (2, 2), (3, 4), (5, 6), (7, 10), (11, 20), (21, 40), (99, 100), (101, 200)],
)
def test_an_axis_ends_at_a_round_number(most, end):
    assert charts.scale(most) == end


def test_columns_stand_on_the_axis_and_are_as_high_as_their_figure():
    days = [(date(2026, 1, 1) + timedelta(days=n), n) for n in range(31)]
    chart = charts.columns(days)
    base = charts.HEIGHT - charts.BOTTOM
    assert all(round(bar.y + bar.height, 1) == base for bar in chart.bars)
    assert [bar.value for bar in chart.bars] == list(range(31))
    heights = [bar.height / bar.value for bar in chart.bars[1:]]
    assert max(heights) - min(heights) < 0.01
    assert len(chart.labels) <= 8
    assert charts.columns([]).bars == []


def test_rows_are_as_long_as_their_figure():
    chart = charts.rows([("SMS", 40), ("Email", 10), ("Call", 0)])
    assert chart.bars[0].width == 4 * chart.bars[1].width
    assert chart.bars[2].width == 1
    assert chart.height == 3 * charts.ROW
