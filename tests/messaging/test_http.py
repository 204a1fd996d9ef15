"""Endpoints of a business's own, and the chats by Twilio: how they are addressed, signed and answered."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from contacts.models import ContactPoint
from messaging import auditing, delivery, health, network
from messaging.delivery import claims
from messaging.models import Connection
from messaging.providers import http, open_line
from messaging.providers.base import Letter, Lost, NotTaken, Refused, Taken
from tests.factories import ContactFactory
from tests.messaging.conftest import HTTP, PAGE, TWILIO, connect_others, deliver, forward, make_due, queue

SECRET = HTTP["secret"]


class Endpoint(HTTPServer):
    """Answers each request with `status`, and keeps what came."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.headers, self.came = 202, {}, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/messages"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def post(url, body="Grüße", number=7, until=12.0):
    line = open_line("http", {"url": url, "secret": SECRET})
    try:
        letter = Letter(number, 3, "place-1", "", body, channel="gmb")
        return line.send(letter, until=time.monotonic() + until)
    finally:
        line.close()


def test_an_endpoint_is_told_of_a_message_and_can_verify_it(endpoint):
    assert post(endpoint.url) == Taken()

    ((headers, body),) = endpoint.came
    told = Webhook(SECRET).verify(body, headers)
    assert told == {"id": "7", "channel": "gmb", "to": "place-1", "body": "Grüße"}
    assert headers["Content-Type"] == "application/json"


def test_a_second_try_has_the_id_of_the_first(endpoint):
    post(endpoint.url)
    post(endpoint.url)

    assert {headers["webhook-id"] for headers, _ in endpoint.came} == {"7"}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_2xx_means_accepted(endpoint, status):
    endpoint.status = status
    assert isinstance(post(endpoint.url), Taken)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 408, 410, 422])
def test_redirects_and_4xx_are_for_good(endpoint, status):
    endpoint.status, endpoint.headers = status, {"Location": endpoint.url}

    answer = post(endpoint.url)

    assert (type(answer), answer.code) == (Refused, f"http:{status}")
    assert len(endpoint.came) == 1


def test_429_is_tried_again_when_the_endpoint_says(endpoint):
    endpoint.status, endpoint.headers = 429, {"Retry-After": "7"}
    answer = post(endpoint.url)
    assert isinstance(answer, NotTaken)
    assert answer.after == 7


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_5xx_is_unknown(endpoint, status):
    assert isinstance(http.read_answer(status, {}), Lost)


def test_who_never_connected_was_never_called():
    assert post("http://127.0.0.1:1/") == NotTaken(
        "not_connected", "The endpoint could not be reached.", of_connection=True
    )


def test_an_answer_that_breaks_off_is_unknown(endpoint, monkeypatch):
    monkeypatch.setattr(Handler, "do_POST", lambda handler: handler.connection.close())
    assert post(endpoint.url) == Lost(
        "no_answer", "The connection to the endpoint was lost before its answer came."
    )


