"""Keeping what an email provider told us, each event once, before anything is made of it."""

import json
import re
from collections.abc import Sequence

from django.db import connection

from compliance.models import FeedbackEvent
from contacts.ring import ring
from messaging.feedback.splitting import Raw
from messaging.models import Connection

WORK = "messaging.tasks.work_feedback"
# One statement, the clock included: a provider may post by the thousand.
INSERT = """
INSERT INTO compliance_feedbackevent (business_id, connection, esp, seal, provider_id, payload, state, detail,
                                      received_at, due_at, attempts, kind, address, blocked)
SELECT %s, %s, %s, %s, given.provider_id, given.payload,
       CASE given.payload WHEN '' THEN 'unreadable' ELSE 'pending' END,
       CASE given.payload WHEN '' THEN 'It could not be read.' ELSE '' END,
       clock.now, clock.now, 0, '', '', false
  FROM unnest(%s::text[], %s::text[]) AS given (provider_id, payload), (SELECT clock_timestamp() AS now) AS clock
ON CONFLICT (connection, provider_id) DO NOTHING
RETURNING id
"""
NO_SUCH_MAILBOX = re.compile(r"\b5\.1\.1\b")


def store(account: Connection, esp: str, events: Sequence[Raw], *, seal: str = "") -> int:
    """Store the events that are new, and ring for them; how many were.

    An event that cannot be read is kept all the same, for people to look at.
    """
    return _insert(account.business_id, account.pk, esp, seal, events)


def _insert(business: int, account: int, esp: str, seal: str, events: Sequence[Raw]) -> int:
    ids, payloads = [raw.provider_id for raw in events], [raw.payload for raw in events]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [business, account, esp, seal, ids, payloads])
        new = len(cursor.fetchall())
    if new:
        ring(WORK)
    return new


def is_used_otherwise(account: Connection, seal: str, events: Sequence[Raw]) -> bool:
    """Whether this signature has come before with something else than these events."""
    if not seal:
        return False
    known = FeedbackEvent.objects.filter(connection=account.pk, seal=seal)
    before = dict(known.values_list("provider_id", "payload"))
    return bool(before) and any(
        raw.provider_id not in before or (before[raw.provider_id] and before[raw.provider_id] != raw.payload)
        for raw in events
    )


def note_refusal(*, business: int, account: int, message: int, to: str, detail: str) -> None:
    """An email server that says there is no such mailbox while we hand the mail over has reported a hard bounce."""
    if NO_SUCH_MAILBOX.search(detail):
        content = {"message": message, "to": to, "detail": detail[:400]}
        raw = Raw(f"answer:{message}", json.dumps(content, ensure_ascii=True))
        _insert(business, account, "smtp", "", [raw])
