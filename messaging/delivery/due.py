"""What is due: messages in the order in which they were queued, and the locks under which they are looked at."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db import connection

from contacts import locks
from messaging.broadcasting import window
from messaging.models import Broadcast

# A message waits while an older one of its contact, channel and lane is queued, also for another try, or called.
IN_LINE = """
NOT EXISTS (SELECT 1 FROM messaging_message o
             WHERE o.contact_id = m.contact_id AND o.channel = m.channel AND o.lane = m.lane
               AND o.id < m.id AND o.state IN ('queued', 'calling'))
"""
CANDIDATES = f"""
SELECT m.id, m.contact_id, m.business_id, m.channel, m.broadcast_id,
       ARRAY(SELECT ARRAY[p.kind, p.value] FROM contacts_contactpoint p WHERE p.contact_id = m.contact_id)
  FROM messaging_message m
 WHERE m.lane = %s AND m.state IN ('queued', 'held') AND m.due_at <= statement_timestamp() AND {IN_LINE}
 ORDER BY m.due_at, m.id LIMIT %s
"""  # noqa: S608
STILL_DUE = f"""
SELECT m.id, m.contact_id, m.business_id, m.channel, m.message_class, m."to", m.subject, m.body,
       m.withdrawn, m.detail, m.expires_at, m.enrollment, m.step,
       m.broadcast_id, coalesce(b.state, ''), b.window_opens, b.window_closes, z.timezone
  FROM messaging_message m
  LEFT JOIN messaging_broadcast b ON b.id = m.broadcast_id
  LEFT JOIN contacts_business z ON z.id = b.business_id
 WHERE m.id = ANY(%s) AND m.state IN ('queued', 'held') AND m.due_at <= clock_timestamp() AND {IN_LINE}
 ORDER BY m.id
"""  # noqa: S608
NEXT = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp()) FROM messaging_message
 WHERE lane = %s AND state IN ('queued', 'held') AND due_at > statement_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that looked due when nothing was locked, and the addresses that its contact had."""

    id: int
    contact: int
    business: int
    channel: str
    broadcast: int | None
    addresses: list[list[str]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A due message, read under its contact's lock."""

    id: int
    contact: int
    business: int
    channel: str
    message_class: str
    to: str
    subject: str
    body: str
    withdrawn: bool
    detail: str
    expires_at: datetime
    enrollment: int | None
    step: int | None
    broadcast: int | None = None
    broadcast_state: str = ""
    window_opens: time | None = None
    window_closes: time | None = None
    zone: str | None = None

    @property
    def paused(self) -> bool:
        return self.broadcast_state == Broadcast.State.PAUSED

    @property
    def taken_back(self) -> str:
        """Why it is not to be sent any more; empty while it is."""
        if self.broadcast_state == Broadcast.State.CANCELLED:
            return "The broadcast was cancelled."
        return (self.detail or "It was taken back.") if self.withdrawn else ""

    def window_opens_at(self, now: datetime) -> datetime | None:
        """When the daily window of its campaign opens; None while it is open, or there is none."""
        return window.opens_at(
            now, zone=self.zone or "UTC", opens=self.window_opens, closes=self.window_closes
        )


Keys = dict[int, set[locks.AddressKey]]
"""The locked keys, by business."""


def candidates(lane: str, limit: int) -> list[Candidate]:
    """Due messages of a lane, at most one of each contact and channel, the oldest."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [lane, limit])
        first: dict[tuple[int, str], Candidate] = {}
        for row in sorted(cursor.fetchall()):
            first.setdefault((row[1], row[3]), Candidate(*row))
    return list(first.values())


def seconds_to_next(lane: str) -> float | None:
    """How long until the next message of a lane that is not due yet will be; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [lane])
        (seconds,) = cursor.fetchone()
        return None if seconds is None else float(seconds)


def lock_addresses(found: Iterable[Candidate]) -> Keys:
    """Share the addresses of these contacts, the connections and broadcasts: none changes before we commit."""
    keys: Keys = defaultdict(set)
    for candidate in found:
        keys[candidate.business].add(connection_key(candidate.channel))
        if candidate.broadcast:
            keys[candidate.business].add(broadcast_key(candidate.broadcast))
        keys[candidate.business].update((kind, value) for kind, value in candidate.addresses)
    for business in sorted(keys):
        locks.lock_addresses(business, keys[business], exclusive=False)
    return keys


def connection_key(channel: str) -> locks.AddressKey:
    """What a claim shares, and an edit of the connection holds alone. Its place is among the addresses."""
    return ("connection", channel)


def broadcast_key(broadcast: int) -> locks.AddressKey:
    """What a claim shares, and who pauses or cancels the broadcast holds alone."""
    return ("broadcast", str(broadcast))


def still_due(ids: Collection[int]) -> list[Waiting]:
    """Those of these messages that are due, read in a new statement after their contacts were locked."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(STILL_DUE, [list(ids)])
        return [Waiting(*row) for row in cursor.fetchall()]


def lock(found: Sequence[Candidate]) -> tuple[list[Waiting], Keys]:
    """Addresses, then contacts that nobody else holds, then what is still due of them."""
    keys = lock_addresses(found)
    held = set(locks.try_lock_contacts([candidate.contact for candidate in found]))
    due = still_due([candidate.id for candidate in found if candidate.contact in held])
    # One whose contact has become part of another meanwhile is under no lock of ours: it stays due.
    return [message for message in due if message.contact in held], keys
