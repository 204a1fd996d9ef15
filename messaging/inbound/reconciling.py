"""Looking through the provider's list for texts whose webhook never came."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from compliance.models import InboundEvent
from contacts import locks
from messaging.encryption import CannotOpen
from messaging.inbound import storing, twilio_list
from messaging.inbound.twilio_list import Listed, NoAnswer
from messaging.models import Connection

log = logging.getLogger(__name__)

WEBHOOKS_TAKE = timedelta(seconds=60)
"""What is younger may still be told by its webhook, which says more than the list does."""
OVERLAP = timedelta(minutes=30)
"""Read again each time: a provider may list a text late, and its clock may not run like ours."""
PIECE = timedelta(hours=6)
SECONDS = 30.0
"""How long one run goes on to the next piece, or connection."""

TEXTED = ("sms", "whatsapp", "facebook")
BEGIN = """
INSERT INTO messaging_listreading (connection_id, read_until, due_at, problem)
SELECT id, created_at, now(), '' FROM messaging_connection WHERE driver = 'twilio' AND channel = ANY(%s)
    ON CONFLICT DO NOTHING
"""
TAKE = """
UPDATE messaging_listreading r SET due_at = clock_timestamp() + interval '1 minute'
  FROM (SELECT connection_id FROM messaging_listreading WHERE due_at <= clock_timestamp()
         ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS due
 WHERE r.connection_id = due.connection_id RETURNING r.connection_id, r.read_until
"""
DONE = """
UPDATE messaging_listreading
   SET problem = '', read_until = %s, due_at = CASE WHEN %s THEN clock_timestamp() ELSE due_at END
 WHERE connection_id = %s
"""
NOT_DONE = "UPDATE messaging_listreading SET problem = %s WHERE connection_id = %s"


@dataclass(frozen=True, slots=True)
class _Due:
    connection: int
    read_until: datetime


def reconcile() -> int:
    """Read the list of every connection that is due, a minute after the last time; how many texts were new.

    What was not read for long is read piece by piece, the oldest first, and over several runs if need be.
    """
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [list(TEXTED)])
    found, ends_at = 0, time.monotonic() + SECONDS
    while time.monotonic() < ends_at and (due := _take()):
        found += _read(due)
    return found


def _take() -> _Due | None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE)
        row = cursor.fetchone()
    return _Due(*row) if row else None


def _read(due: _Due) -> int:
    """Everything of a piece, or nothing: a list that breaks off is read again from where it began."""
    until = locks.now() - WEBHOOKS_TAKE
    upto = min(until, due.read_until + PIECE)
    try:
        account = Connection.objects.select_related("business").get(pk=due.connection)
        since = due.read_until - OVERLAP
        listed = list(
            twilio_list.received(account.config, channel=account.channel, since=since, before=upto + OVERLAP)
        )
        known = _known(account, [each.sid for each in listed])
        found = sum(
            _store(account, one) for one in listed if one.created_at <= until and one.sid not in known
        )
    except (NoAnswer, CannotOpen, Connection.DoesNotExist) as error:
        problem = f"The provider's list could not be read: {error}"[:400]
        log.warning("Connection %s: %s", due.connection, problem)
        _note(NOT_DONE, [problem, due.connection])
        return 0
    _note(DONE, [upto, upto < until, due.connection])
    return found


def _note(sql: str, values: list[Any]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def _known(account: Connection, sids: Sequence[str]) -> set[str]:
    """Those that came by their webhook, or were found before: nearly all of them."""
    texts = InboundEvent.objects.filter(business=account.business_id, kind=InboundEvent.Kind.MESSAGE)
    return set(texts.filter(provider_id__in=sids).values_list("provider_id", flat=True))


def _store(account: Connection, listed: Listed) -> bool:
    return storing.store(
        account,
        kind=InboundEvent.Kind.MESSAGE.value,
        sid=listed.sid,
        body=listed.form,
        via=InboundEvent.Via.LIST.value,
        said_at=listed.created_at,
    )
