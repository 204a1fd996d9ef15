"""What providers say, read off the wire: against the simulator, which knows nothing of Heed's code."""

import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from messaging import delivery, network
from messaging.delivery import limits
from messaging.models import Connection, Message
from messaging.providers import open_line, twilio
from messaging.providers.base import Letter, Lost, NotTaken, Refused, Taken
from tests.factories import ContactFactory
from tests.messaging.conftest import TWILIO, deliver, queue, set_smtp


@pytest.fixture
def text(simulator):
    line = open_line("twilio", TWILIO)
    yield lambda to, within=12.0: line.send(Letter(7, 3, to, "", "Hi"), until=time.monotonic() + within)
    line.close()


@pytest.fixture
def email(simulator):
    line = open_line("smtp", {"url": simulator.smtp, "from_email": "hello@clinic.example"})
    yield lambda to, within=12.0, **parts: line.send(
        Letter(7, 3, to, parts.get("subject", "Hi"), parts.get("body", "Hello")),
        until=time.monotonic() + within,
    )
    line.close()


def kept(simulator, kind, to):
    return requests.get(f"{simulator.http}/_kept.json", params={"kind": kind, "to": to}, timeout=5).json()


@pytest.mark.parametrize(
    ("last", "kind", "code"),
    [
        ("0100", Taken, None),
        ("1211", Refused, "21211"),
        ("1610", Refused, "21610"),
        ("0429", NotTaken, "20429"),
        ("0500", Lost, "http:500"),
        ("0503", Lost, "http:503"),
        ("0998", Lost, "no_answer"),
    ],
)
def test_what_twilio_answers(text, last, kind, code):
    answer = text(f"+1415555{last}")

    assert isinstance(answer, kind)
    assert getattr(answer, "code", None) == code


def test_twilio_is_told_where_to_call_back_and_how_long_it_may_wait(text, simulator, settings):
    answer = text("+14155552222")

    (record,) = kept(simulator, "sms", "+14155552222")
    assert record["id"] == answer.provider_id
    assert record["status_callback"] == f"{settings.HEED_BASE_URL}/hooks/twilio/3/status?m=7"
    assert ["ValidityPeriod", "300"] in record["params"]
    settings.HEED_TWILIO_VALIDITY = 60
    text("+14155552223")
    (record,) = kept(simulator, "sms", "+14155552223")
    assert ["ValidityPeriod", "60"] in record["params"]


def test_a_line_goes_on_after_each_kind_of_answer(text):
    for last in ("0500", "0998", "0429", "0100"):
        answer = text(f"+1415555{last}")

    assert isinstance(answer, Taken)


def test_429_says_when_to_come_back(text):
    assert text("+14155550429").after == 1.0


@pytest.mark.parametrize("base", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
def test_who_never_connected_was_never_called(settings, base):
    settings.HEED_TWILIO_API_BASE = base
    line = open_line("twilio", TWILIO)

    answer = line.send(Letter(7, 3, "+14155550100", "", "Hi"), until=time.monotonic() + 12)

    assert answer == NotTaken("not_connected", "Twilio could not be reached.", of_connection=True)
    line.close()


def test_a_connection_that_stands_too_late_writes_nothing(text, simulator):
    requests.delete(f"{simulator.http}/_kept", timeout=5)

    assert isinstance(text("+14155550100", within=twilio.ANSWER_LIMIT - 1), NotTaken)
    assert kept(simulator, "sms", "+14155550100") == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 301])
def test_every_other_refusal_of_twilio_is_for_good(status):
    answer = twilio.read_answer(status, {}, b"not json")

    said = f"Twilio refused it: HTTP {status} (http:{status})."
    assert answer == Refused(f"http:{status}", said, of_connection=status in (401, 403))


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [(400, 21602, False), (400, 21617, False), (400, 21211, False), (401, 20003, True), (400, 21606, True)],
)
def test_a_refusal_is_about_the_connection_or_about_the_message(status, code, ours):
    answer = twilio.read_answer(status, {}, json.dumps({"code": code, "message": "No."}).encode())

    assert (answer.code, answer.of_connection) == (str(code), ours)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"sid": 5}', b'{"sid": "a b"}', b"\xff"])
