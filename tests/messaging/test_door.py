"""Claiming: what leaves, in which order, and what does not leave."""

from datetime import timedelta

import pytest
from django.db import connection

from contacts import locks
from contacts.models import ContactPoint
from messaging import policy
from messaging import services as messaging
from messaging.delivery import claims, limits
from messaging.models import Connection, Message
from messaging.providers.base import NotTaken
from tests.factories import ENTERPRISE, BusinessFactory, ContactFactory, add_phone, block
from tests.messaging.conftest import connected, deliver, make_due, propose, queue

pytestmark = pytest.mark.django_db


def test_a_queued_message_leaves_and_is_sent(contact, provider):
    message = queue(contact, body="See you at nine")

    assert deliver() == 1

    message.refresh_from_db()
    (letter,) = provider.letters
    assert (letter.to, letter.body, letter.message) == (message.to, "See you at nine", message.pk)
    assert (message.state, message.provider_id) == ("sent", f"SM{message.pk:032x}")
    assert (message.fence, message.attempts, message.rule) == (1, 1, "clear")
    assert message.claimed_at <= message.called_at <= message.settled_at
    assert message.lease_until - message.claimed_at == limits.LEASE


def test_a_flag_set_after_queueing_still_stops_the_message(contact, provider):
    message = queue(contact)
    block(contact, "sms")

    deliver()

    message.refresh_from_db()
    assert (message.state, message.reason) == ("dropped", "dnd:sms:user_request")
    assert message.decided_version == 1
    assert provider.letters == []


def test_a_dropped_message_tells_its_step_that_it_was_skipped_or_failed(contact, provider, told):
    skipped = queue(contact, enrollment=1, step=0)
    block(contact, "sms")
    deliver()
    other = ContactFactory(business=contact.business)
    failed = queue(other, enrollment=2, step=0)
    Connection.objects.all().delete()
    deliver()

    assert told == [(skipped.pk, "skipped"), (failed.pk, "failed")]


def test_a_withdrawn_message_tells_nobody(contact, provider, told):
    queue(contact, enrollment=1, step=0)
    messaging.withdraw([1], why="Removed.")

    deliver()

    assert told == []


def test_messages_of_one_contact_and_channel_leave_in_the_order_in_which_they_were_queued(contact, provider):
    for body in "abcd":
        queue(contact, body=body)
    queue(contact, channel="email", body="email")

    assert len(claims.claim("interactive", 16).calls) == 2
    make_due_again()
    deliver()

    assert [body for body in provider.bodies if body != "email"] == list("abcd")


def make_due_again():
    """As if nothing had been claimed."""
    Message.objects.filter(state="calling").update(state="queued", claimed_at=None, lease_until=None)


def test_what_waits_to_be_tried_again_holds_up_what_is_behind_it(contact, provider):
    provider.always(NotTaken("429", "Too many requests", after=60))
    first = queue(contact, body="first")
    deliver()
    queue(contact, body="second")
    assert deliver() == 0

    del provider.answer
    make_due(pk=first.pk)
    deliver()

    assert provider.bodies == ["first", "first", "second"]


def test_what_is_held_holds_up_nobody(contact, provider):
    held = queue(contact, body="held")
    Message.objects.filter(pk=held.pk).update(state="held", due_at=locks.now() + timedelta(hours=1))
    queue(contact, body="free")

    deliver()

    assert provider.bodies == ["free"]


def test_lanes_do_not_wait_for_each_other(contact, provider):
    queue(contact, body="bulk", message_class="broadcast")
    queue(contact, body="interactive")

    deliver("interactive")

    assert provider.bodies == ["interactive"]


def test_no_more_is_claimed_than_there_are_threads_for(business):
    for _ in range(5):
        queue(ContactFactory(business=business))

    claimed = claims.claim("interactive", 3)

    assert len(claimed.calls) == 3
    assert Message.objects.filter(state="calling").count() == 3


def test_what_is_not_due_yet_is_left_alone(contact, provider):
    message = queue(contact)
    Message.objects.filter(pk=message.pk).update(due_at=locks.now() + timedelta(minutes=1))

    assert deliver() == 0
    assert provider.letters == []


def test_a_message_that_waited_too_long_expires(contact, provider, told):
    message = queue(contact, enrollment=1, step=0)
    Message.objects.filter(pk=message.pk).update(expires_at=locks.now() - timedelta(seconds=1))

    deliver()

    message.refresh_from_db()
    assert (message.state, message.reason) == ("dropped", "expired")
    assert told == [(message.pk, "skipped")]


