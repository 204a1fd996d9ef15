"""The provider simulator, run as the program that it is and judged by Twilio's own library."""

import queue
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

ROOT = Path(__file__).resolve().parents[1]
SID, TOKEN = "AC" + "0" * 31 + "1", "a-token"
SENDER, ADA = "+14155550199", "+14155550100"
DEFAULTS = {
    "callbacks": True,
    "callback_delay": 0.0,
    "sms_delay": 0.0,
    "email_delay": 0.0,
    "fail_next": None,
    "smtp_fail_next": None,
}


@dataclass
class Simulator:
    process: subprocess.Popen
    http_port: int
    smtp_port: int
    session: requests.Session = field(default_factory=requests.Session)

    def url(self, path):
        return f"http://127.0.0.1:{self.http_port}{path}"

    def get(self, path, **params):
        return self.session.get(self.url(path), params=params, timeout=10)

    def post(self, path, payload):
        return self.session.post(self.url(path), json=payload, timeout=10)

    def settings(self, **values):
        answer = self.post("/_settings", values)
        assert answer.status_code == 200, answer.text

    def send(self, to=ADA, *, auth=(SID, TOKEN), resource="Messages", timeout=10, **fields):
        form = {"To": to, "From": SENDER, "Body": "Hello", **fields}
        url = self.url(f"/2010-04-01/Accounts/{SID}/{resource}.json")
        return self.session.post(url, data=form, auth=auth, timeout=timeout)

    def call(self, to=ADA, **fields):
        return self.send(to, resource="Calls", Body="", Twiml="<Response/>", **fields)

    def list(self, **params):
        url = self.url(f"/2010-04-01/Accounts/{SID}/Messages.json")
        return self.session.get(url, params=params, auth=(SID, TOKEN), timeout=10).json()

    def kept(self, kind="sms", **params):
        return self.get("/_kept.json", kind=kind, **params).json()

    def smtp(self, timeout=10):
        return smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=timeout)


