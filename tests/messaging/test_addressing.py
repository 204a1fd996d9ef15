"""Which address a message goes to."""

import pytest

from messaging.addressing import Point, choose
from messaging.policy import classes

MOBILE = Point("phone", "+14155550101", "mobile")
OTHER = Point("phone", "+14155550102", "unknown")
LANDLINE = Point("phone", "+14155550103", "landline")
EMAIL = Point("email", "ada@example.org")


def preferred(point):
    return Point(point.kind, point.value, point.line_type, preferred=True)


@pytest.mark.parametrize(
    ("message_class", "channel", "points", "address"),
    [
        ("automation", "sms", [MOBILE, OTHER], MOBILE.value),
        ("automation", "sms", [LANDLINE, OTHER], OTHER.value),
        ("automation", "sms", [MOBILE, preferred(OTHER)], OTHER.value),
        ("manual", "sms", [MOBILE, preferred(OTHER)], OTHER.value),
        ("broadcast", "sms", [MOBILE, preferred(OTHER)], MOBILE.value),
        ("automation", "sms", [MOBILE, preferred(LANDLINE)], ""),
        ("manual", "sms", [MOBILE, preferred(LANDLINE)], MOBILE.value),
        ("broadcast", "sms", [MOBILE, preferred(LANDLINE)], MOBILE.value),
        ("automation", "sms", [LANDLINE], ""),
        ("automation", "sms", [EMAIL], ""),
        ("automation", "call", [LANDLINE, MOBILE], MOBILE.value),
        ("automation", "call", [LANDLINE], LANDLINE.value),
        ("automation", "call", [MOBILE, preferred(LANDLINE)], LANDLINE.value),
        ("automation", "email", [MOBILE, EMAIL], EMAIL.value),
        ("automation", "email", [MOBILE], ""),
        ("automation", "facebook", [EMAIL], ""),
    ],
)
def test_the_address_for_a_channel(message_class, channel, points, address):
    choice = choose(channel, points, classes()[message_class])

    assert choice.address == address
    assert bool(choice.why_not) == (not address)


def test_an_address_chosen_earlier_stays_as_long_as_it_can_be_used():
    obeys = classes()["automation"]

    assert choose("sms", [MOBILE, OTHER], obeys, keep=OTHER.value).address == OTHER.value
    assert choose("sms", [MOBILE, LANDLINE], obeys, keep=LANDLINE.value).address == MOBILE.value
    assert choose("sms", [MOBILE], obeys, keep=OTHER.value).address == MOBILE.value