def test_an_answer_that_cannot_be_read_is_no_answer(body):
    assert isinstance(twilio.read_answer(201, {}, body), Lost)


@pytest.mark.parametrize(("text_", "seconds"), [("7", 7), ("", 0), ("soon", 0), ("-5", 0), ("9" * 400, 0)])
def test_retry_after(text_, seconds):
    assert twilio.read_answer(429, {"Retry-After": text_}, b"").after == seconds


@pytest.mark.parametrize(
    ("mailbox", "kind", "code"),
    [
        ("ada", Taken, None),
        ("bounce511", Refused, "smtp:550"),
        ("reject554", Refused, "smtp:554"),
        ("defer451", NotTaken, "smtp:451"),
        ("drop", Lost, "no_answer"),
    ],
)
def test_what_an_email_server_answers(email, mailbox, kind, code):
    answer = email(f"{mailbox}@example.org")

    assert isinstance(answer, kind)
    assert getattr(answer, "code", None) == code


def test_an_email_arrives_as_it_was_written(email, simulator):
    body = ".hidden dot\n.\nGrüße, 😀 and a very " + "long " * 300 + "line"

    answer = email("exact@example.org", subject="Größe\r\nBcc: x@example.org", body=body)

    (record,) = kept(simulator, "email", "exact@example.org")
    assert record["body"].rstrip("\n").replace("\r\n", "\n") == body
    assert record["subject"] == "Größe Bcc: x@example.org"
    assert record["recipients"] == ["exact@example.org"]
    assert record["headers"]["Message-ID"] == answer.provider_id == "<heed.7.3@clinic.example>"
    assert record["from"] == "hello@clinic.example"


