"""Several doors, opt-outs and edits at the same moment, on real connections to the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from contacts import locks
from dnd import services as dnd
from dnd.models import Effective
from messaging import auditing
from messaging import services as messaging
from messaging.broadcasting import editing, queueing, sending
from messaging.delivery import claims, due
from messaging.models import Connection, Message, Pace
from messaging.providers.base import Taken
from tests.factories import ENTERPRISE, STAFF, ContactFactory
from tests.messaging.conftest import deliver, propose, queue

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(pool, function, *args, **kwargs):
    """Run in a thread with a database connection of its own."""

    def run():
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return pool.submit(run)


@contextmanager
def somebody_holds(contact):
    """Another transaction holds this contact's lock."""
    held, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            locks.lock_contacts(contact.business_id, [contact.pk])
            held.set()
            release.wait(10)

    with ThreadPoolExecutor(1) as pool:
        holding = in_thread(pool, hold)
        held.wait(10)
        yield
        release.set()
        holding.result(10)


@contextmanager
def somebody_is_at(pace):
    """Another transaction takes its turns of this pace."""
    held, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Pace.objects.select_for_update().get(pk=pace.pk)
            held.set()
            release.wait(30)

    with ThreadPoolExecutor(1) as pool:
        holding = in_thread(pool, hold)
        held.wait(10)
        yield
        release.set()
        holding.result(10)


def test_while_others_take_their_turns_people_do_not_wait_and_broadcasts_stay_queued(
    business, contact, provider
):
    sms = Connection.objects.get(business=business, channel="sms")
    messaging.limit_connection(connection=sms, messages=100, per="second", by=ENTERPRISE)
    everybody = propose(contact, message_class="broadcast") + propose(contact)

    with somebody_is_at(sms.pace):
        deliver("interactive")
        deliver("bulk")
        states = {m.lane: m.state for m in Message.objects.filter(pk__in=[one.pk for one in everybody])}
    assert states == {"interactive": "sent", "bulk": "queued"}

    deliver("bulk")
    assert len(provider.letters) == 2


def test_several_doors_at_once_send_each_message_once_and_in_order(business, provider):
    contacts = ContactFactory.create_batch(30, business=business)
    for round_ in range(3):
        propose(*contacts, body=str(round_))

    with ThreadPoolExecutor(4) as pool:
        for door in [in_thread(pool, deliver) for _ in range(4)]:
            door.result(30)
    while deliver():
        pass

    assert Message.objects.filter(state="sent").count() == 90
    assert len(provider.letters) == 90
    for contact in contacts:
        number = contact.points.get(kind="phone").value
        assert [letter.body for letter in provider.letters if letter.to == number] == ["0", "1", "2"]


def test_a_contact_that_somebody_holds_is_left_for_the_next_time(business, provider):
    busy, free = ContactFactory.create_batch(2, business=business)
    waiting, other = queue(busy), queue(free)

    with somebody_holds(busy):
        claimed = claims.claim("interactive", 16)
        assert [call.message for call in claimed.calls] == [other.pk]

    waiting.refresh_from_db()
    assert waiting.state == "queued"


def test_an_address_that_came_after_the_addresses_were_locked_is_not_used_yet(contact, provider, monkeypatch):
    message = queue(contact)
    lock_addresses = due.lock_addresses

    def then_it_changes(found):
        keys = lock_addresses(found)
        contact.points.filter(kind="phone").update(value="+14155550177")
        return keys

    monkeypatch.setattr(due, "lock_addresses", then_it_changes)
    assert claims.claim("interactive", 16).calls == []
    monkeypatch.undo()

    (call,) = claims.claim("interactive", 16).calls
    assert (call.message, call.letter.to) == (message.pk, "+14155550177")


def test_a_change_is_not_effective_while_a_call_claimed_before_it_is_out(contact, provider):
    calling, answer = threading.Event(), threading.Event()

    def slowly(letter):
        calling.set()
        answer.wait(10)
        return Taken("SM1")

    provider.answer = slowly
    queue(contact)
    with ThreadPoolExecutor(1) as pool:
        door = in_thread(pool, deliver)
        assert calling.wait(10)
        wish = dnd.Wish(outbound={"sms": True})
        change = dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=STAFF).changes[0]
        assert not Effective.objects.filter(change=change).exists()
        answer.set()
        door.result(30)

    assert Effective.objects.get(change=change).at > Message.objects.get().called_at
    assert auditing.run().violations == []


def test_an_edit_of_a_connection_returns_when_no_call_with_the_old_one_can_begin(contact, provider):
    queue(contact)
    sms = Connection.objects.get(channel="sms")
    (call,) = claims.claim("interactive", 16).calls
    with ThreadPoolExecutor(1) as pool:
        edit = in_thread(
            pool, messaging.update_connection,
            connection=sms, config={"auth_token": "another-token-0456"}, by=ENTERPRISE,
        )  # fmt: skip
        with pytest.raises(TimeoutError):
            edit.result(0.3)
        Message.objects.filter(pk=call.message).update(state="sent")
        edit.result(5)

    assert Connection.objects.get(pk=sms.pk).revision == 2


def test_an_edit_of_a_connection_waits_for_a_claim_that_has_read_it(contact, provider, monkeypatch):
    queue(contact)
    sms = Connection.objects.get(channel="sms")
    read, go_on = threading.Event(), threading.Event()
    still_due = due.still_due

    def pausing(ids):
        read.set()
        go_on.wait(10)
        return still_due(ids)

    monkeypatch.setattr(due, "still_due", pausing)
    with ThreadPoolExecutor(2) as pool:
        claiming = in_thread(pool, claims.claim, "interactive", 16)
        read.wait(10)
        edit = in_thread(pool, messaging.disconnect, connection=sms, by=ENTERPRISE)
        with pytest.raises(TimeoutError):
            edit.result(0.3)
        go_on.set()
        assert len(claiming.result(10).calls) == 1
        Message.objects.update(state="sent")
        edit.result(5)


@pytest.mark.parametrize("act", [sending.pause, sending.cancel])
def test_pausing_and_cancelling_wait_for_a_claim_that_has_read_the_broadcast(
    business, contact, provider, monkeypatch, act
):
    """So that when it is answered, nothing of the broadcast is claimed any more."""
    made = editing.create(business=business, data={"name": "News", "text": "Hello"}, by=ENTERPRISE)
    sending.send(broadcast=made, by=ENTERPRISE)
    queueing.queue_due()
    read, go_on = threading.Event(), threading.Event()
    still_due = due.still_due

    def pausing(ids):
        read.set()
        go_on.wait(30)
        return still_due(ids)

    monkeypatch.setattr(due, "still_due", pausing)
    with ThreadPoolExecutor(2) as pool:
        claiming = in_thread(pool, claims.claim, "bulk", 16)
        read.wait(30)
        stopping = in_thread(pool, act, broadcast=made, by=ENTERPRISE)
        with pytest.raises(TimeoutError):
            stopping.result(0.3)
        go_on.set()
        assert len(claiming.result(30).calls) == 1
        stopping.result(30)
