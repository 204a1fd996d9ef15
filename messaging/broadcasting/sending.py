"""Sending a broadcast, and stopping it: for a while, or for good."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from contacts import locks
from contacts.actors import Actor
from contacts.ring import ring
from contacts.services.errors import Conflict, Invalid
from messaging.broadcasting import checking, people, queueing
from messaging.broadcasting.editing import draft, only_managers
from messaging.delivery.due import broadcast_key
from messaging.models import LANE_OF, Broadcast, Pace
from messaging.services.proposing import DELIVER

State = Broadcast.State
A_MINUTE = 60
NOBODY = "Nobody is in this audience: change its filters."


@transaction.atomic
def send(*, broadcast: Broadcast, at: datetime | None = None, by: Actor) -> Broadcast:
    """Send a draft now, or at a time.

    Raises RoleRequired, Conflict when it was sent before, or Invalid: what it says, an audience of nobody, a time
    in the past.
    """
    only_managers(by)
    current = draft(broadcast)
    now = locks.now()
    checking.check(current)
    checking.check_time(at, now)
    if not people.of(current).exists():
        raise Invalid({"audience": NOBODY})
    current.sent_by, current.sent_source = by.label[:200], by.source
    current.state, current.send_at, current.due_at = State.SCHEDULED, at, at or now
    current.save()
    if current.per_minute:
        Pace.objects.create(
            business=current.business, broadcast=current, messages=current.per_minute, seconds=A_MINUTE,
            next_at=now, line_until=now - timedelta(seconds=A_MINUTE) / current.per_minute,
        )  # fmt: skip
    if at is None:
        queueing.begin(current, now)
        ring(queueing.TASK)
    return current


@transaction.atomic
def pause(*, broadcast: Broadcast, by: Actor) -> Broadcast:
    """Hold what has not left. Raises RoleRequired, or Conflict when it is not being sent."""
    current = _alone(broadcast, by)
    _only_while(current, State.SENDING, word="paused")
    return _turn(current, State.PAUSED, due_at=None)


@transaction.atomic
def resume(*, broadcast: Broadcast, by: Actor) -> Broadcast:
    """Go on where it was paused: what was held is due. Raises RoleRequired, or Conflict when it is not paused."""
    current = _alone(broadcast, by)
    _only_while(current, State.PAUSED, word="resumed")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET due_at = clock_timestamp() WHERE broadcast_id = %s AND state = 'held'"
            " AND rule = 'paused'",
            [current.pk],
        )
    ring(DELIVER, LANE_OF[current.kind])
    ring(queueing.TASK)
    return _turn(current, State.SENDING, due_at=locks.now())


@transaction.atomic
def cancel(*, broadcast: Broadcast, by: Actor) -> Broadcast:
    """Send nothing more of it: what has not left when this returns stays unsent.

    Raises RoleRequired, or Conflict when there is nothing left to cancel.
    """
    current = _alone(broadcast, by)
    _only_while(current, State.SCHEDULED, State.SENDING, State.PAUSED, word="cancelled")
    ring(queueing.TASK)
    now = locks.now()
    return _turn(current, State.CANCELLED, due_at=now, finished_at=now)


def _alone(broadcast: Broadcast, by: Actor) -> Broadcast:
    """Alone with it: claims of its messages have committed, and later ones read what becomes of it now."""
    only_managers(by)
    locks.lock_addresses(broadcast.business_id, [broadcast_key(broadcast.pk)], exclusive=True)
    return Broadcast.objects.select_related("business").get(pk=broadcast.pk)


def _only_while(broadcast: Broadcast, *states: str, word: str) -> None:
    if broadcast.state not in states:
        is_now = broadcast.get_state_display().lower()
        raise Conflict(f"not_{states[-1]}", f"It is {is_now}, so it cannot be {word}.")


def _turn(broadcast: Broadcast, state: str, **values: datetime | None) -> Broadcast:
    Broadcast.objects.filter(pk=broadcast.pk).update(state=state, **values)
    broadcast.refresh_from_db()
    return broadcast
