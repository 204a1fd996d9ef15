"""Texts that come in, from the signed request to the flags, the inbox and the one answer."""

from datetime import timedelta

import pytest
from django.db import connection as database

from compliance.models import InboundEvent, Permit, Profile, Statement
from contacts.actors import Actor
from contacts.models import Event
from contacts.services import people
from dnd import flags
from dnd import services as dnd
from dnd.models import Change, Ground, Suppression
from messaging.inbound import storing, times, working
from messaging.models import Message
from tests.compliance import twilio
from tests.factories import MANAGER, STAFF, ContactFactory, block

pytestmark = pytest.mark.django_db
NUMBER = "+14155550111"


def blocked(contact, channel="sms"):
    return sorted(
        Ground.objects.outbound().filter(contact=contact, channel=channel).values_list("reason", flat=True)
    )


def receive(account, body, sender=NUMBER, *, repeat=1, **more):
    """The webhook comes `repeat` times, and the workers do what there is to do."""
    request = twilio.text(account, body, sender, **more)
    for _ in range(repeat):
        answer = request.send()
        assert (answer.status_code, answer.content) == (
            200,
            b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
        )
    work()


def work():
    working.work_due()
    times.ask_due()


def test_a_stop_blocks_every_holder_of_the_number_and_those_to_come(account, business, clock):
    holders = [ContactFactory(business=business, phone=NUMBER) for _ in range(3)]
    stranger = ContactFactory(business=business)
    elsewhere = ContactFactory(phone=NUMBER)
    receive(account, "Stop.")

    assert [blocked(contact) for contact in holders] == [["stop_keyword"]] * 3
    assert blocked(stranger) == blocked(elsewhere) == []
    line = Change.objects.get(contact=holders[0])
    assert line.summary == "DND enabled by contact for SMS"

    data = people.clean(business, {"first_name": "New", "phones": [{"number": NUMBER}]})
    created = people.create(business=business, data=data, by=STAFF)
    dnd.screen_new_addresses()
    assert blocked(created) == ["stop_keyword"]
    people.delete(contact=created, by=STAFF)
    again = people.create(business=business, data=data, by=STAFF)
    dnd.screen_new_addresses()
    assert blocked(again) == ["stop_keyword"]
    assert flags.panel(again, MANAGER).outbound["sms"].may_lift is False


def test_a_stop_from_a_number_nobody_has_is_kept_for_whoever_gets_it(account, business, clock):
    receive(account, "STOP", "+14155550133")
    suppression = Suppression.objects.get(business=business)
    assert (suppression.address, suppression.reason) == ("+14155550133", "stop_keyword")
    assert not Message.objects.exists()


