"""What carriers say of a number, in callbacks and in answers: each code of the table has its effect, on the address."""

import csv

import pytest

from compliance import carriers
from dnd import flags
from dnd import services as dnd
from dnd.models import Ground, Suppression
from messaging.inbound import working
from messaging.models import Message
from messaging.providers.base import Refused
from tests.compliance import twilio
from tests.compliance.test_inbound_texts import blocked, receive
from tests.factories import STAFF, ContactFactory
from tests.messaging.conftest import deliver, queue

pytestmark = pytest.mark.django_db
NUMBER = "+14155550111"

with carriers.TABLE.open(newline="") as file:
    TABLE = list(csv.DictReader(file))


@pytest.fixture
def contact(business, account):
    return ContactFactory(business=business, phone=NUMBER)


def status(account, message, state, code="", repeat=1):
    form = {"MessageSid": message.provider_id, "MessageStatus": state, "AccountSid": "AC1"}
    form |= {"ErrorCode": code} if code else {}
    signed = twilio.sign(f"/hooks/twilio/{account.pk}/status?m={message.pk}", form)
    for _ in range(repeat):
        assert signed.send().status_code == 204
    working.work_due()
    message.refresh_from_db()


def sent(contact):
    message = queue(contact)
    deliver()
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["code"])
def test_each_code_of_a_callback_has_the_effect_of_the_table(contact, account, provider, row):
    shares_the_number = ContactFactory(business=contact.business, phone=NUMBER)
    message = sent(contact)
    status(account, message, "undelivered", row["code"], repeat=3)

    assert message.state == "failed"
    wanted = [row["reason"]] if row["effect"] != "none" else []
    assert blocked(contact) == blocked(shares_the_number) == wanted
    assert list(Suppression.objects.values_list("address", "reason")) == [
        (NUMBER, reason) for reason in wanted
    ]
    for ground in Ground.objects.filter(contact=contact):
        assert (ground.strength, ground.source) == (row["effect"], "provider")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["code"])
def test_each_code_of_an_answer_has_the_same_effect(contact, provider, row):
    provider.always(Refused(row["code"], "Twilio refused it."))
    message = sent(contact)
    working.work_due()
    assert message.state == "failed"
    assert blocked(contact) == ([row["reason"]] if row["reason"] else [])


def test_a_temporary_block_is_for_staff_to_lift_and_does_not_come_back_with_the_same_callback(
    contact, account, provider
):
    message = sent(contact)
    status(account, message, "undelivered", "30003")
    assert flags.panel(contact, STAFF).outbound["sms"].may_lift
    dnd.change_one(
        business=contact.business, contact=contact.pk, wish=dnd.Wish(outbound={"sms": False}), by=STAFF
    )
    status(account, message, "undelivered", "30003", repeat=2)
    assert blocked(contact) == []
    assert not Suppression.objects.in_force().exists()
    status(account, sent(contact), "undelivered", "30003")
    assert blocked(contact) == ["carrier_unreachable"]


@pytest.mark.parametrize("code", ["21610", "30004"])
def test_a_permanent_block_is_lifted_by_start_and_by_nobody_else(contact, account, provider, clock, code):
    status(account, sent(contact), "failed", code)
    with pytest.raises(dnd.Refused, match="texting START"):
        dnd.change_one(
            business=contact.business, contact=contact.pk, wish=dnd.Wish(outbound={"sms": False}), by=STAFF
        )
    receive(account, "STOP")
    receive(account, "START")
    assert blocked(contact) == []


def test_a_callback_that_comes_before_our_own_settling_counts_and_the_state_never_goes_back(
    contact, account, provider
):
    message = queue(contact)
    Message.objects.filter(pk=message.pk).update(
        state="calling",
        fence=1,
        provider_id="",
        decided_version=0,
        lease_until=twilio.NOON,
        claimed_at=twilio.NOON,
    )
    message.provider_id = "SM1234"
    status(account, message, "undelivered", "30005")
    assert (message.state, blocked(contact)) == ("failed", ["carrier_unreachable"])
    for late in ("sent", "delivered", "queued"):
        status(account, message, late)
        assert message.state == "failed"


def test_a_code_that_comes_late_still_says_what_it_says_of_the_number(contact, account, provider):
    message = sent(contact)
    status(account, message, "delivered")
    status(account, message, "undelivered", "30004")
    assert (message.state, blocked(contact)) == ("delivered", ["carrier_blocked"])


def test_a_callback_about_somebody_elses_message_does_nothing(contact, account, provider):
    message = sent(contact)
    message.provider_id = "SMother"
    status(account, message, "undelivered", "30004")
    assert (message.state, blocked(contact)) == ("sent", [])
    elsewhere = ContactFactory()
    twilio.connect(elsewhere.business)
    status(twilio.connect(ContactFactory().business), sent(elsewhere), "undelivered", "30004")
    assert blocked(elsewhere) == []


def test_a_code_about_an_old_number_is_bound_to_that_number(contact, account, provider):
    message = sent(contact)
    contact.points.filter(kind="phone").update(value="+14155550166")
    status(account, message, "undelivered", "30005")
    assert blocked(contact) == []
    assert Suppression.objects.get().address == NUMBER
