"""Asking providers what became of messages of which nobody knows. Whatever they answer, nothing is sent again."""

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from compliance.models import InboundEvent
from contacts.actors import Actor
from contacts.words import Channel
from messaging.delivery import states, writing
from messaging.delivery.writing import Result
from messaging.encryption import CannotOpen
from messaging.inbound import storing
from messaging.models import Connection, Message
from messaging.providers import open_line
from messaging.providers.base import Found, Letter

log = logging.getLogger(__name__)

PER_RUN = 20
SECONDS = 4.0
GIVE_UP_AFTER = timedelta(hours=24)
SLACK = timedelta(seconds=5)
"""The provider's clock and ours do not run alike."""
# Each question waits twice as long as the one before it, from five seconds on.
TAKE = """
UPDATE messaging_message m
   SET ask_at = CASE WHEN due.unknown_for < make_interval(secs => %s)
                     THEN statement_timestamp() + greatest(interval '5 seconds', due.unknown_for) END
  FROM (SELECT id, statement_timestamp() - settled_at AS unknown_for FROM messaging_message
         WHERE state = 'unknown' AND ask_at <= statement_timestamp()
         ORDER BY ask_at LIMIT %s FOR UPDATE SKIP LOCKED) AS due
 WHERE m.id = due.id
RETURNING m.id, m.business_id, m.contact_id, m.channel, m."to", m.subject,
          coalesce(nullif(m.sent_body, ''), m.body), m.claimed_at, m.lease_until
"""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message that a provider may have."""

    id: int
    business: int
    contact: int
    channel: str
    to: str
    subject: str
    body: str
    claimed_at: datetime
    lease_until: datetime


def inquire() -> int:
    """Ask about what is due to be asked about, for a few seconds; how many messages are known now."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [GIVE_UP_AFTER.total_seconds(), PER_RUN])
        unknown = [Unknown(*row) for row in cursor.fetchall()]
    ends_at, known = time.monotonic() + SECONDS, 0
    for message in unknown:
        if time.monotonic() > ends_at:
            break
        found = _ask(message)
        if found and len(found) == 1:
            known += _resolve(message, found[0])
    return known


def _ask(message: Unknown) -> Sequence[Found] | None:
    if message.channel == Channel.CALL and _has_a_twin(message):
        # A call in a provider's list says nothing of its text, so it could be either of them.
        return None
    way = Connection.objects.filter(business=message.business, channel=message.channel)
    try:
        account = way.first()
    except CannotOpen as error:
        log.error("Nobody can be asked about message %s: %s", message.id, error)
        return None
    if account is None:
        return None
    letter = Letter(
        message.id, account.pk, message.to, message.subject, message.body, channel=message.channel
    )
    with closing(open_line(account.driver, account.config)) as line:
        found = line.find(letter, since=message.claimed_at - SLACK, before=message.lease_until + SLACK)
    return found and _not_of_others(message, found)


def _has_a_twin(message: Unknown) -> bool:
    """Whether another call to this number, claimed about then, is open or unknown too."""
    others = Message.objects.filter(
        business=message.business,
        channel=message.channel,
        to=message.to,
        state__in=(states.UNKNOWN, states.CALLING),
        claimed_at__lte=message.lease_until + SLACK,
        lease_until__gte=message.claimed_at - SLACK,
    )
    return others.exclude(pk=message.id).exists()


def _not_of_others(message: Unknown, found: Sequence[Found]) -> list[Found]:
    """Without those that are known to be other messages of ours."""
    ids = [each.provider_id for each in found]
    others = Message.objects.filter(provider_id__in=ids).exclude(pk=message.id)
    taken = set(others.values_list("provider_id", flat=True))
    return [each for each in found if each.provider_id not in taken]


def _resolve(message: Unknown, found: Found) -> int:
    """Give the message its true state, unless that was learned in the meantime."""
    with transaction.atomic(durable=True):
        standings, at = writing.hold([message.contact], [message.id])
        standing = standings[message.id]
        if standing.state != states.UNKNOWN or not _not_of_others(message, [found]):
            return 0
        detail = f"The provider could not deliver it ({found.code})." if found.code else ""
        ending = states.after_receipt(
            standing.state, found.state, was_called=True, code=found.code, detail=detail
        )
        result = Result(standing, ending, provider_id=found.provider_id)
        writing.write([result], at, by=Actor.provider("twilio"))
        storing.store_code(
            business=message.business,
            message=message.id,
            channel=message.channel,
            to=message.to,
            code=found.code,
            via=InboundEvent.Via.LIST.value,
        )
        return 1
