"""Only what the provider itself has signed counts: each provider's way, hostile input, and a certificate of our own."""

import base64
import io
import json
import random
from contextlib import nullcontext

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from urllib3 import HTTPResponse

from compliance.models import FeedbackEvent
from dnd.models import Ground
from messaging.feedback import signatures, sns, views, working
from messaging.feedback.signatures import NotVerified
from tests.compliance import providers
from tests.compliance.provider_events import event
from tests.compliance.providers import ESPS, KEYS, TOPIC, Call, call, connect, notification
from tests.factories import BusinessFactory, ContactFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("amazon")]
ADA = "ada@example.org"

# https://github.com/sendgrid/sendgrid-python/blob/main/test/unit/test_eventwebhook.py
SENDGRID_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+"
    "2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
SENDGRID_SIGNATURE = (
    "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
)
SENDGRID_BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkx'
    b'OS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18'
    b'-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)


@pytest.mark.parametrize("esp", ESPS)
def test_what_the_provider_signed_is_taken_and_any_other_byte_is_not(client, esp):
    contact = ContactFactory(email=ADA)
    connection = connect(contact.business, esp)
    genuine = call(esp, event(esp, "hard_bounce", ADA))
    signed = genuine.body if esp in ("sendgrid", "resend", "ses") else b""
    for position in random.Random(1).sample(range(len(signed)), min(60, len(signed))):
        changed = signed[:position] + bytes([signed[position] ^ 1]) + signed[position + 1 :]
        if esp == "ses" and not _signed_part(signed, changed):
            continue
        assert genuine.post(client, connection, body=changed).status_code == 403, position
    assert not FeedbackEvent.objects.exists()
    assert genuine.post(client, connection).status_code == 200
    working.work_due()
    assert Ground.objects.get(contact=contact).reason == "email_bounce"


def _signed_part(body, changed):
    """SNS signs the values of some fields, not how they are written down."""
    try:
        return sns.canonical(json.loads(body)) != sns.canonical(json.loads(changed))
    except (ValueError, KeyError, TypeError):
        return True


def test_every_changed_header_is_refused(client):
    connection = connect(BusinessFactory(), "sendgrid")
    for esp in ("sendgrid", "resend", "postmark", "brevo"):
        connection.config = providers.connect(BusinessFactory(), esp).config
        connection.save()
        genuine = call(esp, event(esp, "hard_bounce", ADA))
        for name, value in genuine.headers.items():
            for bad in (
                "",
                value[:-1],
                value[1:],
                value + "=",
                "\xe9" + value,
                value[::-1],
                "0" * len(value),
            ):
                assert genuine.post(client, connection, headers={name: bad}).status_code == 403, (
                    esp,
                    name,
                    bad,
                )
        assert genuine.post(client, connection).status_code == 200
    assert FeedbackEvent.objects.count() == 4


