"""Inbound webhooks a second by one web worker, verified and stored, beside a bare view that inserts one row."""

import http.client
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from benchmarks import people
from benchmarks.result import Row, more_is_better
from benchmarks.running import Bench, count
from config.supervisor import program
from config.supervisor.parts import Part
from config.supervisor.ports import free_port
from contacts.actors import Actor
from messaging import services as messaging
from messaging.models import Connection

CLIENTS = 8
REQUESTS = 3_000
ROUNDS = 2
TOKEN = "a-token-of-the-benchmark"
OWNER = Actor("user", "bench", "enterprise")
Request = tuple[str, bytes, dict[str, str]]


def measure(bench: Bench) -> list[Row]:
    owner = people.business("webhooks")
    config = {"account_sid": "AC1", "auth_token": TOKEN, "from_number": "+14155550199"}
    account = messaging.create_connection(
        business=owner, channel="sms", driver="twilio", config=config, by=OWNER
    )
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    bench.start(web(port), HEED_BASE_URL=base, ALLOWED_HOSTS="127.0.0.1,localhost")
    numbers = itertools.count(1)
    rates: dict[str, list[float]] = {"bare": [], "webhook": []}
    for turn in range(1 + ROUNDS):
        for name, rate in rates.items():
            made = [_request(name, owner.pk, account, base, next(numbers)) for _ in range(REQUESTS)]
            found = per_second(port, made)
            # The first round warms up.
            rate += [found] if turn else []
    bench.stop()
    stored = count("SELECT count(*) FROM compliance_inboundevent WHERE connection = %s", account.pk)
    if stored != REQUESTS * (1 + ROUNDS):
        raise AssertionError(f"{stored} webhooks were stored")
    best = {name: max(rate) for name, rate in rates.items()}
    row = more_is_better(
        "inbound_webhooks", best["webhook"], "requests/s", "bare Django view, one insert", best["bare"], 0.5
    )
    return [row]


def web(port: int) -> Part:
    """One worker of the web as `make run` starts it, with the bare view beside."""
    options = f"--worker-class gthread --workers 1 --threads 8 --preload --bind 127.0.0.1:{port}"
    options += " --no-control-socket --graceful-timeout 2 --timeout 60 benchmarks.wsgi"
    part = program.python("web", "gunicorn", *options.split(), grace=3.0)
    return replace(part, ready=lambda: program.status(port, "/healthz") == 200)


def _request(name: str, business: int, account: Connection, base: str, number: int) -> Request:
    """A text as Twilio tells it, each with an id of its own."""
    sid = f"SM{number:032x}"
    form = {
        "ToCountry": "US", "ToState": "CA", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "", "FromZip": "94107",
        "SmsSid": sid, "FromState": "CA", "SmsStatus": "received", "FromCity": "SAN FRANCISCO", "Body": "On my way!",
        "FromCountry": "US", "To": "+14155550199", "ToZip": "", "NumSegments": "1", "MessageSid": sid,
        "AccountSid": "AC1", "From": f"+1415{number % 10**7:07d}", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    path = f"/hooks/twilio/{account.pk}/message" if name == "webhook" else f"/insert/?business={business}"
    signature = RequestValidator(TOKEN).compute_signature(f"{base}{path}", form)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return path, urlencode(form).encode(), headers


def per_second(port: int, made: list[Request]) -> float:
    """Each client keeps a connection of its own open."""

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for path, body, headers in made[number::CLIENTS]:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise AssertionError(f"{path} answered {answer.status}: {text[:200]!r}")

    begun = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return len(made) / (time.monotonic() - begun)
