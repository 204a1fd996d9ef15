"""How far a broadcast is: counted in its messages by an index, and asked for no more often than that is cheap."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db import connection

from messaging.models import Broadcast, MessageState

COUNT = """
SELECT broadcast_id, state, channel, reason, count(*) FROM messaging_message
 WHERE broadcast_id = ANY(%s) GROUP BY broadcast_id, state, channel, reason
"""
STATES = (
    MessageState.QUEUED, MessageState.HELD, MessageState.CALLING, MessageState.SENT, MessageState.DELIVERED,
    MessageState.FAILED, MessageState.UNKNOWN, MessageState.DROPPED,
)  # fmt: skip
CHEAP = 0.05
"""Seconds: what took longer is kept for …"""
SHARE = 20
"""… so many times as long, so that counting takes no more than a twentieth of one processor."""

Counts = list[tuple[str, str, str, int]]
"""(state, channel, reason, how many)"""


@dataclass(frozen=True, slots=True)
class Progress:
    """What has become of the audience so far. `undecided`: nobody has looked at them yet."""

    total: int
    undecided: int
    states: Mapping[str, int]
    dropped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        return self.undecided + sum(self.states[state] for state in ("queued", "held", "calling"))

    @property
    def settled(self) -> int:
        return max(self.total - self.waiting, 0)


def progress(broadcast: Broadcast) -> Progress:
    """Its counts now, or, where there are very many, from a few seconds ago."""
    return progress_of([broadcast])[broadcast.pk]


def progress_of(broadcasts: Sequence[Broadcast]) -> dict[int, Progress]:
    """The same of several, counted together."""
    kept: dict[str, Counts] = cache.get_many([_key(one.pk) for one in broadcasts])
    counts = {one.pk: kept[_key(one.pk)] for one in broadcasts if _key(one.pk) in kept}
    if missing := [one.pk for one in broadcasts if one.pk not in counts]:
        began = time.monotonic()
        counted = _count(missing)
        _keep(counted, time.monotonic() - began)
        counts |= counted
    return {one.pk: _progress(one, counts[one.pk]) for one in broadcasts}


def _key(broadcast: int) -> str:
    return f"broadcast-counts-{broadcast}"


def _count(broadcasts: list[int]) -> dict[int, Counts]:
    counted: dict[int, Counts] = {pk: [] for pk in broadcasts}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [broadcasts])
        for pk, *count in cursor.fetchall():
            counted[pk].append(tuple(count))
    return counted


def _keep(counted: Mapping[int, Counts], took: float) -> None:
    """Each took its share of the time, by how many messages it has."""
    messages = {pk: sum(number for *_, number in counts) for pk, counts in counted.items()}
    everything = sum(messages.values())
    for pk, number in messages.items():
        share = took * number / max(everything, 1)
        if share > CHEAP:
            cache.set(_key(pk), counted[pk], timeout=share * SHARE)


def _progress(broadcast: Broadcast, counted: Counts) -> Progress:
    states: Counter[str] = Counter({state.value: 0 for state in STATES})
    dropped, failed, channels = Counter[str](), Counter[str](), Counter[str]()
    for state, channel, reason, number in counted:
        states[state] += number
        if state == MessageState.DROPPED:
            dropped[reason] += number
        else:
            channels[channel] += number
        if state in (MessageState.FAILED, MessageState.UNKNOWN):
            failed[reason] += number
    known = sum(states.values())
    total = max(broadcast.total or 0, known)
    return Progress(
        total=total,
        undecided=0 if broadcast.decided else total - known,
        states=dict(states),
        dropped=dict(dropped.most_common()),
        failed=dict(failed.most_common()),
        channels=dict(channels),
    )
