"""What is not Twilio's word changes nothing, however it is dressed; and nothing that anybody sends is a 5xx."""

import os
import random
from urllib.parse import urlencode

import pytest
from django.test import Client, RequestFactory
from twilio.request_validator import RequestValidator

from compliance.models import InboundEvent
from dnd.models import Ground, Suppression
from messaging import webhooks
from messaging.inbound import times, working
from messaging.models import Message
from tests.compliance import twilio
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
NUMBER = "+14155550111"
PATHS = ("message", "voice", "status")
ROUNDS = int(os.environ.get("HEED_FUZZ", "600"))


@pytest.fixture
def stop(account):
    return twilio.text(account, "STOP", NUMBER)


def nothing_happened():
    working.work_due()
    return not (InboundEvent.objects.exists() or Suppression.objects.exists() or Message.objects.exists())


def passes(signed, body):
    """Whether this body is taken for what was signed; asked of the check itself, which is quicker than a request."""
    request = RequestFactory().generic(
        "POST", signed.path, body, webhooks.FORM, HTTP_X_TWILIO_SIGNATURE=signed.signature
    )
    return webhooks.from_twilio(request, signed.path.split("/")[3]) is not None


def test_a_changed_request_gets_403_and_leaves_nothing(stop):
    for position in range(0, len(stop.body), 20):
        changed = stop.body[:position] + b"x" + stop.body[position + 1 :]
        assert twilio.Signed(stop.path, changed, stop.signature).send().status_code == 403
    assert nothing_happened()


def test_the_officially_signed_request_is_accepted(stop):
    assert stop.send().status_code == 200
    assert InboundEvent.objects.get().provider_id.startswith("SM")


