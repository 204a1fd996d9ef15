"""What stood in the way has changed: what it holds is asked about again at once, by the door and by workflows."""

from collections.abc import Collection

from django.db import connection

from contacts import locks
from contacts.ring import ring
from contacts.words import Channel
from messaging import hooks
from messaging.delivery import due
from messaging.models import Lane
from messaging.services.proposing import DELIVER

# Whoever has one of these in its hands makes it due as well, or ends it.
MAKE_DUE = """
UPDATE messaging_message SET due_at = clock_timestamp()
 WHERE id IN (SELECT id FROM messaging_message
               WHERE business_id = %s AND channel = ANY(%s) AND state = 'held' AND rule = ANY(%s)
                 FOR UPDATE SKIP LOCKED)
"""


def hold(business: int, channels: Collection[str]) -> None:
    """Alone with these channels: claims that read what is to change have committed, and later ones read it after us."""
    locks.lock_addresses(business, map(due.connection_key, channels), exclusive=True)


def wake(business: int, channels: Collection[str], rule: str) -> None:
    """Make due what this rule holds on these channels, or a decision that failed. Only for who is alone with them."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE_DUE, [business, list(channels), [rule, "error"]])
    hooks.tell_to_ask_again(business, channels)
    for lane in Lane.values:
        ring(DELIVER, lane)


def hours_changed(business: int) -> None:
    """What waits for permitted hours waits for them as they are now, or not at all."""
    hold(business, Channel.values)
    wake(business, Channel.values, "hours")
