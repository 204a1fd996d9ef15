"""Messages a second through the door to the provider simulator, beside bare `requests.post` from as many threads."""

import time
from concurrent.futures import ThreadPoolExecutor

import requests
from celery import current_app
from django.db import connection

from benchmarks import people, running
from benchmarks.engine import CONNECTIONS
from benchmarks.result import Row, more_is_better
from benchmarks.running import Bench, wait_until
from config.supervisor import program
from contacts.models import Business
from messaging.models import Connection

MESSAGES = 4_000
POSTS = 3_000
THREADS = 16


def measure(bench: Bench) -> list[Row]:
    simulator = program.Simulator()
    bench.start(simulator.part())
    base = f"http://127.0.0.1:{simulator.http}"
    requests.post(f"{base}/_settings", json={"callbacks": False}, timeout=5).raise_for_status()
    posts = posts_per_second(base)
    messages = messages_per_second(bench, base)
    return [
        more_is_better(
            "delivery",
            messages,
            "messages/s",
            "bare requests.post/s, 16 threads",
            posts,
            0.3,
        )
    ]


def posts_per_second(base: str) -> float:
    account = CONNECTIONS["sms"]["config"]
    url = f"{base}/2010-04-01/Accounts/{account['account_sid']}/Messages.json"
    form = {
        "To": "+14155550100",
        "From": account["from_number"],
        "Body": "Hello Ada, see you on Monday.",
    }

    def post(_: int) -> None:
        requests.post(
            url,
            data=form,
            auth=(account["account_sid"], account["auth_token"]),
            timeout=10,
        ).raise_for_status()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(post, range(THREADS)))
        begun = time.monotonic()
        list(pool.map(post, range(POSTS)))
        return POSTS / (time.monotonic() - begun)


def messages_per_second(bench: Bench, base: str) -> float:
    owner = people.business("delivery")
    ids = people.contacts(owner, MESSAGES)
    Connection.objects.create(business=owner, channel="sms", **CONNECTIONS["sms"])
    people.analyze()
    options = "worker -Q delivery -c 1 -n delivery@bench --without-gossip --without-mingle"
    bench.start(program.celery("worker-delivery", options, grace=8.0, turn=0), HEED_TWILIO_API_BASE=base)
    wait_until(lambda: bool(current_app.control.ping(timeout=0.5)), 60, "the worker's answer")
    _queue(owner, ids)
    begun = wait_until(_ring, 5, "ringing")
    ended = wait_until(lambda: _sent(owner) == MESSAGES, 300, "the last message")
    bench.stop()
    return MESSAGES / (ended - begun)


def _queue(owner: Business, ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO messaging_message (business_id, contact_id, direction, channel, message_class, lane, "to",'
            " subject, body, actor, state, rule, reason, detail, inputs, withdrawn, due_at, expires_at, attempts,"
            " fence, provider_id, created_at)"
            " SELECT p.business_id, p.contact_id, 'outbound', 'sms', 'automation', 'interactive', p.value, '',"
            " 'Hello Ada, see you on Monday.', 'bench', 'queued', '', '', '', '{}', false, now(),"
            " now() + interval '1 day', 0, 0, '', now() FROM contacts_contactpoint p"
            " WHERE p.kind = 'phone' AND p.contact_id = ANY(%s)",
            [ids],
        )


def _ring() -> bool:
    current_app.send_task("messaging.tasks.deliver_lane", ("interactive",))
    return True


def _sent(owner: Business) -> int:
    return running.count(
        "SELECT count(*) FROM messaging_message WHERE business_id = %s AND state = 'sent'",
        owner.pk,
    )
