"""From `recorded` to `effective`: stamp each change once nothing decided before it is being called."""

from collections.abc import Sequence

from django.db import connection, transaction

from contacts import locks
from dnd import hooks
from dnd.models import Effective, Unstamped

PER_TICK = 200


def stamp(contacts: Sequence[int]) -> int:
    """Stamp what can be stamped for these contacts, whose locks the caller holds; how many were."""
    waiting = [
        # A change of somebody who has been merged since waits for what came along, and for nothing newer.
        (pk, contact, version if own == contact else 0, recorded_at)
        for pk, contact, own, version, recorded_at in Unstamped.objects.filter(contact__in=contacts)
        .order_by("change_id")
        .values_list(
            "change_id", "contact_id", "change__contact_id", "change__version", "change__recorded_at"
        )
    ]
    if not waiting:
        return 0
    busy = {
        pk
        for pk, contact, version, recorded_at in waiting
        if contact in hooks.ask_in_flight([(contact, version, recorded_at)])
    }
    free = [pk for pk, *_ in waiting if pk not in busy]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM dnd_unstamped WHERE change_id = ANY(%s) RETURNING change_id)"
            " INSERT INTO dnd_effective (change_id, at) SELECT change_id, clock_timestamp() FROM gone",
            [free],
        )
    return len(free)


def stamp_waiting() -> int:
    """What the tick does: ask again for the changes that a settle could not stamp."""
    ids = list(Unstamped.objects.order_by("change_id").values_list("contact_id", flat=True)[:PER_TICK])
    if not ids:
        return 0
    with transaction.atomic():
        return stamp(locks.try_lock_contacts(ids))


def effective_at(changes: Sequence[int]) -> dict[int, object]:
    """When each of these changes came into force, for those that did."""
    return dict(Effective.objects.filter(change__in=changes).values_list("change_id", "at"))
