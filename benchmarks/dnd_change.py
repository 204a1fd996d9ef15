"""DND changes a second over REST, beside a bare view on the same server with the same authentication."""

import http.client
import itertools
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from benchmarks import people
from benchmarks.result import Row, more_is_better
from benchmarks.running import Bench
from config.supervisor import program
from config.supervisor.parts import Part
from config.supervisor.ports import free_port
from contacts.services import keys
from dnd import verification

CLIENTS = 8
REQUESTS = 4_000
ROUNDS = 2
KEYS = CLIENTS * 8


def measure(bench: Bench) -> list[Row]:
    owner = people.business("changes")
    ids = people.contacts(owner, CLIENTS * 25)
    # A key may make 6,000 requests a minute; what is measured here is not that limit.
    tokens = [keys.issue(business=owner, role="staff", name=f"bench {n}")[1] for n in range(KEYS)]
    port = free_port()
    bench.start(
        web(port),
        HEED_BASE_URL=f"http://127.0.0.1:{port}",
        ALLOWED_HOSTS="127.0.0.1,localhost",
    )
    ask = {
        "bare": lambda contact, turn: (f"/bare/{contact}/", {"sms": turn}),
        "dnd": lambda contact, turn: (
            f"/api/v1/contacts/{contact}/dnd/",
            {"outbound": {"sms": turn}},
        ),
    }
    rates: dict[str, list[float]] = {"bare": [], "dnd": []}
    for name in ("bare", "dnd"):
        per_second(port, tokens, ids, ask[name], REQUESTS // 10)
    for _ in range(ROUNDS):
        for name, rate in rates.items():
            rate.append(per_second(port, tokens, ids, ask[name], REQUESTS))
    bench.stop()
    if violations := verification.verify(business=owner.pk).violations:
        raise AssertionError(violations[0])
    best = {name: max(rate) for name, rate in rates.items()}
    return [
        more_is_better(
            "dnd_change",
            best["dnd"],
            "requests/s",
            "bare DRF view, three inserts",
            best["bare"],
            0.4,
        )
    ]


def web(port: int) -> Part:
    """The web as `make run` starts it, with the bare view beside."""
    options = f"--worker-class gthread --workers 2 --threads 8 --preload --bind 127.0.0.1:{port}"
    options += " --no-control-socket --graceful-timeout 2 --timeout 60 benchmarks.wsgi"
    part = program.python("web", "gunicorn", *options.split(), grace=3.0)
    return replace(part, ready=lambda: program.status(port, "/healthz") == 200)


def per_second(
    port: int,
    tokens: list[str],
    ids: list[int],
    ask: Callable[[int, bool], tuple[str, object]],
    requests: int,
) -> float:
    """Each client has a connection of its own, kept open, and contacts of its own, so that none waits for another."""

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        own, key = (
            itertools.cycle(ids[number::CLIENTS]),
            itertools.cycle(tokens[number::CLIENTS]),
        )
        for turn in range(requests // CLIENTS):
            path, body = ask(next(own), turn // 25 % 2 == 0)
            headers = {
                "Authorization": f"Bearer {next(key)}",
                "Content-Type": "application/json",
            }
            connection.request("PATCH", path, json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise AssertionError(f"{path} answered {answer.status}: {text[:200]!r}")

    begun = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return requests / (time.monotonic() - begun)
