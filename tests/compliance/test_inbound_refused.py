"""Inbound DND: texts are kept out, calls are rejected, and both are counted. STOP, START and HELP still work."""

from datetime import timedelta

import pytest

from config.desk.timeline import timeline
from contacts.models import Event
from dnd import services as dnd
from dnd.models import Ground
from messaging.inbound import working
from messaging.models import Message
from tests.compliance import twilio
from tests.compliance.test_inbound_texts import NUMBER, blocked, receive
from tests.factories import STAFF, ContactFactory

pytestmark = pytest.mark.django_db
REJECT = b'<?xml version="1.0" encoding="UTF-8"?><Response><Reject/></Response>'


def refuse(contact, *channels):
    wish = dnd.Wish(inbound=dict.fromkeys(channels, True))
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=STAFF)


def call(account, sender=NUMBER, to=twilio.CONFIG["from_number"]):
    form = {
        "CallSid": f"CA{twilio.new_sid()[2:]}",
        "CallStatus": "ringing",
        "From": sender,
        "To": to,
        "Direction": "inbound",
    }
    answer = twilio.sign(f"/hooks/twilio/{account.pk}/voice", form).send()
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml; charset=utf-8")
    working.work_due()
    return answer.content


def test_a_text_is_kept_out_of_the_inbox_starts_nothing_and_is_counted(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    open_to_texts = ContactFactory(business=business, phone=NUMBER)
    refuse(contact, "sms")
    for _ in range(3):
        receive(account, "Hello there")

    assert not Message.objects.filter(contact=contact).exists()
    assert Message.objects.filter(contact=open_to_texts, state="received").count() == 3
    assert not Event.objects.filter(contact=contact, kind="message_received").exists()
    line = Event.objects.get(contact=contact, kind="inbound_blocked")
    assert (line.summary, line.data, line.state) == (
        "Inbound SMS blocked by DND, 3 times that day", {"channel": "sms", "count": 3}, "recorded",
    )  # fmt: skip
    assert "Inbound SMS blocked by DND, 3 times that day" in [
        item.summary for item in timeline(contact).items
    ]


def test_each_day_has_a_line_of_its_own(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    refuse(contact, "sms")
    receive(account, "Hello")
    Event.objects.filter(kind="inbound_blocked").update(at=twilio.NOON - timedelta(days=3))
    receive(account, "Hello again")
    lines = Event.objects.filter(contact=contact, kind="inbound_blocked")
    assert [line.summary for line in lines] == ["Inbound SMS blocked by DND"] * 2


def test_stop_start_and_help_still_work(account, business, clock):
    contact = ContactFactory(business=business, phone=NUMBER)
    refuse(contact, "sms", "call")
    receive(account, "STOP", MessageSid=clock.at(0))
    assert blocked(contact) == ["stop_keyword"]
    receive(account, "START", MessageSid=clock.at(5))
    assert Ground.objects.filter(contact=contact, direction="outbound").count() == 0
    assert Ground.objects.filter(contact=contact, direction="inbound").count() == 2
    receive(account, "HELP")
    assert Message.objects.filter(contact=contact, message_class="system").count() == 3
    assert not Message.objects.filter(contact=contact, direction="inbound").exists()


def test_a_call_is_rejected_for_whoever_shares_the_phone_and_counted(account, business):
    contact = ContactFactory(business=business, phone=NUMBER)
    other = ContactFactory(business=business, phone=NUMBER)
    refuse(contact, "call")
    assert call(account) == call(account) == REJECT
    for one in (contact, other):
        assert Event.objects.get(contact=one, kind="inbound_blocked").data == {"channel": "call", "count": 2}
    assert not Message.objects.exists()


def test_a_call_from_anybody_else_is_passed_on_and_noted(account, business):
    contact = ContactFactory(business=business, phone=NUMBER)
    refuse(contact, "sms")
    assert b"<Dial>+14155550100</Dial>" in call(account)
    message = Message.objects.get(contact=contact)
    assert (message.channel, message.direction, message.state) == ("call", "inbound", "received")
    assert b"<Dial>" in call(account, "+14155550177")


def test_a_call_is_never_passed_on_to_the_number_that_was_called(account, business):
    business.name = "Smith & Sons <Clinic>"
    business.save()
    spoken = call(account, to="+14155550100")
    assert b"<Say>Smith &amp; Sons &lt;Clinic&gt; cannot take calls at this number.</Say>" in spoken


@pytest.mark.parametrize("sender", ["anonymous", "sip:x@y.example", "", "client:someone"])
def test_a_call_without_a_number_is_passed_on(account, sender):
    assert b"<Dial>" in call(account, sender)
    assert not Message.objects.exists()
