"""Calls: what is spoken, what becomes of them, and the key that ends them for good."""

import time
from datetime import timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import requests
from twilio.request_validator import RequestValidator

from compliance.models import InboundEvent
from contacts.models import Event
from dnd.models import Change, Ground, Suppression
from messaging import auditing, delivery, voice, webhooks
from messaging.delivery import claims, limits
from messaging.inbound import keypress, working
from messaging.models import Connection, Message
from messaging.providers import open_line, twilio
from messaging.providers.base import Letter, Lost, NotTaken, Refused, Taken
from tests.factories import BusinessFactory, ContactFactory
from tests.messaging.conftest import TWILIO, connect_others, deliver, forward, make_due, queue

SID = "CA" + "a" * 32
NUMBER = "+14155554444"


@pytest.fixture
def calling(business):
    connect_others(business, "call")
    return Connection.objects.get(business=business, channel="call")


@pytest.fixture
def message(calling, business):
    message = queue(ContactFactory(business=business, phone=NUMBER), channel="call", enrollment=1, step=0)
    claims.claim("interactive", 16)
    return message


@pytest.fixture
def post(client, settings, calling):
    """Call a hook of the connection as Twilio would."""

    def call(path, form, token=TWILIO["auth_token"]):
        path = f"/hooks/twilio/{calling.pk}/{path}"
        signature = RequestValidator(token).compute_signature(settings.HEED_BASE_URL + path, form)
        return client.post(path, urlencode(form), webhooks.FORM, headers={"X-Twilio-Signature": signature})

    return call


def key_form(digits="9", sid=SID, to=NUMBER, **more):
    return {
        "CallSid": sid,
        "CallStatus": "in-progress",
        "Direction": "outbound-api",
        "From": TWILIO["from_number"],
        "To": to,
        "Digits": digits,
    } | more


def tell(post, message, status, **more):
    form = {"CallSid": SID, "CallStatus": status, "To": NUMBER, "Direction": "outbound-api"} | more
    return post(f"status?m={message}", form).status_code


def state_of(message):
    message.refresh_from_db()
    return message.state


def kept(simulator, to, kind="call"):
    return requests.get(f"{simulator.http}/_kept.json", params={"kind": kind, "to": to}, timeout=5).json()


# What is spoken


def test_a_call_speaks_the_text_and_says_how_to_stop_such_calls():
    document = voice.document("Ada & <Bob>: see you at 5\x07", pressed="https://x.example/hooks?m=1&n=2")

    gather = ElementTree.fromstring(document).find("Gather")
    assert [say.text for say in gather] == ["Ada & <Bob>: see you at 5", "To stop these calls, press 9."]
    assert gather.get("action") == "https://x.example/hooks?m=1&n=2"
    assert (gather.get("numDigits"), gather.get("method")) == ("1", "POST")


def test_a_call_that_would_speak_for_too_long_is_refused_before_anybody_is_called(simulator):
    line = open_line("twilio", TWILIO)

    answer = line.send(Letter(7, 3, NUMBER, "", "&" * 1_000, channel="call"), until=time.monotonic() + 12)

    assert (type(answer), answer.code) == (Refused, "too_long")
    line.close()


@pytest.mark.parametrize(
    ("last", "kind", "code"),
    [
        ("0100", Taken, None),
        ("1211", Refused, "21211"),
        ("0429", NotTaken, "20429"),
        ("0500", Lost, "http:500"),
        ("0998", Lost, "no_answer"),
    ],
)
def test_what_twilio_answers_to_a_call(simulator, last, kind, code):
    line = open_line("twilio", TWILIO)

    answer = line.send(Letter(7, 3, f"+1415555{last}", "", "Hi", channel="call"), until=time.monotonic() + 12)

    assert (type(answer), getattr(answer, "code", None)) == (kind, code)
    line.close()


@pytest.mark.django_db
def test_a_call_really_leaves_and_is_heard(calling, business, simulator, settings):
    number = "+14155556601"
    message = queue(
        ContactFactory(business=business, phone=number), channel="call", body="Your visit is at 5."
    )

    deliver()

    (record,) = kept(simulator, number)
    assert state_of(message) == "sent"
    assert message.provider_id == record["id"]
    hooks = f"{settings.HEED_BASE_URL}/hooks/twilio/{calling.pk}"
    assert record["status_callback"] == f"{hooks}/status?m={message.pk}"
    assert f'action="{hooks}/voice?m={message.pk}"' in record["body"]
    assert "Your visit is at 5." in record["body"]


# What becomes of it


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("queued", "sent", ""),
        ("initiated", "sent", ""),
        ("ringing", "sent", ""),
        ("in-progress", "sent", ""),
        ("completed", "delivered", ""),
        ("busy", "failed", "failed:busy"),
        ("no-answer", "failed", "failed:no-answer"),
        ("canceled", "failed", "failed:canceled"),
        ("failed", "failed", "failed:failed"),
    ],
)
def test_what_twilio_says_of_a_call(message, post, status, state, reason):
    assert tell(post, message.pk, status) == 204

    assert state_of(message) == state
    assert (message.reason or "", message.provider_id) == (reason, SID)


@pytest.mark.django_db
def test_a_call_that_nobody_took_is_an_event_with_its_reason(message, post, told):
    for status in ("initiated", "ringing", "no-answer", "no-answer", "completed"):
        tell(post, message.pk, status)

    assert state_of(message) == "failed"
    assert Event.objects.get(kind="message_failed").data["code"] == "no-answer"
    assert told == [(message.pk, "failed")]


@pytest.mark.django_db
def test_nothing_of_a_call_is_believed_that_is_not_signed(message, post):
    form = {"CallSid": SID, "CallStatus": "completed"}

    assert post(f"status?m={message.pk}", form, token="another").status_code == 403
    assert state_of(message) == "calling"