def test_the_example_of_twilios_documentation_verifies(account, settings):
    """https://www.twilio.com/docs/usage/security: the form, the token and the signature printed there."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    printed = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert (
        RequestValidator("12345").compute_signature("https://mycompany.com/myapp.php?foo=1&bar=2", form)
        == printed
    )


def test_a_query_that_was_signed_is_part_of_the_address(account):
    form = twilio.text_form("hello", NUMBER)
    signed = twilio.sign(f"/hooks/twilio/{account.pk}/message?tenant=a%2Fb&x=1", form)
    assert signed.send().status_code == 200


def test_the_raw_request_line_counts_and_not_what_django_makes_of_it(account):
    """Twilio signs the address byte by byte as it was configured; a server hands it over as RAW_URI."""
    raw = f"/hooks/twilio/{account.pk}/message?note=a+b~%7e"
    signed = twilio.sign(raw, twilio.text_form("hello", NUMBER))
    assert signed.send(RAW_URI=raw).status_code == 200
    assert signed.send(RAW_URI=raw.replace("%7e", "~")).status_code == 403


def test_every_change_of_one_byte_of_the_body_is_refused(stop):
    random_byte = random.Random(1)
    for position in range(len(stop.body)):
        original = stop.body[position]
        for byte in {original ^ 1, original ^ 0x20, random_byte.randrange(256), *b"&="} - {original}:
            changed = stop.body[:position] + bytes([byte]) + stop.body[position + 1 :]
            assert not passes(stop, changed), (position, byte)
    assert passes(stop, stop.body)


def test_every_byte_more_or_less_is_refused(stop):
    for position in range(len(stop.body) + 1):
        less = stop.body[:position] + stop.body[position + 1 :]
        more = [stop.body[:position] + byte + stop.body[position:] for byte in (b"&", b"=", b"a", b"%00")]
        for changed in [*more, *([less] if less != stop.body else [])]:
            assert not passes(stop, changed), changed


def test_every_change_of_the_signature_and_of_the_address_is_refused(stop, account):
    for position, character in enumerate(stop.signature):
        for other in {chr(ord(character) ^ 1), "A", "=", "é"} - {character}:
            changed = stop.signature[:position] + other + stop.signature[position + 1 :]
            assert twilio.Signed(stop.path, stop.body, changed).send().status_code == 403
    other = twilio.connect(twilio.Business.objects.create(name="Other", slug="other"), "sms")
    for path in (
        f"/hooks/twilio/{other.pk}/message?",
        f"/hooks/twilio/{account.pk}/voice",
        f"{stop.path}?a=1",
    ):
        assert twilio.Signed(path, stop.body, stop.signature).send().status_code == 403
    assert nothing_happened()


@pytest.mark.parametrize(
    "connection", ["0", "99999999999999999999", "1.5", "-1", "٣", "x", "%00", "1%2F2", "A" * 500]
)
@pytest.mark.parametrize("path", PATHS)
def test_a_connection_that_is_none_is_refused(db, connection, path):
    signed = twilio.sign(f"/hooks/twilio/{connection}/{path}", twilio.text_form("STOP", NUMBER))
    assert signed.send().status_code in (403, 404)
    assert nothing_happened()


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_X_TWILIO_SIGNATURE": ""},
        {"HTTP_X_TWILIO_SIGNATURE": "é" * 28},
        {"HTTP_X_TWILIO_SIGNATURE": "\ud800" * 28},
        {"HTTP_X_TWILIO_SIGNATURE": "AAAA====AAAA"},
        {"HTTP_X_TWILIO_SIGNATURE": "x" * 100_000},
        {"content_type": "application/json"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "text/plain"},
        {"content_type": ""},
        {"content_type": "application/x-www-form-urlencoded, application/json"},
        {"RAW_URI": "/hooks/twilio/1/message\x00"},
        {"RAW_URI": "//evil"},
        {"HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS": "algorithm=none", "HTTP_X_TWILIO_SIGNATURE": ""},
        {"HTTP_COOKIE": "sessionid=\xff; csrftoken=1", "HTTP_X_TWILIO_SIGNATURE": "no"},
        {"HTTP_X_REQUEST_ID": "\xff" * 9000, "HTTP_X_TWILIO_SIGNATURE": "no"},
        {"HTTP_X_FORWARDED_FOR": "\x00,,,", "HTTP_X_TWILIO_SIGNATURE": "no"},
        {"HTTP_ACCEPT_LANGUAGE": "x" * 9999, "HTTP_X_TWILIO_SIGNATURE": "no"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("path", PATHS)
def test_hostile_headers_are_refused(account, headers, path):
    good = twilio.sign(f"/hooks/twilio/{account.pk}/{path}", twilio.text_form("STOP", NUMBER))
    if set(headers) == {"HTTP_X_TWILIO_SIGNATURE"}:
        good, headers = twilio.Signed(good.path, good.body, headers["HTTP_X_TWILIO_SIGNATURE"]), {}
    headers = dict(headers)
    if "HTTP_X_TWILIO_SIGNATURE" in headers:
        good = twilio.Signed(good.path, good.body, headers.pop("HTTP_X_TWILIO_SIGNATURE"))
    assert good.send(**headers).status_code == 403
    assert nothing_happened()


def test_a_missing_header_and_json_without_its_hash_are_refused(account):
    address = f"/hooks/twilio/{account.pk}/message"
    body = urlencode(twilio.text_form("STOP", NUMBER))
    client = Client()
    assert (
        client.generic("POST", address, body, content_type="application/x-www-form-urlencoded").status_code
        == 403
    )
    bare = RequestValidator(twilio.TOKEN).compute_signature(f"{twilio.settings.HEED_BASE_URL}{address}", {})
    json = {"content_type": "application/json", "HTTP_X_TWILIO_SIGNATURE": bare}
    assert client.generic("POST", address, '{"Body": "STOP"}', **json).status_code == 403
    assert nothing_happened()


def test_reading_the_address_changes_nothing(stop):
    assert Client().get(stop.path).status_code == 405
    assert nothing_happened()


ODD = [
    "STOP", "START", "please stop texting me", "\x00", "\U0001f600", "é", "'; DROP TABLE", "a" * 5000, "", " ",
    "%", "&=+", "\r\n", "\u202e", "{{ 7 }}", "<Reject/>", "1" * 400, "+1415555011", "whatsapp:", "messenger:",
    "whatsapp:+14155550111", "sip:x@y", "-1", "SM" + "0" * 32, NUMBER,
]  # fmt: skip


def fuzzed(choose, account):
    """A form of odd values under the names that are read, with some left out, doubled by case or made up."""
    form = twilio.text_form(choose.choice(ODD), choose.choice(ODD))
    for name in choose.sample(sorted(form), choose.randrange(6)):
        form[name] = choose.choice(ODD)
    for name in choose.sample(sorted(form), choose.randrange(4)):
        del form[name]
    for _ in range(choose.randrange(3)):
        form[choose.choice([*ODD, "OptOutType", "MessageStatus", "ErrorCode"]) or "x"] = choose.choice(ODD)
    path = choose.choice(PATHS)
    query = choose.choice(["", "?m=1", "?m=%00", "?m=" + "9" * 30])
    return twilio.sign(f"/hooks/twilio/{account.pk}/{path}{query}", form)


@pytest.mark.timeout(120 + ROUNDS // 5)
def test_fuzzed_bodies_give_no_5xx_and_what_is_not_signed_has_no_effect(account, business, clock):
    """Half of them signed. HEED_FUZZ sets how many."""
    ContactFactory(business=business, phone=NUMBER)
    choose, client = random.Random(ROUNDS), Client(raise_request_exception=False)
    for turn in range(ROUNDS // 2):
        signed = fuzzed(choose, account)
        before = InboundEvent.objects.count()
        damaged = bytearray(signed.body)
        damaged[choose.randrange(len(damaged))] ^= 1 << choose.randrange(8)
        assert twilio.Signed(signed.path, bytes(damaged), signed.signature).send(client).status_code == 403
        assert InboundEvent.objects.count() == before
        assert signed.send(client).status_code in (200, 204), signed
        if turn % 100 == 99:
            working.work_due()
            times.ask_due()
    working.work_due()
    assert not InboundEvent.objects.filter(state="pending").exists()
    assert set(Ground.objects.values_list("source", flat=True)) <= {"contact"}