def test_the_published_vectors_of_sendgrid_and_of_standard_webhooks(time_machine):
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": SENDGRID_SIGNATURE,
        "X-Twilio-Email-Event-Webhook-Timestamp": "1600112502",
    }
    signatures.verify("sendgrid", SENDGRID_KEY, headers, SENDGRID_BODY)
    with pytest.raises(NotVerified):
        signatures.verify("sendgrid", SENDGRID_KEY, headers, SENDGRID_BODY.rstrip())

    # https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py
    time_machine.move_to("2021-02-25T05:53:00Z")
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    stamped = {"svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "svix-timestamp": "1614265330"}
    good = stamped | {"svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
    time_machine.move_to("2021-02-25T15:03:00Z")
    signatures.verify("resend", secret, good, body)
    with pytest.raises(NotVerified):
        signatures.verify("resend", secret, stamped | {"svix-signature": "v1,x"}, body)


HOSTILE = [
    "",
    " ",
    "=",
    "é",
    "\x00",
    "v1,",
    "v1,é",
    "Basic",
    "Basic é",
    "Basic ====",
    "Bearer",
    "x" * 70_000,
    "v1,YQ",
]


@pytest.mark.parametrize("esp", ESPS)
def test_hostile_input_to_the_verifiers_is_refused_and_never_raised(esp):
    names = [
        "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp", "svix-id",
        "svix-timestamp", "svix-signature", "webhook-id", "webhook-signature", "Authorization", "X-Webhook-Token",
    ]  # fmt: skip
    bodies = [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b'{"signature": 1}',
        b'{"signature": {"token": null}}',
        b"[" * 9999,
    ]
    bodies += [json.dumps({"Type": kind, "TopicArn": TOPIC}).encode() for kind in ("Notification", "x", None)]
    for body in bodies:
        for bad in HOSTILE:
            with pytest.raises(NotVerified):
                signatures.verify(esp, KEYS[esp], dict.fromkeys(names, bad), body)
        with pytest.raises(NotVerified):
            signatures.verify(esp, KEYS[esp], {}, body)


@pytest.mark.parametrize("esp", ["sendgrid", "resend", "mailgun", "postmark", "brevo"])
@pytest.mark.parametrize(
    "key", ["x", "é", "whsec_", "whsec_é", "a:b:c", base64.b64encode(b"x" * 91).decode()]
)
def test_a_key_that_is_none_verifies_nothing(esp, key):
    genuine = call(esp, event(esp, "delivered", ADA))
    with pytest.raises(NotVerified):
        signatures.verify(esp, key, genuine.headers, genuine.body)


def test_only_the_connections_own_provider_key_and_business_count(client):
    connection = connect(BusinessFactory(), "postmark")
    genuine = call("postmark", event("postmark", "hard_bounce", ADA))
    assert genuine.post(client, connection, esp="brevo").status_code == 403
    assert genuine.post(client, connection, esp="nobody").status_code == 403
    other = connect(BusinessFactory(), "postmark", key="another:key")
    assert genuine.post(client, other).status_code == 403
    other.config = {"url": "smtp://127.0.0.1", "from_email": "a@b.c"}
    other.save()
    assert genuine.post(client, other).status_code == 403
    other.config["feedback"] = {"esp": "postmark", "webhook_key": ""}
    other.save()
    assert genuine.post(client, other).status_code == 403
    for unknown in ("0", "999999999", "x", "1" * 40, "١"):
        assert client.post(f"/hooks/email/{unknown}/postmark/tracking").status_code == 403
    assert client.get(f"/hooks/email/{connection.pk}/postmark/tracking").status_code == 405
    assert not FeedbackEvent.objects.exists()


@pytest.mark.parametrize("header", ["Basic", "Bearer", "X-Webhook-Token"])
def test_a_token_may_come_in_each_usual_way(client, header):
    connection = connect(BusinessFactory(), "brevo")
    basic = base64.b64encode(f"heed:{providers.BREVO}".encode()).decode()
    headers = {
        "Basic": {"Authorization": f"Basic {basic}"},
        "Bearer": {"Authorization": f"Bearer {providers.BREVO}"},
        "X-Webhook-Token": {"X-Webhook-Token": providers.BREVO},
    }[header]
    body = json.dumps(event("brevo", "delivered", ADA)).encode()
    assert Call("brevo", body, headers).post(client, connection).status_code == 200


def test_mailguns_signature_is_good_for_one_event(client):
    """It covers a time and a token alone, so that whoever saw one could sign anything with it."""
    connection = connect(BusinessFactory(), "mailgun")
    genuine = call("mailgun", event("mailgun", "delivered", ADA, name="one"))
    assert genuine.post(client, connection).status_code == 200
    assert genuine.post(client, connection).status_code == 200
    forged = json.loads(genuine.body) | {"event-data": event("mailgun", "complaint", ADA, name="two")}
    assert genuine.post(client, connection, body=json.dumps(forged).encode()).status_code == 403
    same_id = json.loads(genuine.body)
    same_id["event-data"]["event"] = "complained"
    assert genuine.post(client, connection, body=json.dumps(same_id).encode()).status_code == 403
    assert FeedbackEvent.objects.count() == 1


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_signatures_of_sns_are_known_and_the_certificate_is_fetched_once(client, amazon, version):
    connection = connect(BusinessFactory(), "ses")
    for _ in range(3):
        message = notification(json.dumps({"eventType": "Send", "mail": {}}), version)
        assert call("ses", message).post(client, connection).status_code == 200
    assert amazon == [providers.CERTIFICATE]


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-" + "a" * 32 + ".pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-" + "a" * 32 + ".pem",
        "https://evil.example/SimpleNotificationService-" + "a" * 32 + ".pem",
        "https://user@sns.us-east-1.amazonaws.com/SimpleNotificationService-" + "a" * 32 + ".pem",
        "https://sns.us-east-1.amazonaws.com:444/SimpleNotificationService-" + "a" * 32 + ".pem",
        "https://sns.us-east-1.amazonaws.com/../evil.pem",
        "https://s3.us-east-1.amazonaws.com/SimpleNotificationService-" + "a" * 32 + ".pem",
        "https://169.254.169.254/SimpleNotificationService-" + "a" * 32 + ".pem",
        "",
        None,
        7,
    ],
)
def test_a_certificate_is_fetched_from_amazon_alone(client, amazon, address):
    message = notification("{}") | {"SigningCertURL": address}
    posted = Call("ses", json.dumps(message).encode()).post(client, connect(BusinessFactory(), "ses"))
    assert posted.status_code == 403
    assert amazon == []


