"""How a message would reach a contact: every case of the table, over REST."""

import csv
from pathlib import Path

import pytest

import messaging
from contacts.actors import Actor
from contacts.models import Business
from messaging.models import Connection, Message
from tests.factories import ContactFactory, add_phone, block

TABLE = Path(messaging.__path__[0]) / "data" / "delivery_not_synced.csv"
DERIVED = Path(__file__).parents[1] / "messaging" / "data" / "delivery_derived.csv"
MOBILE, LANDLINE, EMAIL = "+14155550101", "+14155550102", "ada@example.org"


def table(path):
    with path.open(newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file)}


CASES, EXPECTED = table(TABLE), table(DERIVED)


@pytest.fixture(autouse=True)
def connections(business):
    for channel, driver in (("sms", "twilio"), ("call", "twilio"), ("email", "smtp")):
        Connection.objects.create(business=business, channel=channel, driver=driver, config={})


def person(business, case):
    contact = ContactFactory(
        business=business, phone=False, email=EMAIL if case["has_email"] == "1" else False
    )
    for column, number, line_type in (
        ("has_text_phone", MOBILE, "mobile"),
        ("has_landline", LANDLINE, "landline"),
    ):
        if case[column] == "1":
            add_phone(
                contact, number, line_type, preferred=column.endswith(case["preferred_phone"] or "none")
            )
    contact.points.filter(value=MOBILE).update(preferred=case["preferred_phone"] == "mobile")
    if case["sms_opted_out"] == "1":
        block(contact, "sms")
    return contact


def preview(api, contact, case, **more):
    copy = [way for way in ("text", "call", "email") if case[f"copy_{way}"] == "1"]
    body = {"contact": str(contact.pk), "message_class": "automation", "copy": copy, **more}
    return api.post("deliveries/preview/", body)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_case_by_either_policy_and_for_every_class(api, business, case):
    contact, expected = person(business, case), EXPECTED[case["case"]]

    answers = {
        "cascade": preview(api, contact, case),
        "literal": preview(api, contact, case, policy="literal"),
        "broadcast": preview(api, contact, case, message_class="broadcast"),
    }

    assert all(answer.status == 200 for answer in answers.values())
    ways = {name: answer.body["delivered_by"] for name, answer in answers.items()}
    assert ways == {
        "cascade": case["delivered_by"],
        "literal": expected["literal"],
        "broadcast": expected["broadcast"],
    }
    for answer in answers.values():
        assert list(answer.body) == ["delivered_by", "to", "why"]
        assert list(answer.body["why"]) == ["text", "call", "email"]
        assert all(sentence.endswith(".") for sentence in answer.body["why"].values())
        assert bool(answer.body["to"]) == (answer.body["delivered_by"] != "none")
    assert not Message.objects.exists()


@pytest.mark.parametrize("method", ["sms", "voice", "dnc"])
def test_every_case_with_synced_preferences(api, business, method):
    Business.objects.filter(pk=business.pk).update(preferences_source="synced")
    found = {"cascade": {}, "literal": {}, "broadcast": {}}
    for number, case in CASES.items():
        contact = person(business, case | {"preferred_phone": ""})
        prefers = {"mobile": MOBILE, "landline": LANDLINE}.get(case["preferred_phone"])
        said = {"method": method, "preferred_number": prefers}
        assert api.put(f"contacts/{contact.pk}/preferences/", said).status == 200
        asked = {"cascade": {}, "literal": {"policy": "literal"}, "broadcast": {"message_class": "broadcast"}}
        for name, more in asked.items():
            found[name][number] = preview(api, contact, case, **more).body["delivered_by"]

    literal = f"literal_synced_{method}"
    assert found == {
        "cascade": {number: row[f"synced_{method}"] for number, row in EXPECTED.items()},
        "literal": {number: row.get(literal, "none") for number, row in EXPECTED.items()},
        "broadcast": {number: row["broadcast"] for number, row in EXPECTED.items()},
    }


MIXED = CASES["43"]
"""A mobile and a landline, which is preferred, and copy for every way."""


@pytest.mark.parametrize(
    ("message_class", "by", "to"),
    [
        ("automation", "call", LANDLINE),
        ("manual", "text", MOBILE),
        ("broadcast", "text", MOBILE),
        ("campaign", "text", MOBILE),
        ("system", "none", ""),
    ],
)
def test_the_class_decides_whether_the_preferred_number_counts(api, business, message_class, by, to):
    answer = preview(api, person(business, MIXED), MIXED, message_class=message_class)

    assert (answer.body["delivered_by"], answer.body["to"]) == (by, to)


def test_without_a_policy_the_business_has_its_own(api, business):
    contact = person(business, CASES["21"])
    assert preview(api, contact, CASES["21"]).body["delivered_by"] == "email"

    assert api.patch("business/", {"delivery_policy": "literal"}).body["delivery_policy"] == "literal"

    answer = preview(api, contact, CASES["21"])
    assert (answer.body["delivered_by"], answer.body["why"]["email"]) == (
        "none",
        "This business sends email only to people without a phone number.",
    )
    assert preview(api, contact, CASES["21"], policy="cascade").body["delivered_by"] == "email"


@pytest.mark.parametrize(
    ("message_class", "by"), [("automation", "email"), ("broadcast", "email"), ("manual", "call")]
)
def test_a_business_may_stop_automated_calls_after_an_sms_opt_out(api, business, message_class, by):
    case = CASES["22"]
    contact = person(business, case)
    assert preview(api, contact, case, message_class=message_class).body["delivered_by"] == "call"

    api.patch("business/", {"calls_after_sms_opt_out": "blocked"})

    answer = preview(api, contact, case, message_class=message_class)
    assert answer.body["delivered_by"] == by
    question = {"contact": str(contact.pk), "channel": "call", "message_class": message_class}
    decision = api.post("decisions/", question).body
    if message_class == "manual":
        assert decision["verdict"] == "send"
    else:
        assert (decision["rule"], decision["reason"]) == ("dnd", "dnd:sms:user_request")


def test_a_number_that_a_carrier_cannot_reach_is_no_opt_out(api, business):
    contact = person(business, CASES["22"] | {"sms_opted_out": "0"})

    block(contact, "sms", reason="carrier_unreachable", by=Actor.provider("Twilio"))
    Business.objects.filter(pk=business.pk).update(calls_after_sms_opt_out="blocked")

    assert preview(api, contact, CASES["22"]).body["delivered_by"] == "call"

    block(contact, "sms")
    assert preview(api, contact, CASES["22"]).body["delivered_by"] == "email"
