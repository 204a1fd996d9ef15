"""How fast messages leave: turns that every worker takes from the same rows.

Messages to many are given their place in line when they are queued, and the door lets no more of them through than
their pace allows. What people and automations send never waits here, but it counts: the many wait for it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from contacts import rows
from messaging.models import Broadcast, Lane

SAVED_UP = timedelta(seconds=0.25)
"""Turns that nobody took are kept for so long, since the door looks at what is due now and then."""

LOCK = """
SELECT p.id, p.connection_id, p.broadcast_id, p.messages, p.seconds, p.next_at, p.line_until, c.channel
  FROM messaging_pace p LEFT JOIN messaging_connection c ON c.id = p.connection_id
 WHERE p.connection_id = ANY(%s) OR p.broadcast_id = ANY(%s) ORDER BY p.id FOR NO KEY UPDATE OF p {}
"""
KNOWN = """
SELECT id, connection_id, broadcast_id FROM messaging_pace WHERE connection_id = ANY(%s) OR broadcast_id = ANY(%s)
"""
OF_BUSINESS = "SELECT id FROM messaging_connection WHERE business_id = %s"
KEEP = """
UPDATE messaging_pace p SET next_at = v.next_at, line_until = v.line_until
  FROM (VALUES %s) AS v (id, next_at, line_until) WHERE p.id = v.id
"""
LATER = """
UPDATE messaging_message m SET due_at = v.at, expires_at = greatest(m.expires_at, v.at + interval '1 hour')
  FROM (VALUES %s) AS v (id, at) WHERE m.id = v.id
"""


@dataclass(slots=True)
class Turns:
    """A pace while its row is locked. One message may leave each `step`."""

    id: int
    connection: int | None
    broadcast: int | None
    step: timedelta
    next_at: datetime
    line_until: datetime
    channel: str | None

    def ready(self, now: datetime) -> bool:
        """Whether one may leave now."""
        return max(self.next_at, now - SAVED_UP) <= now

    def take(self, now: datetime) -> None:
        self.next_at = max(self.next_at, now - SAVED_UP) + self.step

    def place(self, now: datetime) -> datetime:
        """The next place in line; places are as far apart as messages may leave."""
        self.line_until = max(self.line_until + self.step, now)
        return self.line_until


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message that may leave as far as everything else is concerned."""

    message: int
    connection: int
    broadcast: int | None


def take(lane: str, leaving: Sequence[Leaving], now: datetime) -> tuple[set[int], set[int]]:
    """The messages that may leave now, and those of the bulk lane that were given another place in line.

    The caller holds the locks of their contacts, so nobody is waited for here: while others are at a pace, messages of
    the bulk lane stay as they are, and those of people and automations leave uncounted.
    """
    of = {one.connection for one in leaving}, {one.broadcast for one in leaving if one.broadcast}
    known = _known(*of)
    if not known:
        return {one.message for one in leaving}, set()
    ours = {turns.id: turns for turns in _lock(*of, wait=False)}
    gone, later = set[int](), dict[int, datetime]()
    for one in leaving:
        wanted = known.get(("connection", one.connection), []) + known.get(("broadcast", one.broadcast), [])
        turns = [ours[pk] for pk in wanted if pk in ours]
        if lane != Lane.BULK or (len(turns) == len(wanted) and all(each.ready(now) for each in turns)):
            gone.add(one.message)
            for each in turns:
                each.take(now)
        elif len(turns) == len(wanted):
            later[one.message] = max(each.place(now) for each in turns)
    _keep(list(ours.values()))
    rows.update(LATER, list(later.items()))
    return gone, set(later)


def _known(
    connections: Collection[int], broadcasts: Collection[int]
) -> dict[tuple[str, int | None], list[int]]:
    """The paces of these, by what they are of."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(connections), list(broadcasts)])
        return {("connection", by) if by else ("broadcast", of): [pk] for pk, by, of in cursor.fetchall()}


@contextmanager
def line(broadcast: Broadcast) -> Iterator[Callable[[str, datetime], datetime]]:
    """Gives (channel, now) the time at which the next message of this broadcast on that channel may leave."""
    with connection.cursor() as cursor:
        cursor.execute(OF_BUSINESS, [broadcast.business_id])
        connections = [pk for (pk,) in cursor.fetchall()]
    paces = _lock(connections, [broadcast.pk], wait=True)
    by_channel: dict[str, list[Turns]] = {}

    def place(channel: str, now: datetime) -> datetime:
        own = by_channel.get(channel)
        if own is None:
            own = by_channel[channel] = [turns for turns in paces if turns.channel in (None, channel)]
        return max([turns.place(now) for turns in own], default=now)

    yield place
    _keep(paces)


def _lock(connections: Collection[int], broadcasts: Collection[int], *, wait: bool) -> list[Turns]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK.format("" if wait else "SKIP LOCKED"), [list(connections), list(broadcasts)])
        return [
            Turns(pk, by, of, timedelta(seconds=seconds) / messages, next_at, line_until, channel)
            for pk, by, of, messages, seconds, next_at, line_until, channel in cursor.fetchall()
        ]


def _keep(paces: Sequence[Turns]) -> None:
    rows.update(KEEP, [(turns.id, turns.next_at, turns.line_until) for turns in paces])