def test_somebody_elses_topic_certificate_or_signature_is_refused(client, monkeypatch):
    connection = connect(BusinessFactory(), "ses")
    theirs = notification("{}", TopicArn=TOPIC + "2")
    assert call("ses", theirs).post(client, connection).status_code == 403
    ours = notification("{}")
    assert call("ses", ours | {"Message": "{ }"}).post(client, connection).status_code == 403
    other = providers.certificate(rsa.generate_private_key(65537, 2048))
    monkeypatch.setattr(sns, "fetch", lambda address: other)
    monkeypatch.setattr(sns, "certificates", sns.Certificates())
    assert call("ses", ours).post(client, connection).status_code == 403


@pytest.mark.parametrize("signature", ["", "AAAA", base64.b64encode(b"x" * 255).decode(), "A" * 100_000])
def test_what_is_no_signature_costs_no_question_to_amazon(client, amazon, signature):
    message = notification("{}") | {"Signature": signature}
    posted = Call("ses", json.dumps(message).encode()).post(client, connect(BusinessFactory(), "ses"))
    assert posted.status_code == 403
    assert amazon == []


@pytest.mark.parametrize(("status", "answered"), [(404, 403), (403, 403), (500, 503), (302, 503)])
def test_a_certificate_that_does_not_exist_verifies_nothing(client, monkeypatch, status, answered):
    """Of one that Amazon cannot serve just now nobody can tell, so that it is asked to call again."""
    connection = connect(BusinessFactory(), "ses")
    monkeypatch.undo()
    monkeypatch.setattr(sns, "certificates", sns.Certificates())
    monkeypatch.setattr(sns.requests, "get", lambda *args, **kwargs: nullcontext(answer_of(status)))
    assert call("ses", notification("{}")).post(client, connection).status_code == answered
    assert not FeedbackEvent.objects.exists()


def answer_of(status):
    answer = requests.Response()
    answer.status_code, answer.raw = status, HTTPResponse(io.BytesIO(b"Not here."))
    return answer


def test_while_amazon_cannot_be_reached_it_is_asked_to_call_again(client, monkeypatch):
    def no_network(*args, **kwargs):
        raise requests.ConnectionError

    connection = connect(BusinessFactory(), "ses")
    monkeypatch.undo()
    monkeypatch.setattr(sns, "certificates", sns.Certificates())
    monkeypatch.setattr(sns.requests, "get", no_network)
    statuses = {call("ses", notification("{}")).post(client, connection).status_code for _ in range(15)}
    assert statuses == {503}
    assert not FeedbackEvent.objects.exists()


def test_a_subscription_is_confirmed_at_amazon_alone_and_again_when_that_failed(client, amazon):
    connection = connect(BusinessFactory(), "ses")
    address = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y"
    for url in (address, "https://evil.example/?Action=ConfirmSubscription"):
        message = notification("…", kind="SubscriptionConfirmation", Token="y", SubscribeURL=url)
        assert call("ses", message).post(client, connection).status_code == 200
    working.work_due()
    assert amazon == [providers.CERTIFICATE, address]
    states = FeedbackEvent.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["done", "unreadable"]


def test_a_report_with_the_whole_email_in_it_is_taken(client):
    connection = connect(BusinessFactory(), "postmark")
    whole = event("postmark", "complaint", ADA) | {"Content": "x" * 3_000_000}

    assert call("postmark", whole).post(client, connection).status_code == 200
    assert FeedbackEvent.objects.get().state == "pending"


def test_what_is_too_large_to_be_taken_is_said_to_be(client, monkeypatch):
    monkeypatch.setattr(views, "LARGEST", 1_000)
    connection = connect(BusinessFactory(), "postmark")
    whole = event("postmark", "complaint", ADA) | {"Content": "x" * 1_000}

    assert call("postmark", whole).post(client, connection).status_code == 413


def test_brevo_may_send_several_events_at_once(client):
    connection = connect(BusinessFactory(), "brevo")
    body = json.dumps([event("brevo", "complaint", address) for address in (ADA, "bob@example.org")]).encode()

    answer = Call("brevo", body, {"Authorization": f"Bearer {providers.BREVO}"}).post(client, connection)

    assert answer.status_code == 200
    assert FeedbackEvent.objects.filter(state="pending").count() == 2
