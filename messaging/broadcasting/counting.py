"""How far a broadcast is: counted in its messages by an index, and asked for no more often than that is cheap."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db import connection

from messaging.models import Broadcast, MessageState

COUNT = """
SELECT state, channel, reason, count(*) FROM messaging_message
 WHERE broadcast_id = %s GROUP BY state, channel, reason
"""
STATES = (
    MessageState.QUEUED, MessageState.HELD, MessageState.CALLING, MessageState.SENT, MessageState.DELIVERED,
    MessageState.FAILED, MessageState.UNKNOWN, MessageState.DROPPED,
)  # fmt: skip
CHEAP = 0.05
"""Seconds: what took longer is kept for …"""
SHARE = 20
"""… so many times as long, so that counting takes no more than a twentieth of one processor."""


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
    key = f"broadcast-counts-{broadcast.pk}"
    kept: list[tuple[str, str, str, int]] | None = cache.get(key)
    if kept is None:
        began = time.monotonic()
        kept = _count(broadcast.pk)
        took = time.monotonic() - began
        if took > CHEAP:
            cache.set(key, kept, timeout=took * SHARE)
    return _progress(broadcast, kept)


def _count(broadcast: int) -> list[tuple[str, str, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [broadcast])
        return list(cursor.fetchall())


def _progress(broadcast: Broadcast, counted: list[tuple[str, str, str, int]]) -> Progress:
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
