"""Twilio's status callbacks: verified, in any order, any number of times."""

from itertools import permutations
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from contacts.models import Event
from messaging import delivery, webhooks
from messaging.delivery import claims
from messaging.inbound import working
from messaging.models import Connection, Message
from tests.factories import BusinessFactory, ContactFactory
from tests.messaging.conftest import TWILIO, connected, forward, queue

pytestmark = pytest.mark.django_db

SID = "SM" + "a" * 32


@pytest.fixture
def account(business):
    return Connection.objects.get(business=business, channel="sms")


@pytest.fixture
def message(contact):
    message = queue(contact, enrollment=1, step=0)
    claims.claim("interactive", 16)
    return message


@pytest.fixture
def tell(client, settings, account):
    """Call as Twilio would; `signed` is the address that it signs."""

    def call(message, status, *, sid=SID, code="", signed=None, token=TWILIO["auth_token"], **form):
        path = f"/hooks/twilio/{account.pk}/status?m={message}"
        form = {"MessageSid": sid, "MessageStatus": status, "ErrorCode": code} | form
        signature = RequestValidator(token).compute_signature(signed or settings.HEED_BASE_URL + path, form)
        headers = {"X-Twilio-Signature": signature}
        return client.post(path, urlencode(form), webhooks.FORM, headers=headers).status_code

    return call


def state_of(message):
    message.refresh_from_db()
    return message.state


def test_a_delivered_text_is_delivered(message, tell):
    assert tell(message.pk, "delivered") == 204

    assert state_of(message) == "delivered"
    assert message.provider_id == SID


def test_an_address_that_names_no_message_is_known_by_twilio_s_own_id(message, tell):
    assert tell("", "delivered") == 204
    assert state_of(message) == "calling"  # whose id Twilio has not told us yet

    Message.objects.filter(pk=message.pk).update(provider_id=SID)
    assert tell("", "delivered", sid="SM" + "b" * 32) == 204
    assert state_of(message) == "calling"
    assert tell("", "delivered") == 204
    assert state_of(message) == "delivered"


def test_an_undelivered_text_has_failed_with_its_code(message, tell, told):
    assert tell(message.pk, "undelivered", code="30007") == 204

    assert state_of(message) == "failed"
    assert message.reason == "failed:30007"
    assert Event.objects.get(kind="message_failed").data["code"] == "30007"
    assert told == [(message.pk, "failed")]


@pytest.mark.parametrize("end", ["delivered", "undelivered"])
@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "end"])))
def test_any_order_and_every_repetition_gives_the_same(message, tell, order, end):
    for status in (*order, *order):
        assert tell(message.pk, end if status == "end" else status) == 204

    assert state_of(message) == ("delivered" if end == "delivered" else "failed")
    assert Event.objects.filter(kind="message_failed").count() == (end != "delivered")


@pytest.mark.parametrize("status", ["", "on-hold"])
def test_a_code_counts_whatever_the_status_is(message, tell, status):
    tell(message.pk, status, code="21610")
    working.work_due()

    message.refresh_from_db()
    assert message.state == "calling"
    assert list(message.contact.grounds.values_list("channel", "reason")) == [("sms", "carrier_blocked")]


def test_a_callback_makes_the_unknown_known(message, tell, told):
    forward(message, 40)
    delivery.reap()

    tell(message.pk, "delivered")

    assert state_of(message) == "delivered"
    assert told == [(message.pk, "unknown"), (message.pk, "done")]


def test_a_text_that_was_taken_after_all_is_not_tried_again(message, tell):
    Message.objects.filter(pk=message.pk).update(state="queued")

    tell(message.pk, "sent")

    assert state_of(message) == "sent"


def test_a_message_that_was_never_called_is_not_moved(contact, tell):
    message = queue(contact, channel="sms")

    assert tell(message.pk, "delivered") == 204
    assert state_of(message) == "queued"


def test_a_callback_of_another_text_changes_nothing(message, tell):
    tell(message.pk, "sent")

    assert tell(message.pk, "delivered", sid="SM" + "b" * 32) == 204
    assert state_of(message) == "sent"


@pytest.mark.parametrize("wrong", [{"token": "another-token"}, {"signed": "http://elsewhere.example/"}])
def test_what_is_not_signed_by_the_account_is_refused_and_changes_nothing(message, tell, wrong):
    assert tell(message.pk, "delivered", **wrong) == 403
    assert state_of(message) == "calling"


def test_a_callback_cannot_reach_into_another_business(tell):
    stranger = queue(ContactFactory(business=connected(BusinessFactory())))
    claims.claim("interactive", 16)

    assert tell(stranger.pk, "delivered") == 204
    assert state_of(stranger) == "calling"


@pytest.mark.parametrize("message_id", ["0", "999999999999999999", "x", "", "9" * 40, "%00", "-1"])
def test_a_message_that_does_not_exist_is_answered_and_forgotten(tell, message_id):
    assert tell(message_id, "delivered") == 204


@pytest.mark.parametrize(
    "form",
    [
        {"MessageStatus": "teleported"},
        {"MessageSid": "a b"},
        {"MessageSid": "a" * 300},
        {"ErrorCode": "x" * 99},
    ],
)
def test_signed_nonsense_is_no_error(message, tell, form):
    assert tell(message.pk, "sent", **form) == 204


@pytest.mark.parametrize("connection", ["0", "999999999999999999", "9" * 40, "x", "-1", "é"])
def test_a_connection_that_does_not_exist_cannot_be_verified(client, connection):
    assert client.post(f"/hooks/twilio/{connection}/status?m=1", {"a": "b"}).status_code == 403


@pytest.mark.parametrize(
    "request_",
    [
        {"data": b"\xff\xfe=%zz&&&", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"nonsense", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"nonsense", "content_type": "multipart/form-data"},
        {"data": b"[1]", "content_type": "application/json"},
        {
            "data": b"&".join(b"a%d=1" % n for n in range(2000)),
            "content_type": "application/x-www-form-urlencoded",
        },
        {"data": b"a=" + b"x" * 3_000_000, "content_type": "application/x-www-form-urlencoded"},
    ],
)
@pytest.mark.parametrize("signature", ["", "é", "x" * 5000, "\x00"])
def test_hostile_requests_are_refused_and_never_an_error(client, account, request_, signature):
    answer = client.post(
        f"/hooks/twilio/{account.pk}/status?m=%00", **request_, headers={"X-Twilio-Signature": signature}
    )

    assert answer.status_code == 403


def test_a_get_changes_nothing(client, account, message):
    assert client.get(f"/hooks/twilio/{account.pk}/status?m={message.pk}").status_code == 405


def test_our_own_fault_is_ours(client, account, message, tell, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    client.raise_request_exception = False
    monkeypatch.setattr("messaging.delivery.receipts.writing.hold", broken)

    assert tell(message.pk, "delivered") == 500
