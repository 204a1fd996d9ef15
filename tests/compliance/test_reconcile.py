"""A text whose webhook was lost is found in the provider's list, which the simulator keeps as Twilio does."""

from datetime import timedelta

import pytest
import requests

from compliance.models import InboundEvent, Permit, Statement
from contacts import locks
from dnd.models import Change
from messaging.inbound import reconciling, storing, times, twilio_list, working
from messaging.models import Connection, ListReading, Message
from tests.compliance import twilio
from tests.compliance.test_inbound_texts import blocked
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
NUMBER = "+14155550111"


@pytest.fixture
def business(business, simulator, monkeypatch):
    monkeypatch.setattr(reconciling, "WEBHOOKS_TAKE", timedelta(0))
    requests.post(f"{simulator.http}/_clear", timeout=5).raise_for_status()
    return business


@pytest.fixture
def contact(business, account):
    return ContactFactory(business=business, phone=NUMBER)


@pytest.fixture
def lose(simulator, account):
    """A text comes in at Twilio, and its webhook never reaches us."""

    def send(body, sender=NUMBER, **more):
        order = {
            "account_sid": "AC1",
            "to": twilio.CONFIG["from_number"],
            "from": sender,
            "body": body,
        } | more
        answer = requests.post(f"{simulator.http}/_inbound", json=order, timeout=5)
        answer.raise_for_status()
        return answer.json()["sid"]

    return send


def reconcile():
    """As if a minute had passed since the last time."""
    ListReading.objects.update(due_at=locks.now())
    found = reconciling.reconcile()
    working.work_due()
    times.ask_due()
    return found


def test_a_stop_whose_webhook_was_lost_is_found_once(contact, lose):
    lose("STOP")
    assert [reconcile() for _ in range(3)] == [1, 0, 0]
    assert blocked(contact) == ["stop_keyword"]
    assert Change.objects.filter(contact=contact).count() == 1
    assert Statement.objects.get().clock == "provider"
    assert Message.objects.get(direction="inbound").body == "STOP"


def test_what_the_webhook_told_is_not_told_again_and_neither_way_counts_twice(contact, account, lose):
    sid = lose("Hello")
    twilio.text(account, "Hello", NUMBER, MessageSid=sid).send()
    assert reconcile() == 0
    other = lose("Hello again")
    reconcile()
    twilio.text(account, "Hello again", NUMBER, MessageSid=other).send()
    working.work_due()
    assert Message.objects.filter(direction="inbound").count() == 2


def test_a_webhook_that_comes_after_all_and_says_more_counts(contact, account, lose):
    """The list does not say that Twilio took it for an opt-out."""
    sid = lose("genug")
    reconcile()
    assert blocked(contact) == []
    twilio.text(account, "genug", NUMBER, MessageSid=sid, OptOutType="STOP").send()
    working.work_due()
    assert blocked(contact) == ["stop_keyword"]
    assert Message.objects.filter(direction="inbound").count() == 1


def test_what_is_so_young_that_its_webhook_may_come_is_left_for_the_next_time(contact, lose, monkeypatch):
    monkeypatch.setattr(reconciling, "WEBHOOKS_TAKE", timedelta(minutes=1))
    lose("STOP")
    assert reconcile() == 0
    monkeypatch.setattr(reconciling, "WEBHOOKS_TAKE", timedelta(0))
    assert reconcile() == 1


def test_what_was_written_long_ago_takes_effect_and_is_not_answered(contact, lose, monkeypatch):
    lose("STOP")
    long_ago = locks.now() - timedelta(minutes=9)
    listed = twilio_list.received
    monkeypatch.setattr(
        "messaging.inbound.twilio_list.received",
        lambda config, **asked: [
            twilio_list.Listed(x.sid, long_ago, x.form) for x in listed(config, **asked)
        ],
    )
    reconcile()
    assert blocked(contact) == ["stop_keyword"]
    assert not Permit.objects.exists()


def test_only_texts_to_the_connections_own_number_count(contact, lose):
    lose("STOP", to="+14155550198")
    assert reconcile() == 0
    assert blocked(contact) == []


def test_a_clock_that_is_behind_ours_by_twenty_minutes_loses_nothing(contact, account, lose):
    assert reconcile() == 0
    lose("STOP", date_sent=(locks.now() - timedelta(minutes=20)).isoformat())
    assert reconcile() == 1
    assert blocked(contact) == ["stop_keyword"]


def test_what_was_not_read_for_days_is_read_piece_by_piece_in_one_go(contact, account, lose):
    days_ago = locks.now() - timedelta(days=3)
    reconcile()
    ListReading.objects.update(read_until=days_ago)
    for hours, body in [(70, "hello"), (40, "anybody there?"), (1, "STOP")]:
        lose(body, date_sent=(locks.now() - timedelta(hours=hours)).isoformat())
    assert reconcile() == 3
    assert blocked(contact) == ["stop_keyword"]
    assert ListReading.objects.get().read_until > locks.now() - timedelta(minutes=2)


