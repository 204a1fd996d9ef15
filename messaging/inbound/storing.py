"""Keeping what a provider told us, once, before anything is made of it."""

import hashlib
import re
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from compliance import carriers
from compliance.models import InboundEvent
from contacts.ring import ring
from dnd.reasons import rules
from messaging.models import Connection

WORK = "messaging.tasks.work_inbound"
SID = re.compile(r"[A-Za-z0-9]{2,64}")

# What was found in the provider's list does not say what the webhook says: OptOutType. If that comes later, it counts.
INSERT = """
INSERT INTO compliance_inboundevent (business_id, connection, kind, provider_id, via, body, said_at,
                                     received_at, state, due_at, attempts, detail)
VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp(), 'pending', clock_timestamp(), 0, '')
ON CONFLICT (business_id, kind, provider_id) DO UPDATE
   SET via = excluded.via, body = excluded.body, state = 'pending', due_at = excluded.due_at
 WHERE compliance_inboundevent.via = 'list' AND excluded.via = 'webhook' AND %s
RETURNING id
"""


def store(
    account: Connection,
    *,
    kind: str,
    sid: str,
    body: bytes,
    via: str = InboundEvent.Via.WEBHOOK.value,
    said_at: datetime | None = None,
    says_more: bool = False,
) -> bool:
    """Store an event if it is new, and ring for it; whether it is to be worked on.

    `says_more`: it may tell more than the same event did when it was found in a list.
    """
    # A signed event without a usable id is known by what it says.
    known_by = sid if SID.fullmatch(sid) else f"sha256:{hashlib.sha256(body).hexdigest()}"
    return _insert((account.business_id, account.pk, kind, known_by, via, body, said_at, says_more))


def store_code(*, business: int, message: int, channel: str, to: str, code: str, via: str) -> bool:
    """Store what a carrier's code about one of our messages says of the number, if it says anything."""
    reason = carriers.reason_of(code)
    if not reason or not rules()[reason].covers("outbound", channel):
        return False
    body = urlencode({"From": to, "Code": code}).encode()
    kind = InboundEvent.Kind.CARRIER.value
    return _insert((business, 0, kind, f"message:{message}:{code}", via, body, None, False))


def _insert(values: tuple[Any, ...]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        is_new = cursor.fetchone() is not None
    if is_new:
        _ring_now_and_then()
    return is_new


EMPTY = """
UPDATE compliance_inboundevent SET body = '', state = 'emptied'
 WHERE id IN (SELECT id FROM compliance_inboundevent
               WHERE state = 'done' AND worked_at < now() - %s * interval '1 day'
               ORDER BY worked_at LIMIT %s)
"""
AT_ONCE = 5_000


def empty_old(*, days: int = 30) -> int:
    """Remove what people wrote from events that were worked on so long ago; that they came stays known. How many."""
    emptied = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(EMPTY, [days, AT_ONCE])
            rows: int = cursor.rowcount
            emptied += rows
            if rows < AT_ONCE:
                return emptied


RING_EVERY = 0.1
_rang_at = -RING_EVERY


def _ring_now_and_then() -> None:
    """Many webhooks at once need one ring: whoever is rung for works until nothing is left, and the tick looks too."""
    global _rang_at
    now = time.monotonic()
    if now - _rang_at >= RING_EVERY:
        _rang_at = now
        ring(WORK)
