"""Quiet hours, row by row: both changes of the clock in four zones, states, numbers, midnight."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import hours, regions
from compliance.hours import Window
from compliance.regions import Place

RULES = hours.table((row.region, row.window) for row in hours.shipped())
EAST, CENTRAL, MOUNTAIN, PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)
OPEN = "open"

CHANGES = [
    # On 8 March 2026 clocks jump from 2:00 to 3:00, on 1 November they go back from 2:00 to 1:00. All times in UTC.
    (EAST, "2026-03-08 02:00", "2026-03-08 12:00"),  # Saturday 21:00: until Sunday 8:00, by the new time
    (EAST, "2026-03-08 11:59", "2026-03-08 12:00"),
    (EAST, "2026-03-08 12:00", OPEN),
    (EAST, "2026-03-09 00:59", OPEN),
    (EAST, "2026-03-09 01:00", "2026-03-09 12:00"),
    (EAST, "2026-11-01 01:00", "2026-11-01 13:00"),
    (EAST, "2026-11-01 12:59", "2026-11-01 13:00"),
    (EAST, "2026-11-01 13:00", OPEN),
    (EAST, "2026-11-02 01:59", OPEN),
    (EAST, "2026-11-02 02:00", "2026-11-02 13:00"),
    (CENTRAL, "2026-03-08 03:00", "2026-03-08 13:00"),
    (CENTRAL, "2026-03-08 12:59", "2026-03-08 13:00"),
    (CENTRAL, "2026-03-08 13:00", OPEN),
    (CENTRAL, "2026-03-09 01:59", OPEN),
    (CENTRAL, "2026-03-09 02:00", "2026-03-09 13:00"),
    (CENTRAL, "2026-11-01 02:00", "2026-11-01 14:00"),
    (CENTRAL, "2026-11-01 13:59", "2026-11-01 14:00"),
    (CENTRAL, "2026-11-01 14:00", OPEN),
    (CENTRAL, "2026-11-02 02:59", OPEN),
    (CENTRAL, "2026-11-02 03:00", "2026-11-02 14:00"),
    (MOUNTAIN, "2026-03-08 04:00", "2026-03-08 14:00"),
    (MOUNTAIN, "2026-03-08 13:59", "2026-03-08 14:00"),
    (MOUNTAIN, "2026-03-08 14:00", OPEN),
    (MOUNTAIN, "2026-03-09 02:59", OPEN),
    (MOUNTAIN, "2026-03-09 03:00", "2026-03-09 14:00"),
    (MOUNTAIN, "2026-11-01 03:00", "2026-11-01 15:00"),
    (MOUNTAIN, "2026-11-01 14:59", "2026-11-01 15:00"),
    (MOUNTAIN, "2026-11-01 15:00", OPEN),
    (MOUNTAIN, "2026-11-02 03:59", OPEN),
    (MOUNTAIN, "2026-11-02 04:00", "2026-11-02 15:00"),
    (PACIFIC, "2026-03-08 05:00", "2026-03-08 15:00"),
    (PACIFIC, "2026-03-08 14:59", "2026-03-08 15:00"),
    (PACIFIC, "2026-03-08 15:00", OPEN),
    (PACIFIC, "2026-03-09 03:59", OPEN),
    (PACIFIC, "2026-03-09 04:00", "2026-03-09 15:00"),
    (PACIFIC, "2026-11-01 04:00", "2026-11-01 16:00"),
    (PACIFIC, "2026-11-01 15:59", "2026-11-01 16:00"),
    (PACIFIC, "2026-11-01 16:00", OPEN),
    (PACIFIC, "2026-11-02 04:59", OPEN),
    (PACIFIC, "2026-11-02 05:00", "2026-11-02 16:00"),
    # Where clocks are never moved.
    ("America/Phoenix", "2026-03-08 14:59", "2026-03-08 15:00"),
    ("America/Phoenix", "2026-11-01 15:00", OPEN),
    ("Pacific/Honolulu", "2026-03-08 17:59", "2026-03-08 18:00"),
    ("Pacific/Honolulu", "2026-11-01 18:00", OPEN),
]


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def expect(now, found, expected):
    assert found == (None if expected == OPEN else at(expected)), now


@pytest.mark.parametrize(("zone", "now", "expected"), CHANGES)
def test_the_clock_of_the_zone_counts_also_on_the_day_it_is_moved(zone, now, expected):
    expect(now, hours.opens_at(at(now), [Place(zone)], RULES), expected)


# In the winter of 2026: the 16th of January is a Friday, the 17th a Saturday, the 18th a Sunday. East is UTC - 5.
CONTACTS = [
    # zone, region, number, business's zone, now, expected
    # The contact's own zone comes before its number's, which comes before the business's.
    (PACIFIC, "", "+12125550100", EAST, "2026-01-16 15:59", "2026-01-16 16:00"),
    ("", "", "+12125550100", PACIFIC, "2026-01-16 13:00", OPEN),
    ("", "", "+12125550100", PACIFIC, "2026-01-16 12:59", "2026-01-16 13:00"),
    ("", "", "", PACIFIC, "2026-01-16 15:59", "2026-01-16 16:00"),
    ("", "", "", EAST, "2026-01-16 13:00", OPEN),
    # A region without a zone: every zone it has. Texas ends in the Mountain zone, and opens at 9.
    ("", "US-TX", "", EAST, "2026-01-16 15:59", "2026-01-16 16:00"),
    ("", "US-TX", "", EAST, "2026-01-16 16:00", OPEN),
    ("", "US-TX", "", EAST, "2026-01-17 02:59", OPEN),
    ("", "US-TX", "", EAST, "2026-01-17 03:00", "2026-01-17 16:00"),
    (CENTRAL, "US-TX", "", EAST, "2026-01-16 15:00", OPEN),
    # Sunday in Texas from noon to nine.
    (CENTRAL, "US-TX", "", EAST, "2026-01-18 17:59", "2026-01-18 18:00"),
    (CENTRAL, "US-TX", "", EAST, "2026-01-18 18:00", OPEN),
    (CENTRAL, "US-TX", "", EAST, "2026-01-19 02:59", OPEN),
    (CENTRAL, "US-TX", "", EAST, "2026-01-19 03:00", "2026-01-19 15:00"),
    # No Sunday in Alabama, Louisiana, Mississippi: from Saturday evening to Monday morning.
    (CENTRAL, "US-AL", "", EAST, "2026-01-18 01:59", OPEN),
    (CENTRAL, "US-AL", "", EAST, "2026-01-18 02:00", "2026-01-19 14:00"),
    (CENTRAL, "US-LA", "", EAST, "2026-01-18 18:00", "2026-01-19 14:00"),
    (CENTRAL, "US-MS", "", EAST, "2026-01-18 18:00", "2026-01-19 14:00"),
    # Rhode Island: 9 to 18 on weekdays, 10 to 17 at the weekend.
    (EAST, "US-RI", "", EAST, "2026-01-16 22:59", OPEN),
    (EAST, "US-RI", "", EAST, "2026-01-16 23:00", "2026-01-17 15:00"),
    (EAST, "US-RI", "", EAST, "2026-01-17 21:59", OPEN),
    (EAST, "US-RI", "", EAST, "2026-01-17 22:00", "2026-01-18 15:00"),
    (EAST, "US-RI", "", EAST, "2026-01-18 22:00", "2026-01-19 14:00"),
    # The state of the area code: Florida closes at 20.
    ("", "", "+13055550100", EAST, "2026-01-17 00:59", OPEN),
    ("", "", "+13055550100", EAST, "2026-01-17 01:00", "2026-01-17 13:00"),
    # 850 is Florida in two zones: open when it is 8 in Pensacola and before it is 20 in Tallahassee.
    ("", "", "+18505550100", EAST, "2026-01-16 13:59", "2026-01-16 14:00"),
    ("", "", "+18505550100", EAST, "2026-01-17 00:59", OPEN),
    ("", "", "+18505550100", EAST, "2026-01-17 01:00", "2026-01-17 14:00"),
    # A number from Florida whose holder says that they live in the West: the hours of Florida, by their own clock.
    (PACIFIC, "", "+13055550100", EAST, "2026-01-17 03:59", OPEN),
    (PACIFIC, "", "+13055550100", EAST, "2026-01-17 04:00", "2026-01-17 16:00"),
    # A toll-free number may be in any state: the strictest of all, no Sunday among them.
    ("", "", "+18005550100", EAST, "2026-01-18 18:00", "2026-01-19 22:00"),
    ("", "", "+18005550100", EAST, "2026-01-19 22:00", OPEN),
    ("", "", "+18005550100", EAST, "2026-01-19 23:00", "2026-01-20 22:00"),
    # The same number in a known zone: the strictest of its states. In the East Kentucky opens at 10.
    (EAST, "", "+18005550100", EAST, "2026-01-16 14:59", "2026-01-16 15:00"),
    (EAST, "", "+18005550100", EAST, "2026-01-16 23:00", "2026-01-17 15:00"),
    # Abroad the default holds, by the clock there; Canada is not the United States.
    ("", "", "+442079460000", EAST, "2026-01-16 07:59", "2026-01-16 08:00"),
    ("", "", "+442079460000", EAST, "2026-01-16 20:59", OPEN),
    ("", "", "+442079460000", EAST, "2026-01-16 21:00", "2026-01-17 08:00"),
    ("", "", "+14165550100", PACIFIC, "2026-01-16 13:00", OPEN),
    ("", "", "+919876543210", EAST, "2026-01-16 02:30", OPEN),
    ("", "", "+919876543210", EAST, "2026-01-16 02:29", "2026-01-16 02:30"),
    # A number that says nothing: the business's zone.
    ("", "", "+16845550100", PACIFIC, "2026-01-16 19:00", OPEN),
    ("", "", "not a number", PACIFIC, "2026-01-16 15:59", "2026-01-16 16:00"),
]


@pytest.mark.parametrize(("zone", "region", "number", "business", "now", "expected"), CONTACTS)
def test_a_contact_is_reached_only_when_every_place_it_may_be_in_allows_it(
    zone, region, number, business, now, expected
):
    places = regions.places(zone=zone, region=region, number=number, business_zone=business, regions=RULES)
    expect(now, hours.opens_at(at(now), places, RULES), expected)


ALL_WEEK = frozenset(range(7))
MIDNIGHT = [
    # zone, opens, closes, now, expected
    (EAST, time(8), time(0), "2026-01-17 04:59", OPEN),  # 23:59
    (EAST, time(8), time(0), "2026-01-17 05:00", "2026-01-17 13:00"),  # 0:00
    (EAST, time(0), time(6), "2026-01-16 05:00", OPEN),  # 0:00
    (EAST, time(0), time(6), "2026-01-16 04:59", "2026-01-16 05:00"),
    (EAST, time(0), time(0), "2026-01-17 05:00", OPEN),  # all day long, over midnight
    # 2:30 does not exist on 8 March: it opens when the clock jumps to 3:00, and closes so too.
    (EAST, time(2, 30), time(9), "2026-03-08 06:59", "2026-03-08 07:00"),
    (EAST, time(2, 30), time(9), "2026-03-08 07:00", OPEN),
    (EAST, time(1), time(2, 30), "2026-03-08 06:59", OPEN),
    (EAST, time(1), time(2, 30), "2026-03-08 07:00", "2026-03-09 05:00"),
    # 1:30 comes twice on 1 November: it opens in the second and closes in the first.
    (EAST, time(1, 30), time(9), "2026-11-01 05:30", "2026-11-01 06:30"),
    (EAST, time(1, 30), time(9), "2026-11-01 06:30", OPEN),
    (EAST, time(0, 30), time(1, 30), "2026-11-01 05:29", OPEN),
    (EAST, time(0, 30), time(1, 30), "2026-11-01 05:30", "2026-11-02 05:30"),
    # Havana moves its clock at midnight: 0:00 does not exist on 8 March, and 0:30 comes twice on 1 November.
    ("America/Havana", time(0), time(6), "2026-03-08 04:59", "2026-03-08 05:00"),
    ("America/Havana", time(0), time(6), "2026-03-08 05:00", OPEN),
    ("America/Havana", time(8), time(0), "2026-03-08 04:59", OPEN),
    ("America/Havana", time(8), time(0), "2026-03-08 05:00", "2026-03-08 12:00"),
    ("America/Havana", time(0, 30), time(6), "2026-11-01 04:30", "2026-11-01 05:30"),
    # Lord Howe moves it by half an hour, at 2:00 on 4 October.
    ("Australia/Lord_Howe", time(2, 15), time(9), "2026-10-03 15:29", "2026-10-03 15:30"),
    ("Australia/Lord_Howe", time(2, 15), time(9), "2026-10-03 15:30", OPEN),
]


@pytest.mark.parametrize(("zone", "opens", "closes", "now", "expected"), MIDNIGHT)
def test_midnight_and_hours_that_the_clock_skips_or_repeats(zone, opens, closes, now, expected):
    rules = {"default": (Window(ALL_WEEK, opens, closes),)}
    expect(now, hours.opens_at(at(now), [Place(zone)], rules), expected)


def test_the_rows_are_enough_for_the_promise():
    assert len(CHANGES) + len(CONTACTS) + len(MIDNIGHT) >= 60


def test_the_opening_is_spread_over_the_first_minutes_and_never_past_the_closing():
    opening = at("2026-01-16 13:00")
    found = {hours.opens_at(at("2026-01-16 12:00"), [Place(EAST)], RULES, spread=n) for n in range(5000)}
    assert min(found) == opening
    assert max(found) == opening + hours.SPREAD - timedelta(seconds=1)
    assert len(found) == 600
    short = {"default": (Window(ALL_WEEK, time(8), time(8, 2)),)}
    found = {hours.opens_at(at("2026-01-16 12:00"), [Place(EAST)], short, spread=n) for n in range(5000)}
    assert max(found) < opening + timedelta(minutes=2)


def test_what_never_opens_is_held_for_two_weeks():
    never = {"default": (Window(ALL_WEEK, time(8), time(9)),)}
    now = at("2026-01-16 12:00")
    assert hours.opens_at(now, [Place(EAST), Place(PACIFIC)], never) == now + hours.HORIZON
    assert hours.opens_at(now, [Place(EAST)], {"default": ()}) == now + hours.HORIZON


def test_without_a_place_nothing_holds():
    assert hours.opens_at(at("2026-01-16 03:00"), [], RULES) is None


ZONES = st.sampled_from(
    [EAST, CENTRAL, PACIFIC, "Europe/London", "America/Havana", "Asia/Kathmandu", "Africa/Cairo"]
)
MINUTES = st.integers(0, 60 * 24 * 365 * 2)


@given(zone=ZONES, other=ZONES, region=st.sampled_from(["", *RULES]), minutes=MINUTES)
def test_whatever_the_moment_the_answer_is_open_and_the_minute_before_was_not(zone, other, region, minutes):
    now = at("2026-01-01 00:00") + timedelta(minutes=minutes)
    places = [Place(zone, region), Place(other, region)]
    opening = hours.opens_at(now, places, RULES)
    if opening is None:
        assert all(shows_open(now, place) for place in places)
    elif opening < now + hours.HORIZON:
        assert now < opening
        assert all(shows_open(opening, place) for place in places)
        assert not all(shows_open(opening - timedelta(minutes=1), place) for place in places)


def shows_open(moment, place):
    """What somebody who looks at the clock on the wall would say."""
    wall = moment.astimezone(ZoneInfo(place.zone))
    return any(
        wall.weekday() in window.days and window.opens <= wall.time().replace(fold=0) < window.closes
        for window in RULES.get(place.region) or RULES["default"]
    )


def test_every_region_has_a_name():
    assert set(regions.names()) == set(regions.zones_of())