@pytest.mark.parametrize("headers", [b"Content-Length: 5000000", b"Content-Length: 9", b"X: no length"])
def test_the_status_is_the_answer_whatever_becomes_of_its_body(endpoint, monkeypatch, headers):
    """A body that is long, that breaks off, and one that does not say how long it is."""

    def answer(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n\r\nabc")
        handler.connection.close()

    monkeypatch.setattr(Handler, "do_POST", answer)
    assert post(endpoint.url) == Taken()


def test_a_connection_is_used_again_after_a_short_answer(endpoint, monkeypatch):
    callers = set()

    def answer(handler):
        callers.add(handler.client_address)
        handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    monkeypatch.setattr(Handler, "do_POST", answer)
    monkeypatch.setattr(Handler, "protocol_version", "HTTP/1.1")
    line = open_line("http", {"url": endpoint.url, "secret": SECRET})
    for number in (1, 2):
        letter = Letter(number, 3, "place-1", "", "Hi", channel="gmb")
        assert line.send(letter, until=time.monotonic() + 12) == Taken()
    line.close()

    assert len(callers) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254"])
def test_an_endpoint_in_a_private_network_is_not_called(settings, endpoint, host):
    """The configuration was checked when it was saved; a name may lead elsewhere by now."""
    settings.HEED_ALLOW_PRIVATE_NETWORKS = False

    answer = post(f"http://{host}:{endpoint.server_port}/messages")

    assert answer == Refused("network", str(network.NotAllowed.__doc__), of_connection=True)
    assert endpoint.came == []


def test_the_address_that_was_looked_at_is_the_one_that_is_called(settings, endpoint, monkeypatch):
    """A name that answers otherwise the second time gains nothing: it is not asked a second time."""
    asked = []
    resolve = network.socket.getaddrinfo

    def answers(host, *args, **options):
        asked.append(host)
        return resolve("127.0.0.1", *args, **options)

    monkeypatch.setattr(network.socket, "getaddrinfo", answers)

    assert isinstance(post(f"http://rebinding.example:{endpoint.server_port}/"), Taken)
    assert asked.count("rebinding.example") == 1


def test_a_proxy_of_the_environment_is_not_used(endpoint, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert isinstance(post(endpoint.url), Taken)


def test_a_connection_that_stands_too_late_writes_nothing(endpoint):
    assert isinstance(post(endpoint.url, until=5.0), NotTaken)
    assert endpoint.came == []


def test_the_simulators_endpoint_checks_the_signature(simulator):
    body = json.dumps({"id": "1", "channel": "gmb", "to": "p", "body": "Hi"})
    assert requests.post(f"{simulator.http}/endpoint", data=body, timeout=5).status_code == 401

    assert post(f"{simulator.http}/endpoint", "Grüße 2", number=77) == Taken()
    records = requests.get(f"{simulator.http}/_kept.json?kind=http&to=place-1", timeout=5).json()
    assert [dict(row["params"]) for row in records if row["body"] == "Grüße 2"] == [
        {"id": "77", "channel": "gmb"}
    ]


# Through the door


@pytest.fixture
def contact(business):
    contact = ContactFactory(business=business, phone="+14155558101")
    for kind, value in (("facebook", "9081726354"), ("gmb", "place-1")):
        ContactPoint.objects.create(business=business, contact=contact, kind=kind, value=value)
    return contact


@pytest.mark.django_db
def test_every_channel_really_leaves(business, contact, simulator):
    connect_others(business, url=f"{simulator.http}/endpoint")
    ways = {
        "call": ("call", "+14155558101", TWILIO["from_number"]),
        "whatsapp": ("sms", "whatsapp:+14155558101", f"whatsapp:{TWILIO['from_number']}"),
        "facebook": ("sms", "messenger:9081726354", f"messenger:{PAGE['from_number']}"),
        "gmb": ("http", "place-1", ""),
    }
    messages = {channel: queue(contact, channel=channel, body=f"By {channel}") for channel in ways}

    deliver()

    for channel, (kind, to, sender) in ways.items():
        messages[channel].refresh_from_db()
        found = requests.get(f"{simulator.http}/_kept.json", params={"kind": kind, "to": to}, timeout=5)
        (record,) = [row for row in found.json() if f"By {channel}" in row["body"]]
        assert (messages[channel].state, record["from"]) == ("sent", sender), channel
    assert auditing.run().violations == []


@pytest.mark.django_db
def test_a_post_whose_worker_died_is_unknown_and_never_made_again(business, contact, provider):
    connect_others(business, "gmb")
    message = queue(contact, channel="gmb")
    claims.claim("interactive", 16)
    forward(message, 40)

    assert delivery.reap() == 1
    make_due(pk=message.pk)
    assert deliver() == 0

    message.refresh_from_db()
    assert (message.state, message.reason) == ("unknown", "unknown:worker_lost")
    assert provider.letters == []


@pytest.mark.django_db
def test_a_connection_remembers_how_it_fares(business, contact, endpoint):
    connect_others(business, "gmb", url=endpoint.url)
    queue(contact, channel="gmb")
    deliver()
    account = Connection.objects.get(channel="gmb")
    assert account.worked_at is not None
    assert (account.failed_at, account.failure) == (None, "")

    endpoint.status = 404
    queue(contact, channel="gmb")
    deliver()

    after = Connection.objects.get(channel="gmb")
    assert after.worked_at == account.worked_at
    assert after.failure == "The endpoint refused it with HTTP 404."
    assert after.failed_at > account.worked_at


@pytest.mark.django_db
def test_a_refusal_of_one_message_says_nothing_of_the_connection(business, contact, endpoint):
    connect_others(business, "gmb", url=endpoint.url)
    endpoint.status = 422
    queue(contact, channel="gmb")
    deliver()

    assert health.fares(Connection.objects.get(channel="gmb")) == "new"


@pytest.mark.django_db
def test_what_works_again_is_working_at_once(business, contact, endpoint):
    connect_others(business, "gmb", url=endpoint.url)
    for status, word in ((200, "working"), (403, "failing"), (200, "working"), (403, "failing")):
        endpoint.status = status
        queue(contact, channel="gmb")
        deliver()

        assert health.fares(Connection.objects.get(channel="gmb")) == word