def test_a_disconnected_channel_holds_and_a_connected_one_goes_on(contact, provider):
    sms = Connection.objects.get(channel="sms")
    message = queue(contact)
    messaging.disconnect(connection=sms, by=ENTERPRISE)

    deliver()

    message.refresh_from_db()
    assert (message.state, message.rule) == ("held", "disconnected")
    assert message.due_at - message.decided_at == policy.RECONNECT_AFTER

    messaging.connect(connection=sms, by=ENTERPRISE)
    deliver()

    message.refresh_from_db()
    assert message.state == "sent"


def test_an_address_that_the_contact_no_longer_has_is_chosen_anew(contact, provider):
    message = queue(contact)
    contact.points.filter(kind="phone").delete()
    add_phone(contact, "+14155550177")

    deliver()

    message.refresh_from_db()
    assert message.to == "+14155550177"
    assert [letter.to for letter in provider.letters] == ["+14155550177"]


def test_an_address_that_the_contact_still_has_stays_though_another_is_preferred_now(contact, provider):
    message = queue(contact)
    add_phone(contact, "+14155550177", preferred=True)

    deliver()

    assert [letter.to for letter in provider.letters] == [message.to]


def test_a_contact_that_lost_its_only_number_gets_nothing(contact, provider):
    message = queue(contact)
    ContactPoint.objects.filter(contact=contact).delete()

    deliver()

    message.refresh_from_db()
    assert (message.state, message.reason) == ("dropped", "no_address")


def test_an_error_in_the_decision_means_no_send_and_holds_up_nobody_else(business, provider, monkeypatch):
    bad, good = queue(ContactFactory(business=business)), queue(ContactFactory(business=business))
    decide = policy.decide

    def broken(facts):
        if facts.address == bad.to:
            raise ZeroDivisionError
        return decide(facts)

    monkeypatch.setattr(policy, "decide", broken)
    deliver()

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.rule, good.state) == ("held", "error", "sent")
    assert "ZeroDivisionError" in bad.detail


def test_credentials_that_cannot_be_opened_hold_the_message(contact, provider):
    message = queue(contact)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_connection SET config = 'gAAAAA-not-ours'")

    deliver()

    message.refresh_from_db()
    assert (message.state, message.rule) == ("held", "error")
    assert provider.letters == []


def test_a_claim_that_was_not_called_in_time_is_not_called_at_all(contact, provider, monkeypatch):
    monkeypatch.setattr("messaging.delivery.calling.START_WITHIN", -1.0)
    message = queue(contact)
    monkeypatch.setattr("messaging.delivery.door.CLAIMING_FOR", -1.0)

    deliver()

    message.refresh_from_db()
    assert (message.state, message.reason, message.called_at) == ("queued", "again:not_called", None)
    assert provider.letters == []


def test_what_is_being_called_is_settled_even_if_the_next_claim_fails(business, provider, monkeypatch):
    first = queue(ContactFactory(business=business))
    claim, answers = claims.claim, iter([True])

    def once(lane, free):
        if next(answers, False):
            return claim(lane, free)
        raise ZeroDivisionError

    monkeypatch.setattr(claims, "claim", once)
    monkeypatch.setattr("messaging.delivery.door.LOOK_AGAIN", 0.0)
    monkeypatch.setattr("messaging.delivery.door.PATIENCE", 0.0)

    with pytest.raises(ZeroDivisionError):
        deliver()

    first.refresh_from_db()
    assert first.state == "sent"


def test_a_line_that_breaks_leaves_the_message_unknown_and_no_address_in_the_log(contact, provider, caplog):
    def broken(letter):
        raise ValueError(letter.to)

    provider.answer = broken
    message = queue(contact)

    deliver()

    message.refresh_from_db()
    assert (message.state, message.reason) == ("unknown", "unknown:line")
    assert "A line failed on message" in caplog.text
    assert message.to not in caplog.text


def test_an_idle_tick_asks_the_database_once(business, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert deliver() == 0


def test_the_verdict_of_a_message_that_left_says_what_it_was_made_from(contact, provider):
    block(contact, "email")
    message = queue(contact)

    deliver()

    message.refresh_from_db()
    assert message.inputs["version"] == message.decided_version == 1
    assert message.inputs["address"] == message.to
    assert message.inputs["connection"] == "connected"


def test_two_businesses_each_send_through_their_own_connection(business, provider):
    other = connected(BusinessFactory())
    queue(ContactFactory(business=business))
    (message,) = propose(ContactFactory(business=other))

    deliver()

    by_message = {letter.message: letter.connection for letter in provider.letters}
    assert by_message[message.pk] == Connection.objects.get(business=other, channel="sms").pk
    assert len(set(by_message.values())) == 2