# The key


@pytest.mark.django_db
def test_nine_ends_these_calls_for_everybody_with_the_number(message, post, business):
    other = ContactFactory(business=business, phone=NUMBER)
    stranger = ContactFactory(business=BusinessFactory(), phone=NUMBER)
    waiting = queue(other, channel="call")

    answer = post(f"voice?m={message.pk}", key_form())
    working.work_due()

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/xml")
    assert b"You will not be called by us again." in answer.content
    grounds = Ground.objects.filter(direction="outbound").values_list("contact", "channel", "reason")
    assert set(grounds) == {
        (message.contact_id, "call", "call_keypress"),
        (other.pk, "call", "call_keypress"),
    }
    assert stranger.grounds.count() == 0
    suppression = Suppression.objects.get()
    assert (suppression.channel, suppression.address, suppression.reason) == ("call", NUMBER, "call_keypress")
    deliver()
    assert (state_of(waiting), waiting.reason) == ("dropped", "dnd:call:call_keypress")


@pytest.mark.django_db
def test_the_ledger_says_that_the_contact_did_it(message, post):
    post("voice", key_form())
    working.work_due()

    change = Change.objects.get(contact=message.contact)
    assert (change.source, change.reason, change.channels) == ("contact", "call_keypress", ["call"])
    assert "DND enabled by contact for Call" in change.summary


@pytest.mark.django_db
def test_nine_counts_once_however_often_it_is_told(message, post):
    for _ in range(3):
        post(f"voice?m={message.pk}", key_form())
        working.work_due()

    assert InboundEvent.objects.filter(kind="key").count() == 1
    assert Change.objects.filter(contact=message.contact).count() == 1
    assert not Message.objects.filter(message_class="system").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("digits", ["", "1", "99", "0", "#"])
def test_every_other_key_changes_nothing(message, post, digits):
    answer = post(f"voice?m={message.pk}", key_form(digits))

    assert answer.content.decode().endswith(keypress.GOODBYE)
    assert not InboundEvent.objects.exists()


@pytest.mark.django_db
def test_a_key_that_is_not_signed_changes_nothing(message, post):
    assert post(f"voice?m={message.pk}", key_form(), token="another").status_code == 403
    assert not InboundEvent.objects.exists()


@pytest.mark.django_db
def test_a_key_of_somebody_who_calls_in_does_not_block_the_business(calling, post):
    """Whoever calls in was not called: the form says so, and no key was asked for."""
    post("voice", key_form() | {"Direction": "inbound", "From": NUMBER, "To": TWILIO["from_number"]})
    working.work_due()

    assert not Suppression.objects.exists()


# What is unknown


@pytest.mark.django_db
def test_a_call_whose_worker_died_is_unknown_and_never_made_again(message, provider):
    forward(message, 40)

    assert delivery.reap() == 1
    make_due(pk=message.pk)
    assert deliver() == 0

    assert (state_of(message), message.reason) == ("unknown", "unknown:worker_lost")
    assert provider.letters == []
    assert auditing.run().violations == []


@pytest.mark.django_db
def test_a_callback_makes_an_unknown_call_known(message, post, told):
    forward(message, 40)
    delivery.reap()

    tell(post, message.pk, "completed")

    assert state_of(message) == "delivered"
    assert told == [(message.pk, "unknown"), (message.pk, "done")]


def unknown_call(business, number, answer="0998"):
    """A call that was made, and whose answer was lost."""
    message = queue(ContactFactory(business=business, phone=number), channel="call")
    deliver()
    message.refresh_from_db()
    assert (message.state, message.reason) == ("unknown", "unknown:no_answer")
    Message.objects.filter(pk=message.pk).update(ask_at=message.settled_at)
    return message


@pytest.mark.django_db
def test_twilio_is_asked_about_an_unknown_call(calling, business, simulator):
    number = "+14155660998"
    message = unknown_call(business, number)

    assert delivery.inquire() == 1

    (record,) = kept(simulator, number)
    assert state_of(message) in ("sent", "delivered")
    assert message.provider_id == record["id"]


@pytest.mark.django_db
def test_of_two_calls_to_one_number_that_look_alike_none_is_taken_for_the_other(calling, business, simulator):
    number = "+14155670998"
    message = unknown_call(business, number)
    twin = queue(ContactFactory(business=business, phone=number), channel="call")
    Message.objects.filter(pk=twin.pk).update(
        state="unknown",
        claimed_at=message.claimed_at,
        lease_until=message.claimed_at + limits.LEASE,
        settled_at=message.settled_at,
        ask_at=None,
    )

    assert delivery.inquire() == 0
    assert state_of(message) == "unknown"


@pytest.mark.django_db
def test_a_call_from_another_number_or_time_is_not_ours(calling, business, simulator):
    line = open_line("twilio", TWILIO | {"from_number": "+14155550188"})
    letter = Letter(7, calling.pk, "+14155556602", "", "Hi", channel="call")
    line.send(letter, until=time.monotonic() + 12)
    own = open_line("twilio", TWILIO)
    message = queue(ContactFactory(business=business, phone="+14155556602"), channel="call")
    since, before = message.created_at - timedelta(minutes=1), message.created_at + timedelta(minutes=1)

    assert own.find(letter, since=since, before=before) == []
    assert len(line.find(letter, since=since, before=before)) == 1
    assert line.find(letter, since=before, before=before) == []
    line.close(), own.close()


def test_every_state_of_a_call_is_known():
    documented = "queued initiated ringing in-progress completed busy failed no-answer canceled"
    assert set(twilio.CALL_STATES) == set(documented.split())
