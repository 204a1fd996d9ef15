"""Calls whose worker never came back: after the lease, nobody knows what became of them."""

from datetime import datetime

from django.db import connection, transaction

from contacts import locks
from contacts.actors import Actor
from messaging.delivery import writing
from messaging.delivery.limits import MARGIN
from messaging.delivery.states import CALLING, UNKNOWN, Ending
from messaging.delivery.writing import Result, Standing

PER_RUN = 200
LOST = Ending(
    UNKNOWN, "unknown:worker_lost", "The worker was lost during the call, so it may have gone out or not."
)
OVERDUE = """
SELECT id, contact_id FROM messaging_message
 WHERE state = 'calling' AND lease_until < statement_timestamp() - make_interval(secs => %s)
 ORDER BY lease_until LIMIT %s
"""


def reap() -> int:
    """Call what is past its lease unknown, stamp the changes of DND that waited for it; how many there were.

    The contacts that others hold are left for the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, [MARGIN.total_seconds(), PER_RUN])
        overdue = dict(cursor.fetchall())
    if not overdue:
        return 0
    with transaction.atomic(durable=True):
        held = set(locks.try_lock_contacts(list(overdue.values())))
        messages = [pk for pk, contact in overdue.items() if contact in held]
        if not messages:
            return 0
        standings, now = writing.read(messages)
        lost = [one for one in standings.values() if one.contact in held and _is_overdue(one, now)]
        writing.write([Result(standing, LOST) for standing in lost], now, by=Actor.provider("delivery"))
    return len(lost)


def _is_overdue(standing: Standing, now: datetime) -> bool:
    """Asked again under the lock: it may have been settled, or even claimed anew, since it was looked for."""
    lease = standing.lease_until
    return standing.state == CALLING and lease is not None and lease < now - MARGIN
