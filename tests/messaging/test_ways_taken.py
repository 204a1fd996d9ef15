"""Cases of the table through the door, to the provider simulator: what it accepted is what the table says."""

import csv
import json
import urllib.request
from pathlib import Path

import pytest
from django.db import transaction

import messaging as app
from contacts import locks
from contacts.models import Business
from dnd import services as dnd
from dnd.services.syncing import Message as Said
from dnd.services.syncing import Spoken
from messaging import services as messaging
from messaging.models import Message
from messaging.services import Copy, OneWay
from tests.factories import ENTERPRISE, ContactFactory, add_phone, block
from tests.messaging.conftest import TWILIO, deliver, set_smtp

pytestmark = pytest.mark.django_db(transaction=True)
SENT = ("1", "3", "5", "8", "10", "12", "15", "19", "21", "24", "28", "29", "33", "36", "38", "43", "45", "46", "47",
        "50", "52", "57", "59", "64")  # fmt: skip
KINDS = {"text": "sms", "call": "call", "email": "email"}
COPIES = {"text": Copy("A text"), "call": Copy("A call"), "email": Copy("An email", "Hello")}


HOW = {
    "delivered_by": ("cascade", ""),
    "literal": ("literal", ""),
    "synced_sms": ("cascade", "sms"),
    "synced_voice": ("cascade", "voice"),
    "synced_dnc": ("cascade", "dnc"),
}
"""By the column that says what is to be expected: the business's policy, and the synced method."""


def cases():
    """Those cases, each with what the derived table says of it."""
    table, derived = (
        {row["case"]: row for row in csv.DictReader(path.read_text().splitlines())}
        for path in (
            Path(app.__path__[0]) / "data" / "delivery_not_synced.csv",
            Path(__file__).parent / "data" / "delivery_derived.csv",
        )
    )
    return [row | derived[number] for number, row in table.items() if number in SENT]


def person(business, case, run):
    mobile, landline = (f"+1415{run:03}{case['case']:0>2}{end}" for end in ("01", "02"))
    email = f"case{case['case']}@run{run}.example" if case["has_email"] == "1" else False
    contact = ContactFactory(business=business, phone=False, email=email)
    if case["has_text_phone"] == "1":
        add_phone(contact, mobile, "mobile", preferred=case["preferred_phone"] == "mobile")
    if case["has_landline"] == "1":
        add_phone(contact, landline, "landline", preferred=case["preferred_phone"] == "landline")
    if case["sms_opted_out"] == "1":
        block(contact, "sms")
    return contact


def accepted(simulator, kind):
    with urllib.request.urlopen(f"{simulator.http}/_kept.json?kind={kind}&limit=10000") as answer:
        return [one["to"] for one in json.load(answer)]


@pytest.mark.parametrize("column", HOW)
def test_what_the_simulator_accepts_is_what_the_table_says(business, simulator, column):
    policy, method = HOW[column]
    source = "synced" if method else "manual"
    Business.objects.filter(pk=business.pk).update(delivery_policy=policy, preferences_source=source)
    business.refresh_from_db()
    set_smtp(business, simulator.smtp)
    messaging.create_connection(
        business=business, channel="call", driver="twilio", config=TWILIO, by=ENTERPRISE
    )
    run = 555 + list(HOW).index(column)
    people = {case["case"]: (person(business, case, run), case) for case in cases()}
    for contact, _ in people.values():
        if method:
            said = Said(general=Spoken(method))
            dnd.sync(business=business, contact=contact.pk, message=said, by=ENTERPRISE)
    before = {way: accepted(simulator, kind) for way, kind in KINDS.items()}
    with transaction.atomic():
        locks.lock_contacts(business.pk, [contact.pk for contact, _ in people.values()])
        messaging.propose_one_way(
            business.pk,
            [
                OneWay(
                    contact.pk,
                    "automation",
                    {way: copy for way, copy in COPIES.items() if case[f"copy_{way}"] == "1"},
                    "Reminder",
                )
                for contact, case in people.values()
            ],
        )
    while deliver():
        pass

    assert len(people) == len(SENT) >= 20
    assert Message.objects.count() == len(SENT)
    reached = {
        to: way for way, kind in KINDS.items() for to in accepted(simulator, kind) if to not in before[way]
    }
    for contact, case in people.values():
        ways = [reached[point.value] for point in contact.points.all() if point.value in reached]
        assert ways == ([case[column]] if case[column] != "none" else []), case