def test_a_server_that_hangs_is_waited_for_until_the_limit_and_no_longer(email):
    started = time.monotonic()

    answer = email("hang@example.org", within=0.6)

    assert isinstance(answer, Lost)
    assert 0.4 < time.monotonic() - started < 2.0


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([b""], NotTaken),
        ([b"421 busy\r\n"], NotTaken),
        ([b"554 go away\r\n"], Refused),
        ([b"220 hi\r\n", b"250 ok\r\n", b""], NotTaken),
        ([b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b""], NotTaken),
        ([b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b""], Lost),
        (
            [b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"451 full\r\n"],
            NotTaken,
        ),
    ],
)
def test_only_the_final_dot_makes_a_lost_answer_unknown(script, expected):
    """A server that answers each command with the next line of its script, then closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_play, args=(listening, script))
        thread.start()
        url = f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        line = open_line("smtp", {"url": url, "from_email": "hello@clinic.example"})
        answer = line.send(Letter(7, 3, "ada@example.org", "Hi", "Hello"), until=time.monotonic() + 5)
        line.close()
        thread.join()

    assert isinstance(answer, expected), answer


def _play(listening, script):
    talking, _ = listening.accept()
    with talking:
        for position, reply in enumerate(script):
            if position:
                heard = talking.recv(65536)
                while (
                    position > 1
                    and script[position - 1].startswith(b"354")
                    and not heard.endswith(b"\r\n.\r\n")
                ):
                    heard += talking.recv(65536)
            talking.sendall(reply)


def test_an_email_server_in_a_private_network_is_not_called(settings, simulator):
    settings.HEED_ALLOW_PRIVATE_NETWORKS = False
    line = open_line("smtp", {"url": simulator.smtp, "from_email": "hello@clinic.example"})

    answer = line.send(Letter(7, 3, "ada@example.org", "Hi", "Hello"), until=time.monotonic() + 5)

    assert answer == Refused("network", str(network.NotAllowed.__doc__), of_connection=True)


@pytest.mark.django_db
def test_texts_and_emails_really_leave(business, simulator):
    contact = ContactFactory(business=business, phone="+14155553333", email="real@example.org")
    set_smtp(business, simulator.smtp)
    text_, email_ = queue(contact, body="A text"), queue(contact, channel="email", body="An email")

    deliver()

    for message, kind, to in ((text_, "sms", "+14155553333"), (email_, "email", "real@example.org")):
        message.refresh_from_db()
        (record,) = kept(simulator, kind, to)
        assert message.state == "sent"
        assert record["body"].strip() == message.body
        # Our upper bound of when the call began, and theirs of when they saw it.
        assert message.claimed_at.timestamp() <= message.called_at.timestamp() <= record["received_at"] + 0.05


@pytest.mark.django_db
def test_twilio_is_asked_about_what_is_unknown_and_nothing_is_sent_twice(business, simulator, told):
    contact = ContactFactory(business=business, phone="+14155550998")
    message = queue(contact, body=f"Unique {time.time()}", enrollment=1, step=0)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.reason) == ("unknown", "unknown:no_answer")

    Message.objects.filter(pk=message.pk).update(ask_at=message.settled_at)
    assert delivery.inquire() == 1

    message.refresh_from_db()
    (record,) = [r for r in kept(simulator, "sms", "+14155550998") if r["body"] == message.body]
    assert message.provider_id == record["id"]
    assert message.state in ("sent", "delivered")
    assert told == [(message.pk, "unknown"), (message.pk, "done")]


@pytest.mark.django_db
@pytest.mark.parametrize("there", ["none", "two alike", "one of another message"])
def test_what_cannot_be_told_apart_stays_unknown_and_is_asked_about_later(business, simulator, there):
    number = f"+1415555777{len(there) % 10}"
    message = unknown(business, number)
    sids = [accepted(number, "The same") for _ in range({"none": 0, "two alike": 2}.get(there, 1))]
    if there == "one of another message":
        Message.objects.filter(pk=queue(ContactFactory(business=business)).pk).update(provider_id=sids[0])

    assert delivery.inquire() == 0

    asked_at = message.ask_at
    message.refresh_from_db()
    assert message.state == "unknown"
    assert message.ask_at >= asked_at + timedelta(seconds=5)


@pytest.mark.django_db
def test_a_message_is_told_from_another_of_ours_that_is_alike(business, simulator):
    message = unknown(business, "+14155556661")
    of_another, its_own = (accepted("+14155556661", "The same") for _ in range(2))
    Message.objects.filter(pk=queue(ContactFactory(business=business)).pk).update(provider_id=of_another)

    assert delivery.inquire() == 1

    message.refresh_from_db()
    assert message.provider_id == its_own


def unknown(business, number):
    """A message of which nobody knows, and about which it is time to ask."""
    message = queue(ContactFactory(business=business, phone=number), body="The same")
    now = datetime.now(UTC)
    Message.objects.filter(pk=message.pk).update(
        state="unknown", claimed_at=now, lease_until=now + limits.LEASE, settled_at=now, ask_at=now
    )
    message.refresh_from_db()
    return message


def accepted(number, body):
    line = open_line("twilio", TWILIO)
    answer = line.send(Letter(1, 1, number, "", body), until=time.monotonic() + 12)
    line.close()
    return answer.provider_id


@pytest.mark.django_db
def test_nobody_is_asked_for_ever(contact):
    message = queue(contact)
    old = datetime.now(UTC) - timedelta(hours=25)
    Message.objects.filter(pk=message.pk).update(
        state="unknown", claimed_at=old, lease_until=old, settled_at=old, ask_at=old
    )
    Connection.objects.all().delete()

    delivery.inquire()

    message.refresh_from_db()
    assert (message.state, message.ask_at) == ("unknown", None)