def test_what_cannot_be_read_to_its_end_in_one_run_goes_on_in_the_next(contact, account, lose, monkeypatch):
    reconcile()
    ListReading.objects.update(read_until=locks.now() - timedelta(days=1))
    lose("STOP")
    with monkeypatch.context() as crowded:
        crowded.setattr(reconciling, "SECONDS", 0.0)
        assert reconcile() == 0
    assert reconcile() == 1


@pytest.mark.parametrize(
    ("channel", "sender", "own"),
    [
        ("whatsapp", f"whatsapp:{NUMBER}", f"whatsapp:{twilio.CONFIG['from_number']}"),
        ("facebook", "messenger:1234567", "messenger:7654321"),
    ],
)
@pytest.mark.parametrize("written", ["with", "without"])
def test_a_connection_of_another_channel_is_read_by_its_own_name(
    business, simulator, channel, sender, own, written
):
    name = own if written == "with" else own.partition(":")[2]
    account = Connection.objects.create(
        business=business, channel=channel, driver="twilio", config={**twilio.CONFIG, "from_number": name}
    )
    order = {"account_sid": "AC1", "to": own, "from": sender, "body": "STOP"}
    requests.post(f"{simulator.http}/_inbound", json=order, timeout=5).raise_for_status()

    assert reconcile() == 1
    address = sender.partition(":")[2]
    assert Statement.objects.of(business.pk, channel, address).get().reason == "stop_keyword"
    assert InboundEvent.objects.get().connection == account.pk


def test_pages_are_read_to_the_end(contact, lose, monkeypatch):
    monkeypatch.setattr(twilio_list, "PAGE", 2)
    for number in range(5):
        lose(f"text {number}")
    assert reconcile() == 5


@pytest.mark.parametrize("broken", ["http://127.0.0.1:1", "http://127.0.0.1:1/nothing"])
def test_a_list_that_cannot_be_read_is_read_from_where_it_was_left(contact, lose, settings, broken):
    reconcile()
    before = ListReading.objects.get().read_until
    lose("STOP")
    working_base, settings.HEED_TWILIO_API_BASE = settings.HEED_TWILIO_API_BASE, broken
    assert reconcile() == 0
    reading = ListReading.objects.get()
    assert (reading.read_until, reading.problem != "") == (before, True)
    settings.HEED_TWILIO_API_BASE = working_base
    assert reconcile() == 1
    assert ListReading.objects.get().problem == ""


def test_each_connection_is_read_once_a_minute(contact, lose):
    reconciling.reconcile()
    lose("STOP")
    assert reconciling.reconcile() == 0
    due = ListReading.objects.get().due_at - locks.now()
    assert timedelta(seconds=50) < due <= timedelta(minutes=1)


def test_the_time_of_a_text_is_the_simulators(account, lose):
    created = twilio_list.created_at(twilio.CONFIG, lose("START"))
    assert abs(created - locks.now()) < timedelta(seconds=5)
    assert twilio_list.created_at(twilio.CONFIG, twilio.new_sid()) is None
    wrong = dict(twilio.CONFIG, account_sid="AC2")
    assert twilio_list.created_at(wrong, twilio.new_sid()) is None


INBOUND = {"direction": "inbound", "to": twilio.CONFIG["from_number"]}
COMPLETE = INBOUND | {
    "sid": "SM1",
    "from": NUMBER,
    "body": "Hi",
    "date_created": "Fri, 20 Nov 2026 12:00:00 +0000",
}


def test_a_complete_row_is_read():
    listed = twilio_list._listed(COMPLETE, twilio.CONFIG["from_number"])
    assert (listed.sid, listed.created_at) == ("SM1", twilio.NOON)


@pytest.mark.parametrize(
    "row",
    [
        None,
        7,
        {},
        INBOUND,
        COMPLETE | {"direction": "outbound-api"},
        COMPLETE | {"date_created": "yesterday"},
        COMPLETE | {"date_created": "Fri, 31 Dec 9999 23:59:59 +0000"},
        COMPLETE | {"date_created": None},
        COMPLETE | {"to": "+14155550100"},
        {name: value for name, value in COMPLETE.items() if name != "from"},
    ],
)
def test_rows_that_cannot_be_read_are_passed_over(row):
    assert twilio_list._listed(row, twilio.CONFIG["from_number"]) is None


def test_an_event_is_stored_once_by_whichever_way_it_comes_first(account):
    told = {"kind": "message", "sid": "SM1", "body": b"Body=x"}
    assert storing.store(account, **told, via="list")
    assert not storing.store(account, **told, via="list")
    assert not storing.store(account, **told)
    assert storing.store(account, **told, says_more=True)
    assert not storing.store(account, **told, says_more=True)
    assert InboundEvent.objects.get().via == "webhook"
