"""Contacts of an audience decided on and queued a second, beside one raw INSERT … SELECT of the very same rows."""

import time
from typing import Any

from django.db import connection

from benchmarks import people, running
from benchmarks.engine import CONNECTIONS
from benchmarks.result import Row, more_is_better
from benchmarks.running import Bench
from contacts.models import Business
from messaging.broadcasting import editing, queueing, sending
from messaging.models import Broadcast, Connection, Message
from tests.factories import MANAGER

CONTACTS = 30_000
ROUNDS = 2
COPY: dict[str, Any] = {
    "text": "Hello {{contact.first_name}}, flu shots are in. Call {{business.phone}}.",
    "email_subject": "Flu shots are in",
    "email_body": "Dear {{contact.name}}, flu shots are in.",
}


def measure(bench: Bench) -> list[Row]:
    """Of three contacts one may not be texted, so that not all are alike."""
    owner = people.business("audience")
    ids = people.contacts(owner, CONTACTS)
    people.block(owner, ids[::3], "sms")
    for channel, config in CONNECTIONS.items():
        Connection.objects.create(business=owner, channel=channel, **config)
    people.analyze()
    # Nothing is delivered meanwhile, so that all of it has to have room.
    queueing.AHEAD = CONTACTS * 2
    decided, copied = [], []
    for number in range(ROUNDS):
        broadcast, seconds = _send(owner, f"Round {number}")
        decided.append(CONTACTS / seconds)
        copied.append(CONTACTS / _copy(broadcast))
    return [
        more_is_better(
            "audience", max(decided), "contacts/s", "INSERT … SELECT of the same rows", max(copied), 0.25
        )
    ]


def _send(owner: Business, name: str) -> tuple[Broadcast, float]:
    """Decide on everybody and queue their messages, as the worker does; what the counting took is not in it."""
    made = editing.create(business=owner, data={"name": name, **COPY}, by=MANAGER)
    sending.send(broadcast=made, by=MANAGER)
    begun = time.monotonic()
    while not made.decided:
        queueing.queue_due()
        made.refresh_from_db()
    seconds = time.monotonic() - begun
    ways = {
        way: running.count(
            "SELECT count(*) FROM messaging_message WHERE broadcast_id = %s AND state = 'queued' AND channel = %s",
            made.pk,
            way,
        )
        for way in ("sms", "email")
    }
    blocked = -(-CONTACTS // 3)
    if ways != {"sms": CONTACTS - blocked, "email": blocked}:
        raise AssertionError(f"{ways} is not what was asked for")
    return made, seconds


def _copy(broadcast: Broadcast) -> float:
    """The same rows once more, as those of another broadcast: what the database itself takes for them."""
    other = Broadcast.objects.create(business_id=broadcast.business_id, name="Copy")
    columns = [
        field.column for field in Message._meta.concrete_fields if field.column not in ("id", "broadcast_id")
    ]
    names = ", ".join(f'"{column}"' for column in columns)
    begun = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO messaging_message (broadcast_id, {names})"
            f" SELECT %s, {names} FROM messaging_message WHERE broadcast_id = %s",
            [other.pk, broadcast.pk],
        )
    return time.monotonic() - begun