def test_start_lifts_what_was_there_and_only_start_does(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    block(contact, "sms")
    receive(account, "STOP", MessageSid=clock.at(0))
    assert blocked(contact) == ["stop_keyword", "user_request"]
    for words in ("ok thanks", "YES", "hello?", "please start"):
        receive(account, words)
        assert "stop_keyword" in blocked(contact)
    Ground.objects.filter(reason="user_request").update(since=twilio.NOON)
    receive(account, "Start", MessageSid=clock.at(5))
    assert blocked(contact) == []
    assert not Suppression.objects.in_force().exists()
    assert Message.objects.filter(message_class="system").count() == 2


@pytest.mark.parametrize("seconds", [4, 5])
def test_a_start_that_was_written_before_the_stop_or_with_it_lifts_nothing(account, business, clock, seconds):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP", MessageSid=clock.at(5))
    receive(account, "START", MessageSid=clock.at(seconds))
    assert blocked(contact) == ["stop_keyword"]
    assert Statement.objects.get(says="opt_in").state == "overtaken"
    assert Permit.objects.count() == 1


def test_a_stop_that_comes_after_a_later_start_blocks_only_until_its_time_is_known(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "START", MessageSid=clock.at(9))
    twilio.text(account, "STOP", NUMBER, MessageSid=clock.at(3)).send()
    working.work_due()
    assert blocked(contact) == ["stop_keyword"]
    times.ask_due()
    assert blocked(contact) == []


def test_a_start_waits_while_twilio_does_not_say_and_takes_the_receipt_when_it_knows_nothing(
    account, business, clock
):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    clock.silent = True
    receive(account, "START")
    assert blocked(contact) == ["stop_keyword"]
    assert Statement.objects.get(says="opt_in").state == "waiting"

    clock.silent = False
    Statement.objects.update(ask_at=twilio.NOON)
    times.ask_due()
    assert blocked(contact) == []
    assert set(Statement.objects.values_list("clock", flat=True)) == {"receipt"}


def test_what_staff_set_after_the_start_was_written_stays(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP", MessageSid=clock.at(-60))
    block(contact, "sms")
    Ground.objects.filter(reason="user_request").update(since=twilio.NOON + timedelta(minutes=1))
    receive(account, "START", MessageSid=clock.at(0))
    assert blocked(contact) == ["user_request"]


def test_the_provider_is_believed_about_its_own_words(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "baja", OptOutType="STOP", MessageSid=clock.at(0))
    assert blocked(contact) == ["stop_keyword"]
    receive(account, "YES", OptOutType="START", MessageSid=clock.at(9))
    assert blocked(contact) == []


def test_a_business_adds_words_of_its_own(account, business, clock):
    from compliance.models import Profile

    Profile.objects.create(
        business=business, opt_out_words=["Baja"], help_words=["Ayuda"], help_reply="Llame al 5."
    )
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "ayuda")
    assert Message.objects.get(message_class="system").body == "Llame al 5."
    receive(account, " BAJA! ")
    assert blocked(contact) == ["stop_keyword"]


def test_help_is_answered_each_time_and_changes_nothing(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "help", repeat=2)
    receive(account, "INFO?")
    assert blocked(contact) == []
    answers = Message.objects.filter(message_class="system").values_list("body", flat=True)
    assert list(answers) == ["Ada's Clinic: for help call +14155550100. Reply STOP to unsubscribe."] * 2


def test_any_other_text_is_a_message_of_each_holder_and_starts_workflows(account, business, clock):
    contacts = [ContactFactory(business=business, phone=NUMBER) for _ in range(2)]
    sid = twilio.new_sid()
    receive(account, "See you at 5 \U0001f600\x00", MessageSid=sid)
    messages = Message.objects.filter(direction="inbound").order_by("contact")
    assert [(m.contact, m.state, m.body, m.channel, m.provider_id) for m in messages] == [
        (contact, "received", "See you at 5 \U0001f600", "sms", sid) for contact in contacts
    ]
    events = Event.objects.filter(kind="message_received").order_by("contact")
    assert [(e.state, e.data["channel"], e.data["body"]) for e in events] == [
        ("pending", "sms", "See you at 5 \U0001f600")
    ] * 2


@pytest.mark.parametrize(
    ("sender", "channel", "kind", "value"),
    [
        ("whatsapp:+14155550111", "whatsapp", "phone", NUMBER),
        ("messenger:9001", "facebook", "facebook", "9001"),
    ],
)
def test_whatsapp_and_messenger_have_their_own_flags(account, business, clock, sender, channel, kind, value):
    contact = ContactFactory(business=business, phone=False)
    contact.points.create(
        business=business, kind=kind, value=value, line_type="unknown" if kind == "phone" else ""
    )
    receive(account, "STOP", sender)
    assert blocked(contact, channel) == ["stop_keyword"]
    assert blocked(contact, "sms") == []


def test_a_fault_is_tried_again_and_holds_up_nobody(account, business, clock, monkeypatch):
    contact = ContactFactory(business=business, phone=NUMBER)
    with monkeypatch.context() as broken:
        broken.setattr("messaging.inbound.inbox.take_text", lambda *_: 1 / 0)
        receive(account, "STOP")
    event = InboundEvent.objects.get()
    assert (event.state, event.attempts, event.detail) == (
        "pending",
        1,
        "Could not be worked on: ZeroDivisionError.",
    )
    assert blocked(contact) == []
    receive(account, "hello", "+14155550122")
    assert InboundEvent.objects.filter(state="done").count() == 1

    InboundEvent.objects.update(due_at=twilio.NOON)
    work()
    assert blocked(contact) == ["stop_keyword"]
    assert Message.objects.filter(direction="inbound").count() == 1


def test_our_own_fault_answers_5xx_and_stores_nothing(account, monkeypatch, client):
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("messaging.inbound.storing.store", lambda *_, **__: 1 / 0)
        assert twilio.text(account, "STOP", NUMBER).send(client).status_code == 500
    with database.cursor() as cursor:
        cursor.execute("UPDATE messaging_connection SET config = 'garbage'")
    assert twilio.text(account, "STOP", NUMBER).send(client).status_code == 500
    assert not InboundEvent.objects.exists()


def test_what_people_wrote_is_not_kept_for_ever_and_what_came_is_still_known(account, business, clock):
    request = twilio.text(account, "STOP", NUMBER)
    request.send()
    working.work_due()
    assert storing.empty_old() == 0
    InboundEvent.objects.update(worked_at=twilio.NOON - timedelta(days=40))
    twilio.text(account, "not yet worked on", NUMBER).send()
    assert [storing.empty_old(), storing.empty_old()] == [1, 0]
    assert bytes(InboundEvent.objects.get(state="emptied").body) == b""
    request.send()
    assert InboundEvent.objects.count() == 2


def test_the_actor_of_a_stop_is_the_contact(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    receive(account, "STOP")
    assert (Change.objects.get(contact=contact).source, Change.objects.get().actor) == ("contact", "by SMS")
    assert Actor.contact("x").source == "contact"


def test_wording_that_asks_to_stop_outvotes_what_a_business_has_made_of_it(account, business):
    contact = ContactFactory(business=business, phone=NUMBER)
    Profile.objects.update_or_create(business=business, defaults={"help_words": ["please stop texting me"]})

    receive(account, "Please stop texting me")

    assert blocked(contact) == ["free_text_opt_out"]
