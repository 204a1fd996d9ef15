"""Storing how messages ended, under the locks of their contacts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from contacts import locks, rows
from contacts.actors import Actor
from dnd import services as dnd
from messaging.delivery import telling
from messaging.delivery.states import Ending
from messaging.delivery.telling import Ended

FIRST_ASK = timedelta(seconds=2)
TRIES = 5
"""A contact is merged once, and then perhaps the one that it was merged into."""
STANDING = """
SELECT id, business_id, contact_id, channel, enrollment, step, state, fence, provider_id, lease_until,
       clock_timestamp()
  FROM messaging_message WHERE id = ANY(%s)
"""
WRITE = """
UPDATE messaging_message m
   SET state = coalesce(v.state, m.state),
       reason = coalesce(v.reason, m.reason),
       detail = coalesce(v.detail, m.detail),
       provider_id = CASE WHEN m.provider_id = '' THEN v.provider_id ELSE m.provider_id END,
       called_at = coalesce(m.called_at, v.called_at::timestamptz),
       due_at = coalesce(v.due_at::timestamptz, m.due_at),
       settled_at = CASE WHEN v.state IS NULL THEN m.settled_at WHEN v.state <> 'queued' THEN v.at END,
       ask_at = CASE WHEN v.state IS NULL THEN m.ask_at WHEN v.state = 'unknown' THEN v.ask_at END
  FROM (VALUES %s) AS v (id, state, reason, detail, provider_id, called_at, due_at, at, ask_at)
 WHERE m.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands, read under its contact's lock."""

    id: int
    business: int
    contact: int
    channel: str
    enrollment: int | None
    step: int | None
    state: str
    fence: int
    provider_id: str
    lease_until: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """What was learned of a message. Without an ending its state stays."""

    standing: Standing
    ending: Ending | None
    provider_id: str = ""
    called_at: datetime | None = None
    again_in: float = 0.0


class _Moved(Exception):
    """A message's contact became part of another while its lock was awaited."""


def hold(contacts: Iterable[int], messages: Sequence[int]) -> tuple[dict[int, Standing], datetime]:
    """Lock the contacts, then read the messages and the clock.

    Where a contact has become part of another meanwhile, the locks are given back and taken anew, in order.
    """
    wanted = set(contacts)
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                locks.hold_contacts(wanted)
                standings, at = read(messages)
                moved = {standing.contact for standing in standings.values()}
                if not wanted.issuperset(moved):
                    raise _Moved
                return standings, at
        except _Moved:
            wanted = moved
    raise _Moved


def read(messages: Sequence[int]) -> tuple[dict[int, Standing], datetime]:
    """The messages, at least one, and the clock after their contacts were locked."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(messages)])
        found = cursor.fetchall()
    return {row[0]: Standing(*row[:-1]) for row in found}, max(row[-1] for row in found)


def write(results: Sequence[Result], at: datetime, *, by: Actor) -> None:
    """Store results, stamp the changes of DND that waited for these calls, and tell who has to know.

    The caller holds the contacts' locks.
    """
    if not results:
        return
    rows.update(WRITE, [_row(result, at) for result in results])
    dnd.stamp(sorted({result.standing.contact for result in results}))
    telling.tell([_ended(r.standing, r.ending) for r in results if r.ending], at, by=by)


def _row(result: Result, at: datetime) -> tuple[Any, ...]:
    ending = result.ending
    return (
        result.standing.id,
        ending and ending.state,
        ending and ending.reason[:60],
        ending and ending.detail[:400],
        result.provider_id,
        result.called_at and min(result.called_at, at),
        at + timedelta(seconds=result.again_in) if ending and ending.again else None,
        at,
        at + FIRST_ASK,
    )


def _ended(standing: Standing, ending: Ending) -> Ended:
    return Ended(
        message=standing.id,
        business=standing.business,
        contact=standing.contact,
        channel=standing.channel,
        enrollment=standing.enrollment,
        step=standing.step,
        before=standing.state,
        ending=ending,
    )
