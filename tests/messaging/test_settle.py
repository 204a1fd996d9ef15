"""Settling, the reaper, and what comes late."""

import pytest

from contacts.actors import Actor
from contacts.models import Event
from dnd import services as dnd
from dnd.models import Effective, Unstamped
from messaging import delivery
from messaging.delivery import claims, reaping
from messaging.delivery.calling import Called
from messaging.delivery.receipts import Receipt
from messaging.delivery.settling import settle
from messaging.delivery.states import NOT_CALLED
from messaging.models import Connection, Message
from messaging.providers.base import Lost, NotTaken, Refused, Taken
from tests.factories import BusinessFactory, ContactFactory, block
from tests.messaging.conftest import connected, deliver, forward, make_due, queue

pytestmark = pytest.mark.django_db

SID = "SM" + "a" * 32


def claimed():
    (call,) = claims.claim("interactive", 16).calls
    return call


def come_back(call, answer):
    settle([Called(call, answer, call.claimed_at)])


def state_of(message):
    message.refresh_from_db()
    return message.state


@pytest.mark.parametrize(
    ("answer", "state", "reason", "outcome"),
    [
        (Refused("21610", "Opted out."), "failed", "failed:21610", "failed"),
        (Lost("no_answer", "Lost."), "unknown", "unknown:no_answer", "unknown"),
    ],
)
def test_how_a_call_ends_is_stored_and_its_step_told(contact, told, answer, state, reason, outcome):
    message = queue(contact, enrollment=1, step=0)

    come_back(claimed(), answer)

    assert state_of(message) == state
    assert (message.reason, message.detail) == (reason, answer.detail)
    assert told == [(message.pk, outcome)]


def test_a_failure_is_an_event_with_the_providers_code(contact):
    queue(contact, enrollment=5, step=1)

    come_back(claimed(), Refused("21610", "Opted out."))

    event = Event.objects.get(kind="message_failed")
    assert event.contact == contact
    assert (event.data["channel"], event.data["code"]) == ("sms", "21610")
    assert (event.source, event.summary, event.cause_enrollment) == ("provider", "SMS failed (21610)", 5)


def test_what_was_not_taken_is_tried_again_later_each_time(contact, provider):
    provider.always(NotTaken("not_connected", "No connection."))
    message = queue(contact)
    waits = []
    for _ in range(3):
        make_due(pk=message.pk)
        deliver()
        message.refresh_from_db()
        assert message.state == "queued"
        waits.append((message.due_at - message.called_at).total_seconds())

    assert message.attempts == message.fence == 3
    for wait, step in zip(waits, (2, 8, 30), strict=True):
        assert step <= wait <= step * 1.25 + 0.5


def test_a_message_is_tried_until_it_expires_and_not_after(contact, provider):
    provider.always(NotTaken("not_connected", "No connection."))
    message = queue(contact)
    deliver()
    Message.objects.filter(pk=message.pk).update(expires_at=message.created_at)
    make_due(pk=message.pk)

    deliver()

    assert state_of(message) == "dropped"
    assert message.reason == "expired"
    assert len(provider.letters) == 1


def test_a_flag_that_came_between_two_tries_stops_the_second(contact, provider):
    provider.always(NotTaken("not_connected", "No connection."))
    message = queue(contact)
    deliver()
    block(contact, "sms")
    make_due(pk=message.pk)

    deliver()

    assert state_of(message) == "dropped"
    assert len(provider.letters) == 1


def test_an_answer_of_an_earlier_claim_changes_nothing(contact):
    message = queue(contact)
    first = claimed()
    come_back(first, NOT_CALLED)
    make_due(pk=message.pk)
    claimed()

    come_back(first, Refused("21610", "Opted out."))

    assert state_of(message) == "calling"


def test_the_reaper_leaves_a_call_alone_until_its_lease_and_a_margin_are_over(contact):
    message = queue(contact)
    claimed()
    forward(message, 34)

    assert delivery.reap() == 0
    assert state_of(message) == "calling"


def test_the_reaper_calls_a_lost_call_unknown_and_it_is_never_sent_again(contact, provider, told):
    message = queue(contact, enrollment=1, step=0)
    claimed()
    forward(message, 36)

    assert delivery.reap() == 1
    deliver()

    assert state_of(message) == "unknown"
    assert message.reason == "unknown:worker_lost"
    assert told == [(message.pk, "unknown")]
    assert provider.letters == []


def test_the_reaper_looks_again_under_the_lock(contact, monkeypatch):
    message = queue(contact)
    claimed()
    forward(message, 36)
    try_lock = reaping.locks.try_lock_contacts

    def claimed_anew_meanwhile(contacts):
        forward(message, -36)
        return try_lock(contacts)

    monkeypatch.setattr(reaping.locks, "try_lock_contacts", claimed_anew_meanwhile)

    assert delivery.reap() == 0
    assert state_of(message) == "calling"


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        (Taken(SID), "sent", "done"),
        (Refused("21610", "Opted out."), "failed", "failed"),
        (NotTaken("not_connected", "No connection."), "failed", "failed"),
    ],
)
def test_a_settle_after_the_reaper_turns_unknown_into_the_true_state(contact, told, answer, state, outcome):
    message = queue(contact, enrollment=1, step=0)
    call = claimed()
    forward(message, 36)
    delivery.reap()

    come_back(call, answer)

    assert state_of(message) == state
    assert told == [(message.pk, "unknown"), (message.pk, outcome)]


