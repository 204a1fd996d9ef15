"""Working through an audience: batch after batch, each of them whole in the database or not there at all.

A row with `due_at` says that there is more to do. Whoever is killed in the middle of a batch leaves the broadcast
as the batch before it did, and the next tick goes on from there.
"""

import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from contacts import locks, rows
from contacts.ring import ring
from messaging.broadcasting import composing, deciding, people, window
from messaging.broadcasting.deciding import Named
from messaging.delivery import pacing
from messaging.delivery.due import broadcast_key
from messaging.models import LANE_OF, Broadcast, Message
from messaging.models.messages import WAITING
from messaging.services.proposing import DELIVER

TASK = "messaging.tasks.queue_broadcasts"
BATCH = 2_000
WORKING_FOR = 2.0
"""Seconds for which one run works, so that others of its queue have their turn."""
AHEAD = 20_000
"""So many may be queued of one broadcast: what is decided early is decided twice, and a pause has less to hold."""
AHEAD_OF_PACE = 2
"""Minutes' worth of messages that are queued of one with a pace."""
A_MOMENT = timedelta(seconds=1)

State = Broadcast.State


def queue_due() -> int:
    """Do what is due for broadcasts, for a short while; how many batches were queued."""
    ends_at = time.monotonic() + WORKING_FOR
    batches, more = 0, True
    while more and time.monotonic() < ends_at:
        more = False
        for broadcast in _due():
            if _step(broadcast):
                batches, more = batches + 1, True
    if more:
        ring(TASK)
    return batches


def _due() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM messaging_broadcast WHERE due_at <= statement_timestamp() ORDER BY due_at LIMIT 50"
        )
        return [pk for (pk,) in cursor.fetchall()]


def _step(pk: int) -> bool:
    """One batch of one broadcast, or the next thing that it needs; whether there may be more to do at once."""
    business = Broadcast.objects.values_list("business", flat=True).get(pk=pk)
    with transaction.atomic(durable=True):
        # One at a time works on a broadcast, and nobody pauses or cancels it meanwhile.
        locks.lock_addresses(business, [("broadcast queue", str(pk))], exclusive=True)
        locks.lock_addresses(business, [broadcast_key(pk)], exclusive=False)
        broadcast = Broadcast.objects.select_related("business").get(pk=pk)
        now = locks.now()
        if broadcast.due_at is None or broadcast.due_at > now:
            return False
        match broadcast.state:
            case State.SCHEDULED:
                begin(broadcast, now)
                return True
            case State.SENDING if broadcast.decided:
                return _finish(broadcast, now)
            case State.SENDING:
                return _queue(broadcast, now)
            case State.CANCELLED:
                return _take_back(broadcast)
        _store(broadcast, due_at=None)
        return False


def begin(broadcast: Broadcast, now: datetime) -> None:
    """From now on it is being sent: who is in the audience is counted, and who comes later is not in it."""
    newest = people.everybody(broadcast).order_by("-pk").values_list("pk", flat=True).first() or 0
    _store(
        broadcast,
        state=State.SENDING,
        started_at=now,
        due_at=now,
        last_contact=newest,
        total=people.of(broadcast).filter(pk__lte=newest).count(),
    )


def _queue(broadcast: Broadcast, now: datetime) -> bool:
    """Decide on the next batch, unless the window is closed or enough is queued.

    A message of it is called only after a claim that waits for the disk.
    """
    rows.leave_to_the_disk()
    opens_at = window.opens_at(
        now,
        zone=broadcast.business.timezone,
        opens=broadcast.window_opens,
        closes=broadcast.window_closes,
    )
    room = _room(broadcast)
    if opens_at or room <= 0:
        _store(broadcast, due_at=opens_at or now + A_MOMENT)
        return False
    batch = _next(broadcast, min(BATCH, room))
    if not batch:
        _store(broadcast, decided=True, due_at=now + A_MOMENT)
        return False
    reached = _reached_by_merge(broadcast)
    _write(broadcast, [named for named in batch if named.id not in reached])
    _store(broadcast, decided_until=batch[-1].id, due_at=now)
    return True


def _room(broadcast: Broadcast) -> int:
    """How many more may be queued now."""
    most = min(AHEAD, broadcast.per_minute * AHEAD_OF_PACE) if broadcast.per_minute else AHEAD
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM messaging_message WHERE broadcast_id = %s AND state = 'queued'"
            " LIMIT %s) waiting",
            [broadcast.pk, most],
        )
        return most - int(cursor.fetchone()[0])


def _next(broadcast: Broadcast, size: int) -> list[Named]:
    found = people.of(broadcast).filter(pk__gt=broadcast.decided_until, pk__lte=broadcast.last_contact)
    names = found.order_by("pk").values_list("pk", "first_name", "last_name")
    return [Named(*row) for row in names[:size]]


def _reached_by_merge(broadcast: Broadcast) -> set[int]:
    """The contacts that one has become part of whom this broadcast has reached."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact_id FROM messaging_message WHERE broadcast_id = %s AND recipient <> contact_id",
            [broadcast.pk],
        )
        return {pk for (pk,) in cursor.fetchall()}


def _write(broadcast: Broadcast, batch: list[Named]) -> None:
    if not batch:
        return
    reading, recipients = deciding.decide(broadcast, batch)
    with pacing.line(broadcast) as place:
        composing.write(broadcast, reading, recipients, place=place)
    ring(DELIVER, LANE_OF[broadcast.kind])


def _finish(broadcast: Broadcast, now: datetime) -> bool:
    """Everybody has been decided on; it is finished when nothing of it waits or is being handed over."""
    busy = Message.objects.filter(broadcast=broadcast, state__in=[*WAITING, "calling"]).exists()
    if busy:
        _store(broadcast, due_at=now + A_MOMENT)
    else:
        _store(broadcast, state=State.FINISHED, finished_at=now, due_at=None)
    return False


def _take_back(broadcast: Broadcast) -> bool:
    """What a cancelled broadcast has waiting is due now: the door takes it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET due_at = clock_timestamp() WHERE id IN (SELECT id FROM messaging_message"
            " WHERE broadcast_id = %s AND state IN ('queued', 'held') AND due_at > clock_timestamp()"
            " LIMIT %s FOR UPDATE SKIP LOCKED)",
            [broadcast.pk, BATCH],
        )
        later = int(cursor.rowcount)
    ring(DELIVER, LANE_OF[broadcast.kind])
    if later < BATCH:
        _store(broadcast, due_at=None)
    return later == BATCH


def _store(broadcast: Broadcast, **values: object) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(**values)
    for name, value in values.items():
        setattr(broadcast, name, value)
