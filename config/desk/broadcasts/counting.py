"""Counts a large audience a part in each request. How far it is travels with the page, signed, and nothing is kept."""

import time
from typing import Any

from django.core import signing

from messaging.broadcasting import previewing
from messaging.broadcasting.deciding import Named
from messaging.broadcasting.previewing import Count, Group
from messaging.models import Broadcast

SECONDS = 1.5
"""As long as one request counts; the page shows how far it is after each."""


def count_some(broadcast: Broadcast, so_far: str) -> tuple[Count, bool]:
    """Goes on with what `packed` gave, and whether that was all. What was counted for another text begins again."""
    count = _unpacked(broadcast, so_far)
    until = time.monotonic() + SECONDS
    for _ in previewing.batches(broadcast, count):
        if time.monotonic() >= until:
            return count, False
    return count, True


def packed(broadcast: Broadcast, count: Count) -> str:
    groups = [
        [
            group.outcome,
            group.reason,
            group.count,
            [[one.id, one.first_name, one.last_name] for one in group.examples],
        ]
        for group in count.groups.values()
    ]
    return signing.dumps([count.after, count.total, groups], salt=_salt(broadcast), compress=True)


def _unpacked(broadcast: Broadcast, so_far: str) -> Count:
    try:
        after, total, groups = signing.loads(so_far, salt=_salt(broadcast))
    except signing.BadSignature:
        return Count()
    return Count(
        after, total, {(outcome, reason): _group(outcome, reason, *rest) for outcome, reason, *rest in groups}
    )


def _group(outcome: str, reason: str, count: int, examples: list[Any]) -> Group:
    return Group(outcome, reason, count, [Named(*one) for one in examples])


def _salt(broadcast: Broadcast) -> str:
    """Everything that a count is made from, so that a change of any of it makes an older count unreadable."""
    times = (str(broadcast.window_opens), str(broadcast.window_closes))
    audience = (sorted(broadcast.audience.items()), broadcast.include_dead)
    made_from = (broadcast.pk, broadcast.kind, audience, broadcast.copies, broadcast.email_subject, times)
    return f"count of a broadcast {made_from!r}"
