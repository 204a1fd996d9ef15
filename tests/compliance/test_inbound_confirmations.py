"""The one answer to a keyword: past the DND that it confirms, to the number that wrote, in time, and once."""

from datetime import timedelta

import pytest

from compliance.models import InboundEvent, Permit, Statement
from dnd.models import Change
from messaging import auditing, delivery
from messaging import services as messaging
from messaging.delivery import claims
from messaging.models import Message
from messaging.providers.base import Lost, NotTaken, Taken
from tests.compliance import twilio
from tests.compliance.test_inbound_texts import NUMBER, blocked, receive, work
from tests.factories import STAFF, ContactFactory
from tests.messaging.conftest import forward, make_due

pytestmark = pytest.mark.django_db


def test_a_webhook_that_comes_ten_times_is_stored_worked_on_and_answered_once(
    account, business, clock, provider
):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP", repeat=10)
    for _ in range(3):
        delivery.deliver("system")
        work()

    assert InboundEvent.objects.count() == Statement.objects.count() == Permit.objects.count() == 1
    assert Change.objects.filter(contact=contact).count() == 1
    assert [letter.to for letter in provider.letters] == [NUMBER]
    assert provider.bodies[0].startswith("Ada's Clinic: you are unsubscribed")


def test_the_confirmation_passes_the_dnd_that_it_confirms_and_the_next_message_does_not(
    account, business, clock, provider
):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    delivery.deliver("system")

    sent = Message.objects.get(contact=contact, message_class="system")
    assert (sent.state, sent.inputs["permit"], sent.decided_version) == ("sent", True, 1)
    assert Permit.objects.get().used_at is not None
    with pytest.raises(messaging.NotSent, match="DND is active for SMS"):
        messaging.send_manual(business=business, contact=contact.pk, channel="sms", body="Sale!", by=STAFF)


def test_without_its_permit_and_after_five_minutes_a_confirmation_does_not_leave(
    account, business, clock, provider
):
    ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    Permit.objects.all().delete()
    delivery.deliver("system")
    message = Message.objects.get(message_class="system")
    assert (message.state, message.rule) == ("dropped", "permit")

    receive(account, "HELP")
    Permit.objects.update(expires_at=twilio.NOON)
    delivery.deliver("system")
    assert Message.objects.filter(message_class="system", state="dropped").count() == 2
    assert provider.letters == []


def test_what_is_worked_on_too_late_is_never_answered(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    twilio.text(account, "STOP", NUMBER).send()
    InboundEvent.objects.update(received_at=InboundEvent.objects.get().received_at - timedelta(minutes=5))
    work()
    assert blocked(contact) == ["stop_keyword"]
    assert not Permit.objects.exists()


def test_a_confirmation_goes_to_the_number_that_wrote_and_to_no_other(account, business, clock, provider):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    contact.points.filter(kind="phone").update(value="+14155550144")
    delivery.deliver("system")
    assert provider.letters == []
    assert Message.objects.get(message_class="system").rule == "permit"


def test_a_worker_that_dies_in_the_call_leaves_it_at_one(account, business, clock, provider):
    ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    assert len(claims.claim("system", 16).calls) == 1
    message = Message.objects.get(message_class="system")
    forward(message, 60)
    delivery.reap()
    receive(account, "STOP", MessageSid=Statement.objects.get().provider_id, repeat=3)
    delivery.deliver("system")
    message.refresh_from_db()
    assert message.state == "unknown"
    assert provider.letters == []


def test_a_worker_that_dies_while_working_leaves_nothing_half_done(
    account, business, clock, provider, monkeypatch
):
    contact = ContactFactory(business=business, phone=NUMBER)
    with monkeypatch.context() as dying:
        dying.setattr("compliance.services.permits.issue", lambda **_: 1 / 0)
        receive(account, "STOP")
    assert (Message.objects.count(), Statement.objects.count(), blocked(contact)) == (0, 0, [])
    InboundEvent.objects.update(due_at=twilio.NOON)
    work()
    delivery.deliver("system")
    assert blocked(contact) == ["stop_keyword"]
    assert len(provider.letters) == 1


def test_what_the_provider_did_not_take_is_tried_again_on_the_same_permit(account, business, clock, provider):
    ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    provider.always(NotTaken("20429", "Too many requests."))
    delivery.deliver("system")
    provider.always(Taken("SM1"))
    make_due(message_class="system")
    delivery.deliver("system")
    assert Message.objects.get(message_class="system").state == "sent"
    assert auditing.run().violations == []


def test_what_may_have_arrived_is_not_tried_again(account, business, clock, provider):
    ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    provider.always(Lost("http:500", "Twilio answered with HTTP 500."))
    for _ in range(3):
        delivery.deliver("system")
    assert len(provider.letters) == 1


def test_a_shared_number_is_answered_once(account, business, clock, provider):
    for _ in range(3):
        ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    delivery.deliver("system")
    assert len(provider.letters) == 1


def test_who_is_out_already_and_who_is_in_already_are_not_told_again(account, business, clock, provider):
    ContactFactory(business=business, phone=NUMBER)
    for seconds, body in enumerate(["STOP", "STOP", "unsubscribe", "START", "START", "unstop"]):
        receive(account, body, MessageSid=clock.at(seconds))
        delivery.deliver("system")
    assert [body.partition(": ")[2][:11] for body in provider.bodies] == ["you are uns", "you will ge"]


def test_who_said_it_in_words_before_is_not_told_a_second_time(account, business, clock, provider):
    contact = ContactFactory(business=business, phone=NUMBER)
    for second, body in enumerate(["please stop texting me", "STOP", "take me off your list"]):
        receive(account, body, MessageSid=clock.at(second))
        delivery.deliver("system")
    assert blocked(contact) == ["free_text_opt_out", "stop_keyword"]
    assert len(provider.letters) == 1


def test_a_message_of_that_class_by_anybody_else_has_no_permit(account, business, clock, provider):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    Message.objects.filter(message_class="system").delete()
    receive(account, "hello")
    verdict = messaging.decide(business.pk, [messaging.Question(contact.pk, "sms", "system")])[0].verdict
    assert (verdict.rule, verdict.reason) == ("permit", "no_permit")


def test_the_audit_finds_a_confirmation_without_a_permit(account, business, clock, provider):
    ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    delivery.deliver("system")
    assert auditing.run().violations == []
    Permit.objects.all().delete()
    assert "is a confirmation without a permit" in auditing.run().violations[0]
