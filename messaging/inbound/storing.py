"""Keeping what a provider told us, once, before anything is made of it."""

import hashlib
import re
import time
from datetime import datetime

from django.db import connection

from compliance.models import InboundEvent
from contacts.ring import ring
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
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [account.business_id, account.pk, kind, id_of(sid, body), via, body, said_at, says_more],
        )
        is_new = cursor.fetchone() is not None
    if is_new:
        _ring_now_and_then()
    return is_new


def id_of(sid: str, body: bytes) -> str:
    """The provider's id. A signed event without a usable one is known by what it says."""
    return sid if SID.fullmatch(sid) else f"sha256:{hashlib.sha256(body).hexdigest()}"


RING_EVERY = 0.1
_rang_at = -RING_EVERY


def _ring_now_and_then() -> None:
    """Many webhooks at once need one ring: whoever is rung for works until nothing is left, and the tick looks too."""
    global _rang_at
    now = time.monotonic()
    if now - _rang_at >= RING_EVERY:
        _rang_at = now
        ring(WORK)