@contextmanager
def started(*arguments):
    command = [sys.executable, "-m", "messaging.simulator", *arguments]
    with subprocess.Popen(
        [*command, "--http-port", "0", "--smtp-port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        ready = re.fullmatch(r"ready http=(\d+) smtp=(\d+)\n", process.stdout.readline())
        assert ready, process.stderr.read()
        running = Simulator(process, int(ready[1]), int(ready[2]))
        try:
            yield running
        finally:
            running.session.close()
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture(scope="module")
def shared_simulator():
    with started() as running:
        yield running


@pytest.fixture
def simulator(shared_simulator):
    shared_simulator.settings(**DEFAULTS)
    shared_simulator.session.delete(shared_simulator.url("/_kept"), timeout=10)
    return shared_simulator


@dataclass
class Receiver:
    """The sender's side: takes webhooks, and answers them as the test has planned."""

    url: str
    requests: queue.Queue
    answers: list

    def next(self):
        return self.requests.get(timeout=5)


@dataclass
class Webhook:
    url: str
    form: dict
    signature: str
    at: float

    def is_signed(self, token=TOKEN):
        return RequestValidator(token).validate(self.url, self.form, self.signature)


@pytest.fixture
def receiver():
    taken, answers = queue.Queue(), []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(body, keep_blank_values=True))
            url = f"http://{self.headers['Host']}{self.path}"
            taken.put(Webhook(url, form, self.headers["X-Twilio-Signature"], time.time()))
            self.send_response(answers.pop(0) if answers else 204)
            self.end_headers()
            if self.path.startswith("/talks"):
                self.wfile.write(b"<Response/>")

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Receiver(f"http://127.0.0.1:{server.server_port}/hook?m=a%20b%2Fc", taken, answers)
        server.shutdown()
        thread.join()


class Redirected(TwilioHttpClient):
    """Twilio's own client, with the simulator in the place of api.twilio.com."""

    def __init__(self, base):
        super().__init__(timeout=10, pool_connections=False)
        self.base = base

    def request(self, method, url, *args, **kwargs):
        url = url.replace("https://api.twilio.com", self.base)
        return super().request(method, url, *args, **kwargs)


def until(condition, seconds=5):
    """The condition's first true value, asked for again and again."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        if value := condition():
            return value
        pause.wait(0.02)
    raise AssertionError("it did not become true in time")


def mail(to, **headers):
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message["From"] = "shop@example.org"
    message["To"] = to
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Dear Ada\n.\nstop here: https://example.org/u/abc\n")
    message.add_alternative("<p>Dear Ada</p>", subtype="html")
    return message


# Texts


def test_an_accepted_text_is_answered_in_twilios_words(simulator):
    before = time.time()
    answer = simulator.send(Body="Grüße 👋", ValidityPeriod="300")

    assert answer.status_code == 201
    said = answer.json()
    assert re.fullmatch(r"SM[0-9a-f]{32}", said["sid"])
    assert (said["status"], said["to"], said["from"]) == ("queued", ADA, SENDER)
    assert (said["body"], said["num_segments"], said["direction"]) == (
        "Grüße 👋",
        "1",
        "outbound-api",
    )
    assert (said["error_code"], said["error_message"], said["account_sid"]) == (None, None, SID)
    assert said["uri"] == f"/2010-04-01/Accounts/{SID}/Messages/{said['sid']}.json"
    assert abs(parsedate_to_datetime(said["date_created"]).timestamp() - before) < 2

    (kept,) = simulator.kept(to=ADA)
    assert (kept["id"], kept["body"], kept["from"]) == (said["sid"], "Grüße 👋", SENDER)
    assert kept["params"] == [["ValidityPeriod", "300"]]
    assert before <= kept["began_at"] <= kept["received_at"] <= time.time()


def test_twilios_own_client_sends_fetches_and_lists(simulator):
    client = Client(SID, TOKEN, http_client=Redirected(simulator.url("")))
    sent = client.messages.create(to=ADA, from_=SENDER, body="One")
    for number in range(4):
        client.messages.create(to=f"+1415555010{number}", from_=SENDER, body="More")

    assert client.messages(sent.sid).fetch().body == "One"
    assert len(client.messages.list(page_size=2)) == 5
    assert [each.body for each in client.messages.list(to=ADA)] == ["More", "One"]
    assert len(client.messages.list(date_sent_after=sent.date_created)) == 5
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to="+14155551610", from_=SENDER, body="x")
    assert (refused.value.status, refused.value.code) == (400, 21610)
    call = client.calls.create(to=ADA, from_=SENDER, twiml="<Response/>")
    assert call.sid.startswith("CA")
    assert client.calls(call.sid).fetch().to == ADA
    assert len(client.calls.list(to=ADA)) == 1


@pytest.mark.parametrize("auth", [None, (SID, "another-token"), ("ACother", TOKEN), (SID, "")])
def test_a_wrong_token_is_refused(simulator, auth):
    simulator.send()
    answer = simulator.send(auth=auth)

    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }
    assert simulator.get("/_count.json").json()["sms"] == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "4155550100"}, 21211),
        ({"StatusCallback": "/hook"}, 21609),
        ({"StatusCallback": "http://host/a b"}, 21609),
    ],
)
def test_an_incomplete_text_is_refused_with_twilios_code(simulator, fields, code):
    answer = simulator.send(**{"to": fields.pop("To", ADA), **fields})

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert simulator.kept() == []


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        ("1211", 400, 21211),
        ("1610", 400, 21610),
        ("0429", 429, 20429),
        ("0500", 500, 20500),
        ("0503", 503, 20503),
    ],
)
def test_a_magic_number_is_refused(simulator, ending, status, code):
    answer = simulator.send(f"+1415555{ending}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("1" if status == 429 else None)
    assert simulator.kept() == []


def test_an_answer_that_never_comes_belongs_to_an_accepted_text(simulator):
    with pytest.raises(requests.Timeout):
        simulator.send("+14155550999", timeout=0.3)

    (kept,) = simulator.kept(to="+14155550999")
    (listed,) = simulator.list(To="+14155550999")["messages"]
    assert listed["sid"] == kept["id"]


def test_a_connection_closed_without_an_answer_belongs_to_an_accepted_text(simulator):
    with pytest.raises(requests.ConnectionError):
        simulator.send("+14155550998")

    assert len(simulator.kept(to="+14155550998")) == 1


def test_a_slow_answer_comes_after_five_seconds(simulator):
    began = time.monotonic()
    answer = simulator.send("+14155550997")

    assert answer.status_code == 201
    assert 5 <= time.monotonic() - began < 7


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 153, 3),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("👋" * 36, 2),
    ],
)
def test_segments_are_counted_as_carriers_do(simulator, body, segments):
    assert simulator.send(Body=body).json()["num_segments"] == str(segments)


def test_the_list_is_filtered_and_paged_while_messages_arrive(simulator):
    sids = [simulator.send(Body=str(number)).json()["sid"] for number in range(5)]
    page = simulator.list(PageSize=2)
    simulator.send(Body="late")

    seen = [message["sid"] for message in page["messages"]]
    while page["next_page_uri"]:
        url = simulator.url(page["next_page_uri"])
        page = simulator.session.get(url, auth=(SID, TOKEN), timeout=10).json()
        seen += [message["sid"] for message in page["messages"]]
    assert seen == sids[::-1]
    assert simulator.list(From="+14155550000")["messages"] == []
    assert simulator.list(**{"DateSent>": "2999-01-01"})["messages"] == []
    assert len(simulator.list(**{"DateSent<": "2999-01-01T00:00:00Z"})["messages"]) == 6
    assert simulator.list(**{"DateSent>": "yesterday"})["code"] == 20001


def test_another_account_sees_nothing(simulator):
    sid = simulator.send().json()["sid"]
    base = simulator.url("/2010-04-01/Accounts/ACother/Messages")

    other = requests.get(f"{base}/{sid}.json", auth=("ACother", "t"), timeout=10)
    listed = requests.get(f"{base}.json", auth=("ACother", "t"), timeout=10)
    assert (other.status_code, other.json()["code"]) == (404, 20404)
    assert listed.json()["messages"] == []


# Status callbacks


def test_an_accepted_text_is_reported_sent_and_then_delivered(simulator, receiver):
    sid = simulator.send(StatusCallback=receiver.url).json()["sid"]
    sent, delivered = receiver.next(), receiver.next()

    assert sent.is_signed()
    assert delivered.is_signed()
    assert not delivered.is_signed("another-token")
    assert sent.url == receiver.url
    assert sent.form["MessageStatus"] == "sent"
    assert delivered.form == {
        "MessageSid": sid,
        "MessageStatus": "delivered",
        "SmsSid": sid,
        "SmsStatus": "delivered",
        "AccountSid": SID,
        "To": ADA,
        "From": SENDER,
        "ApiVersion": "2010-04-01",
    }
    (kept,) = until(lambda: [each for each in simulator.kept() if len(each["callbacks"]) == 2])
    assert kept["callbacks"] == [
        {"status": "sent", "answer": 204},
        {"status": "delivered", "answer": 204},
    ]
    assert simulator.list()["messages"][0]["status"] == "delivered"


@pytest.mark.parametrize("digit", range(3, 9))
def test_a_carrier_code_comes_with_undelivered(simulator, receiver, digit):
    answer = simulator.send(f"+1415555300{digit}", StatusCallback=receiver.url)
    webhook = receiver.next()

    assert answer.json()["error_code"] is None
    assert webhook.is_signed()
    assert (webhook.form["MessageStatus"], webhook.form["ErrorCode"]) == (
        "undelivered",
        f"3000{digit}",
    )
    assert simulator.list()["messages"][0]["error_code"] == 30000 + digit


def test_a_failed_callback_is_tried_once_more(simulator, receiver):
    receiver.answers[:] = [500, 503, 204]
    simulator.send(StatusCallback=receiver.url)

    statuses = [receiver.next().form["MessageStatus"] for _ in range(3)]
    assert statuses == ["sent", "sent", "delivered"]


def test_a_callback_to_a_closed_port_harms_nobody(simulator, receiver):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        simulator.send(StatusCallback=f"http://127.0.0.1:{unused.getsockname()[1]}/")
        simulator.send(StatusCallback=receiver.url)

        assert receiver.next().form["MessageStatus"] == "sent"


def test_a_callback_can_come_before_the_answer(simulator, receiver):
    simulator.settings(sms_delay=0.5)
    simulator.send(StatusCallback=receiver.url)
    answered_at = time.time()

    assert receiver.next().at < answered_at


def test_callbacks_wait_can_be_turned_off_and_are_forgotten_on_clearing(simulator, receiver):
    simulator.settings(callback_delay=30)
    simulator.send(StatusCallback=receiver.url)
    assert simulator.get("/_settings").json()["callbacks_waiting"] == 1
    simulator.post("/_clear", {})
    assert simulator.get("/_settings").json()["callbacks_waiting"] == 0

    simulator.settings(callback_delay=0, callbacks=False)
    simulator.send(StatusCallback=receiver.url)
    until(lambda: simulator.list()["messages"][0]["status"] == "delivered")
    assert receiver.requests.empty()


def test_many_callbacks_are_sent_by_few_at_a_time(simulator, receiver):
    for _ in range(60):
        simulator.send(StatusCallback=receiver.url)

    taken = [receiver.next() for _ in range(120)]
    assert len({(each.form["MessageSid"], each.form["MessageStatus"]) for each in taken}) == 120


# Calls


def test_a_call_is_kept_and_its_end_reported(simulator, receiver):
    said = simulator.call(StatusCallback=receiver.url).json()
    webhook = receiver.next()

    assert re.fullmatch(r"CA[0-9a-f]{32}", said["sid"])
    assert (said["status"], said["direction"]) == ("queued", "outbound-api")
    assert webhook.is_signed()
    assert (webhook.form["CallSid"], webhook.form["CallStatus"]) == (said["sid"], "completed")
    (kept,) = simulator.kept("call")
    assert (kept["kind"], kept["body"]) == ("call", "<Response/>")
    assert simulator.kept("sms") == []


def test_a_call_that_nobody_answers_ends_so(simulator, receiver):
    events = ["ringing", "answered", "completed"]
    simulator.call("+14155553003", StatusCallback=receiver.url, StatusCallbackEvent=events)

    assert [receiver.next().form["CallStatus"] for _ in range(2)] == ["ringing", "no-answer"]


def test_whoever_is_called_hears_the_words_and_presses_the_key_of_the_number(simulator, receiver):
    twiml = f'<Response><Gather action="{receiver.url}?m=7"><Say>Hello</Say><Say>Press 9.</Say></Gather></Response>'
    simulator.send("+14155550009", resource="Calls", Body="", Twiml=twiml)

    webhook = receiver.next()
    assert webhook.is_signed()
    assert webhook.url.endswith("?m=7")
    pressed = {name: webhook.form[name] for name in ("Digits", "To", "Direction", "CallStatus")}
    assert pressed == {
        "Digits": "9",
        "To": "+14155550009",
        "Direction": "outbound-api",
        "CallStatus": "in-progress",
    }
    until(lambda: simulator.kept("call")[0]["pressed"] == "9")
    assert simulator.kept("call")[0]["said"][0] == "Hello Press 9."


def test_the_words_of_a_call_can_be_fetched(simulator, receiver):
    simulator.send("+14155550100", resource="Calls", Body="", Url=receiver.url)

    webhook = receiver.next()
    assert webhook.is_signed()
    assert webhook.form["CallStatus"] == "in-progress"


def test_a_call_without_a_number_or_words_is_refused(simulator):
    codes = [
        simulator.call("").json()["code"],
        simulator.call(From="").json()["code"],
        simulator.send(resource="Calls").json()["code"],
    ]
    assert codes == [21201, 21213, 21205]


# Inbound


def inbound(receiver, **fields):
    return {
        "account_sid": SID,
        "to": SENDER,
        "from": ADA,
        "body": "STOP",
        "url": receiver.url.replace("/hook", "/talks"),
        **fields,
    }


def test_a_contacts_text_reaches_the_product_signed(simulator, receiver):
    simulator.send()
    receiver.answers[:] = [200]
    answer = simulator.post("/_inbound", inbound(receiver, OptOutType="STOP")).json()
    webhook = receiver.next()

    assert (answer["status"], answer["body"]) == (200, "<Response/>")
    assert webhook.is_signed()
    assert webhook.form["MessageSid"] == answer["sid"]
    assert (webhook.form["From"], webhook.form["To"], webhook.form["Body"]) == (ADA, SENDER, "STOP")
    assert (webhook.form["OptOutType"], webhook.form["SmsStatus"]) == ("STOP", "received")
    listed = simulator.list(From=ADA)["messages"][0]
    assert (listed["sid"], listed["direction"], listed["status"]) == (
        answer["sid"],
        "inbound",
        "received",
    )
    assert simulator.get("/_count.json").json() == {"sms": 1, "email": 0, "call": 0, "http": 0, "inbound": 1}


def test_the_same_text_can_be_delivered_again(simulator, receiver):
    simulator.send()
    first = simulator.post("/_inbound", inbound(receiver)).json()
    again = simulator.post("/_inbound", inbound(receiver, MessageSid=first["sid"])).json()

    assert again["sid"] == first["sid"] == receiver.next().form["MessageSid"]
    assert len(simulator.list(From=ADA)["messages"]) == 1


def test_a_lost_webhook_leaves_the_text_in_the_list_with_its_own_time(simulator, receiver):
    order = inbound(receiver, url=None, date_sent="2026-01-02T03:04:05Z")
    answer = simulator.post("/_inbound", order).json()

    (listed,) = simulator.list(DateSent="2026-01-02")["messages"]
    assert answer["status"] is None
    assert receiver.requests.empty()
    assert (listed["sid"], listed["date_sent"]) == (
        answer["sid"],
        "Fri, 02 Jan 2026 03:04:05 +0000",
    )


def test_a_contacts_call_reaches_the_product(simulator, receiver):
    simulator.send()
    simulator.post("/_inbound", inbound(receiver, kind="call", params={"Digits": "9"}))
    webhook = receiver.next()

    assert webhook.is_signed()
    assert (webhook.form["CallStatus"], webhook.form["Digits"]) == ("ringing", "9")


def test_a_webhook_can_be_signed_with_a_wrong_token(simulator, receiver):
    simulator.post("/_inbound", inbound(receiver, account_sid="ACnew", auth_token="forged"))
    webhook = receiver.next()

    assert webhook.is_signed("forged")
    assert not webhook.is_signed()


@pytest.mark.parametrize(
    "change",
    [
        {"account_sid": "ACunseen"},
        {"from": ""},
        {"body": 7},
        {"url": "ftp://host/"},
        {"kind": "fax"},
        {"params": {"a": 1}},
        {"date_sent": "soon"},
        {"date_sent": 1e300},
        {"colour": "red"},
    ],
)
def test_an_order_that_cannot_be_carried_out_says_which_field(simulator, receiver, change):
    answer = simulator.post("/_inbound", inbound(receiver, **change))

    assert answer.status_code == 400
    assert next(iter(change)) in answer.json()["error"]
    assert simulator.get("/_count.json").json()["inbound"] == 0


# Emails


def test_an_email_is_kept_with_envelope_headers_and_body(simulator):
    before = time.time()
    link = "<https://example.org/u/" + "x" * 80 + ">"
    with simulator.smtp() as smtp:
        smtp.login("any", "password")
        message = mail("Ada <ada@example.org>", List_Unsubscribe=link)
        smtp.send_message(message, "bounces@example.org", ["ada@example.org", "bob@example.org"])

    (kept,) = simulator.kept("email", to="ADA@example.org")
    assert kept == simulator.kept("email", to="bob@example.org")[0]
    assert (kept["from"], kept["to"]) == ("bounces@example.org", "ada@example.org, bob@example.org")
    assert (kept["subject"], kept["headers"]["Subject"]) == ("Grüße", "Grüße")
    assert kept["headers"]["List-Unsubscribe"].strip() == link
    assert kept["body"] == "Dear Ada\n.\nstop here: https://example.org/u/abc\n"
    assert kept["html"].strip() == "<p>Dear Ada</p>"
    assert before <= kept["began_at"] <= kept["received_at"] <= time.time()


def test_a_malformed_email_is_accepted_and_can_be_read(simulator):
    raw = b"Subject: =?nope?b?!!?=\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff\xfe\x00"
    with simulator.smtp() as smtp:
        smtp.ehlo()
        smtp.send(b"MAIL FROM:<\xff@example.org>\r\n")
        assert smtp.getreply()[0] == 250
        smtp.rcpt("b@example.org")
        smtp.data(raw)

    (kept,) = simulator.kept("email")
    assert kept["subject"] == "=?nope?b?!!?="
    assert simulator.get("/").status_code == 200


@pytest.mark.parametrize(
    ("address", "reply"),
    [
        ("bounce511@example.org", (550, b"5.1.1 no such user")),
        ("defer451@example.org", (451, b"4.2.0 try again later")),
    ],
)
def test_a_magic_mailbox_is_refused_at_rcpt(simulator, address, reply):
    with simulator.smtp() as smtp, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.send_message(mail(address))

    assert refused.value.recipients == {address: reply}
    assert simulator.kept("email") == []


def test_a_rejected_message_is_refused_after_data(simulator):
    with simulator.smtp() as smtp, pytest.raises(smtplib.SMTPDataError) as refused:
        smtp.send_message(mail("reject554@example.org"))

    assert refused.value.smtp_code == 554
    assert simulator.kept("email") == []


def test_a_silent_mailbox_has_the_message_all_the_same(simulator):
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        simulator.smtp(timeout=0.3).send_message(mail("hang@example.org"))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        simulator.smtp().send_message(mail("drop@example.org"))

    kept = [each["to"] for each in simulator.kept("email")]
    assert kept == ["drop@example.org", "hang@example.org"]


# Settings, the page, the program


def test_failures_are_made_to_order(simulator):
    simulator.settings(fail_next={"status": 502, "times": 2}, smtp_fail_next={"status": 421, "times": 1})
    assert [simulator.send().status_code for _ in range(3)] == [502, 502, 201]
    with simulator.smtp() as smtp, pytest.raises(smtplib.SMTPRecipientsRefused):
        smtp.send_message(mail("ada@example.org"))

    simulator.settings(fail_next={"status": 500, "times": 1, "code": 20500, "accept": True})
    assert simulator.send(Body="kept").status_code == 500
    assert [each["body"] for each in simulator.kept()] == ["kept", "Hello"]


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"callbacks": "yes"},
        {"callback_delay": -1},
        {"sms_delay": True},
        {"fail_next": {"status": 200, "times": 1}},
        {"fail_next": {"status": 500}},
        {"smtp_fail_next": 3},
        [],
    ],
)
def test_a_wrong_setting_changes_nothing(simulator, change):
    before = simulator.get("/_settings").json()
    payload = {"email_delay": 9, **change} if isinstance(change, dict) else change

    answer = simulator.post("/_settings", payload)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert simulator.get("/_settings").json() == before


def test_orders_come_as_json_only(simulator):
    answer = requests.post(simulator.url("/_settings"), data='{"callbacks": false}', timeout=10)

    assert answer.status_code == 400
    assert simulator.get("/_settings").json()["callbacks"] is True


@pytest.mark.parametrize("body", [b"{", b'{"a":' * 50_000, b'{"from": "\\ud800"}', b"\xff"])
@pytest.mark.parametrize("path", ["/_settings", "/_inbound"])
def test_json_that_cannot_be_read_is_said_so(simulator, path, body):
    headers = {"Content-Type": "application/json"}
    answer = requests.post(simulator.url(path), data=body, headers=headers, timeout=10)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_what_was_kept_is_found_by_kind_time_and_page(simulator):
    first, second, third = (simulator.send(Body=body).json()["sid"] for body in "abc")
    middle = simulator.kept()[1]["received_at"]

    assert [each["id"] for each in simulator.kept(since=repr(middle))] == [third, second]
    assert [each["id"] for each in simulator.kept(limit=1)] == [third]
    assert [each["id"] for each in simulator.kept(before=third, limit=1)] == [second]
    assert [each["id"] for each in simulator.kept(before=second, to=ADA)] == [first]
    assert simulator.kept(to="+14155550001") == []
    for wrong in ({"kind": "fax"}, {"limit": "0"}, {"since": "nan"}):
        assert simulator.get("/_kept.json", **wrong).status_code == 400


def test_the_page_teaches_when_empty_and_escapes_what_it_shows(simulator):
    empty = simulator.get("/").text
    assert "Nothing yet." in empty
    assert "…1610" in empty
    assert "bounce511@…" in empty

    simulator.send(Body="<script>alert(1)</script> https://example.org/u/a?b=1&c=2.")
    with simulator.smtp() as smtp:
        smtp.send_message(mail("ada@example.org"))
    page = simulator.get("/")

    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert '<a href="https://example.org/u/a?b=1&amp;c=2" rel=' in page.text
    assert "Grüße" in page.text
    assert "Nothing yet." not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "No text or call to &lt;b&gt;" in simulator.get("/", to="<b>").text


def test_only_the_newest_are_kept():
    with started("--keep", "3") as running:
        for number in range(5):
            running.send(f"+1415555010{number % 2}", Body=str(number))

        assert [each["body"] for each in running.kept()] == ["4", "3", "2"]
        assert [each["body"] for each in running.kept(to=ADA)] == ["4", "2"]
        assert running.get("/_count.json").json()["sms"] == 5


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_while_connections_wait(ending):
    with started() as running:
        idle = running.smtp()
        with pytest.raises(requests.Timeout):
            running.send("+14155550999", timeout=0.3)
        with socket.create_connection(("127.0.0.1", running.http_port)) as half:
            half.sendall(b"POST / HTTP/1.1\r\n")
            waiting = threading.Thread(target=_swallow, args=(running,))
            waiting.start()
            until(lambda: len(running.kept(to="+14155550999")) == 2)
            began = time.monotonic()
            running.process.send_signal(ending)

            assert running.process.wait(timeout=5) == 0
            assert time.monotonic() - began < 2
            waiting.join()
        idle.close()
        assert running.process.stderr.read() == ""


def _swallow(running):
    url = running.url(f"/2010-04-01/Accounts/{SID}/Messages.json")
    form = {"To": "+14155550999", "From": SENDER, "Body": "Hello"}
    with pytest.raises(requests.ConnectionError):
        requests.post(url, data=form, auth=(SID, TOKEN), timeout=10)


def test_a_port_in_use_is_one_clear_sentence(simulator):
    port = str(simulator.http_port)
    command = [sys.executable, "-m", "messaging.simulator", "--http-port", port, "--smtp-port", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith("The provider simulator cannot start:")
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr


def test_it_stands_alone():
    program = (
        "import sys, messaging.simulator.server; "
        "ours = {'accounts', 'compliance', 'config', 'contacts', 'dnd', 'workflows', 'django'}; "
        "print(ours & {name.partition('.')[0] for name in sys.modules}, "
        "[name for name in sys.modules if name.startswith('messaging.') "
        "and not name.startswith('messaging.simulator')])"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)

    assert ended.stdout == "set() []\n", ended.stderr
