"""Which way a message goes, of those for which it has copy."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import messaging as app
from messaging import choosing, policy
from messaging.addressing import Point
from messaging.addressing import choose as address_of
from messaging.choosing import CHANNEL_OF, Way
from messaging.policy import Block, Drop, Facts, Hold, Send

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
MOBILE = Point("phone", "+14155550101", "mobile")
LANDLINE = Point("phone", "+14155550102", "landline")
EMAIL = Point("email", "ada@example.org")
ADDRESS = {"text": MOBILE.value, "email": EMAIL.value}


def table(path):
    with path.open(newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file)}


CASES = table(Path(app.__path__[0]) / "data" / "delivery_not_synced.csv")
DERIVED = table(Path(__file__).parent / "data" / "delivery_derived.csv")
"""What the other policy, a synced method and a broadcast make of the same cases, by the rules of choosing."""
COLUMNS = {
    "literal": ("automation", "literal", ""),
    "synced_sms": ("automation", "cascade", "sms"),
    "synced_voice": ("automation", "cascade", "voice"),
    "synced_dnc": ("automation", "cascade", "dnc"),
    "literal_synced_sms": ("automation", "literal", "sms"),
    "literal_synced_voice": ("automation", "literal", "voice"),
    "broadcast": ("broadcast", "cascade", ""),
    "broadcast_synced_voice": ("broadcast", "cascade", "voice"),
    "broadcast_synced_dnc": ("broadcast", "cascade", "dnc"),
}


def points_of(case):
    wanted = {"has_text_phone": MOBILE, "has_landline": LANDLINE, "has_email": EMAIL}
    preferred = {"mobile": MOBILE, "landline": LANDLINE}.get(case["preferred_phone"])
    found = [point for name, point in wanted.items() if case[name] == "1"]
    return [Point(p.kind, p.value, p.line_type, preferred=p == preferred) for p in found]


def copies_of(case):
    return {way for way in CHANNEL_OF if case[f"copy_{way}"] == "1"}


def chosen(case, message_class="automation", policy_name="cascade", method=""):
    points, opted_out = points_of(case), case["sms_opted_out"] == "1"
    obeys = policy.classes()[message_class]

    def ask(way):
        address = address_of(CHANNEL_OF[way], points, obeys)
        facts = Facts(
            channel=CHANNEL_OF[way],
            message_class=message_class,
            now=NOW,
            address=address.address,
            no_address=address.why_not,
            blocked={"sms": Block("stop_keyword", "contact", NOW)} if opted_out else {},
            do_not_contact=method == "dnc",
        )
        textable = address.address == MOBILE.value and not opted_out
        return Way(policy.decide(facts), address.address, textable)

    return choosing.choose(
        copies=copies_of(case),
        ask=ask,
        obeys=obeys,
        has_phone=any(point.kind == "phone" for point in points),
        policy=policy_name,
        method=method,
    )


def test_every_case_of_the_table_goes_the_way_it_says():
    choices = {number: chosen(case) for number, case in CASES.items()}

    assert {n: choice.by for n, choice in choices.items()} == {n: c["delivered_by"] for n, c in CASES.items()}
    for number, choice in choices.items():
        assert_told(choice, CASES[number])


@pytest.mark.parametrize("column", COLUMNS)
def test_the_other_policy_and_synced_preferences_go_the_way_the_derived_table_says(column):
    choices = {number: chosen(case, *COLUMNS[column]) for number, case in CASES.items()}

    assert {n: choice.by for n, choice in choices.items()} == {n: row[column] for n, row in DERIVED.items()}
    for number, choice in choices.items():
        assert_told(choice, CASES[number], heeds_preference=not column.startswith("broadcast"))


def assert_told(choice, case, *, heeds_preference=True):
    assert set(choice.why) == set(CHANNEL_OF)
    assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in choice.why.values())
    if choice.by == "none":
        assert (choice.to, type(choice.verdict)) == ("", Drop)
    elif choice.by == "call":
        landline = case["preferred_phone"] == "landline" and heeds_preference
        landline = landline or case["has_text_phone"] == "0"
        assert choice.to == (LANDLINE if landline else MOBILE).value
    else:
        assert choice.to == ADDRESS[choice.by]


def test_the_derived_table_has_every_case():
    assert DERIVED.keys() == CASES.keys()
    assert set(DERIVED["1"]) == {"case", *COLUMNS}


ALL = {"text", "call", "email"}
SENDS = Way(Send(), "+14155550101", textable=True)
DND = Drop("dnd", "dnd:sms:stop_keyword", "DND is active for SMS.")
UNCONNECTED = Drop("connection", "no_connection", "The business has no connection for Call.")


def choose(ways, copies=ALL, **options):
    obeys = policy.classes()["automation"]
    return choosing.choose(copies=copies, ask=ways.__getitem__, obeys=obeys, has_phone=True, **options)


def test_a_way_that_is_held_is_taken_and_says_until_when():
    hours = Hold("hours", "quiet_hours", "Outside the permitted hours.", NOW + timedelta(hours=3))

    choice = choose({"text": Way(hours, "+14155550101"), "call": SENDS, "email": SENDS})

    assert (choice.by, choice.verdict) == ("text", hours)
    assert choice.why["text"] == "A text goes to +14155550101, but not yet: Outside the permitted hours."
    assert choice.why["call"] == "Not needed: a text goes out."


def test_without_a_way_the_contacts_reason_counts_more_than_what_the_business_lacks():
    ways = {"text": Way(UNCONNECTED), "call": Way(DND), "email": Way(UNCONNECTED)}

    choice = choose(ways)

    assert (choice.by, choice.about, choice.verdict) == ("none", "call", DND)
    assert choose(ways, copies={"text"}).verdict == UNCONNECTED


def test_a_message_without_copy_goes_no_way_and_asks_about_none():
    choice = choose({}, copies=set())

    assert (choice.by, choice.about) == ("none", "")
    assert choice.why == {
        "text": "The message has no copy for a text.",
        "call": "The message has no copy for a call.",
        "email": "The message has no copy for an email.",
    }


def test_ways_behind_the_one_taken_are_not_asked_about():
    assert choose({"text": SENDS}).by == "text"
    assert choose({"call": SENDS}, method="voice").why["text"] == (
        "Not needed: the record system asks for a call, and one goes out."
    )