def test_a_callback_before_the_settle_stays_and_the_settle_adds_what_it_knows(contact):
    message = queue(contact)
    call = claimed()
    account = Connection.objects.get(channel="sms")

    assert delivery.receive(account, Receipt(message.pk, SID, "delivered"))
    come_back(call, Taken(SID))

    assert state_of(message) == "delivered"
    assert (message.provider_id, message.called_at) == (SID, call.claimed_at)


def test_an_answer_that_was_lost_does_not_undo_a_callback(contact, told):
    message = queue(contact, enrollment=1, step=0)
    call = claimed()
    delivery.receive(Connection.objects.get(channel="sms"), Receipt(message.pk, SID, "sent"))

    come_back(call, Lost("no_answer", "Lost."))

    assert state_of(message) == "sent"
    assert told == []


def test_a_change_is_effective_at_once_when_nothing_is_being_called(contact):
    queue(contact)

    change = block(contact, "sms").changes[0]

    assert Effective.objects.get(change=change).at == change.recorded_at


def test_a_change_waits_for_the_call_that_was_claimed_before_it(contact):
    queue(contact)
    call = claimed()

    change = block(contact, "sms").changes[0]
    assert Unstamped.objects.filter(change=change).exists()
    come_back(call, Taken(SID))

    assert Effective.objects.get(change=change).at > change.recorded_at
    assert Message.objects.get().called_at < Effective.objects.get(change=change).at
    assert not Unstamped.objects.exists()


def test_the_reaper_makes_a_change_effective_too(contact):
    message = queue(contact)
    claimed()
    change = block(contact, "sms").changes[0]
    forward(message, 36)

    delivery.reap()

    assert Effective.objects.filter(change=change).exists()


def test_a_change_waits_for_a_call_to_its_address_on_behalf_of_another_contact(business):
    ours = ContactFactory(business=business, phone="+14155550123")
    other = ContactFactory(business=business, phone="+14155550123")
    queue(other)
    call = claimed()

    change = block(ours, "sms").changes[0]

    assert delivery.in_flight([(ours.pk, change.version, change.recorded_at)]) == {ours.pk}
    come_back(call, Taken(SID))
    assert delivery.in_flight([(ours.pk, change.version, change.recorded_at)]) == set()


def test_a_change_waits_for_its_contacts_call_to_an_address_that_is_gone(contact):
    queue(contact)
    call = claimed()
    contact.points.all().delete()

    change = block(contact, "sms").changes[0]

    assert Unstamped.objects.filter(change=change).exists()
    come_back(call, Taken(SID))
    assert Effective.objects.filter(change=change).exists()


def test_a_change_waits_for_a_call_to_an_address_that_it_suppresses_and_nobody_has_any_more(business):
    former, sender = ContactFactory.create_batch(2, business=business)
    number = queue(former).to
    call = claimed()
    former.points.filter(kind="phone").update(value="+14155550188")
    stop = dnd.Wish(outbound={"sms": True}, reason="stop_keyword")

    (outcome,) = dnd.change(
        business=business, contacts=[sender.pk], wish=stop, by=Actor.contact(), address=("phone", number)
    )

    change = outcome.changes[0]
    assert delivery.in_flight([(sender.pk, change.version, change.recorded_at)]) == {sender.pk}
    come_back(call, Taken(SID))
    assert dnd.stamp_waiting() == 1


def test_a_call_claimed_after_a_change_does_not_hold_it_up(contact):
    change = block(contact, "email").changes[0]
    queue(contact)
    claimed()

    assert delivery.in_flight([(contact.pk, change.version, change.recorded_at)]) == set()


def test_a_call_of_another_business_holds_up_nobody(business):
    stranger = ContactFactory(business=connected(BusinessFactory()), phone="+14155550123")
    queue(stranger)
    claimed()

    change = block(ContactFactory(business=business, phone="+14155550123"), "sms").changes[0]

    assert Effective.objects.filter(change=change).exists()


def test_in_flight_takes_two_queries_for_any_number_of_questions(contact, django_assert_num_queries):
    queue(contact)
    claimed()
    change = block(contact, "sms").changes[0]

    with django_assert_num_queries(2):
        delivery.in_flight([(contact.pk, change.version, change.recorded_at)] * 50)


def test_workflows_that_cannot_be_told_do_not_lose_what_happened(contact, monkeypatch, caplog):
    def broken(news):
        raise ZeroDivisionError

    monkeypatch.setattr("messaging.hooks.settled", broken)
    message = queue(contact, enrollment=1, step=0)

    come_back(claimed(), Refused("21610", "Opted out."))

    assert state_of(message) == "failed"
    assert "could not be told" in caplog.text
