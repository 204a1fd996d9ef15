"""Grounds with an end: each blocks until its ledger line is written, at most a tick late."""

from collections import defaultdict

from django.db import transaction

from contacts import locks
from contacts.actors import NO_CAUSE, Actor
from dnd import policy
from dnd.models import Ground
from dnd.policy import Wish
from dnd.services import reading, writing
from dnd.services.writing import Batch, Draft

PER_TICK = 500


def end_due() -> int:
    """Take away the grounds whose end has passed; how many contacts they were of."""
    due = Ground.objects.filter(ends_at__lte=locks.now(), contact__deleted_at=None)
    by_business: dict[tuple[int, str, str], set[int]] = defaultdict(set)
    for ground in due.order_by("ends_at")[:PER_TICK]:
        by_business[ground.business_id, ground.source, ground.reason].add(ground.contact_id)
    for (business, source, reason), contacts in by_business.items():
        _end(business, source, reason, contacts)
    return sum(map(len, by_business.values()))


@transaction.atomic
def _end(business: int, source: str, reason: str, contacts: set[int]) -> None:
    locked = locks.lock_contacts(business, contacts)
    if not locked:
        return
    snapshot = reading.read(locked)
    batch = Batch(business, snapshot.at, Actor(source, "end of the pause"), NO_CAUSE)
    wish = Wish(reason=reason)
    for standpoint in snapshot.standpoints.values():
        lines = []
        for direction in policy.WAYS:
            over = [
                (held.channel, held.reason)
                for held in standpoint.position.grounds.values()
                if held.direction == direction
                and held.reason == reason
                and held.ends_at is not None
                and held.ends_at <= snapshot.at
            ]
            lines += policy.lift(standpoint.position, direction, over)
        batch.drafts.append(Draft(standpoint, lines, wish))
    writing.write(batch)
