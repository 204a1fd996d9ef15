"""A contact that gains an address gets the ground of a suppressed one, and loses that of one it had, within a tick."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from contacts import locks
from contacts.actors import NO_CAUSE, Actor
from contacts.models import POINT_OF_CHANNEL, ContactPoint
from dnd import policy
from dnd.models import Suppression
from dnd.policy import Wish
from dnd.services import addresses, dnc_hits, outliving, reading, writing
from dnd.services.addresses import Mark, suppressed_among
from dnd.services.writing import Batch, Draft

PER_TICK = 500


def screen_new_addresses() -> int:
    """Hold the newest addresses against the suppressions of their business; how many were looked at."""
    unscreened = ContactPoint.objects.filter(screened=False).order_by("id")[:PER_TICK]
    by_business: dict[int, list[ContactPoint]] = defaultdict(list)
    for point in unscreened:
        by_business[point.business_id].append(point)
    for business, points in by_business.items():
        _screen(business, points)
    return sum(map(len, by_business.values()))


@transaction.atomic
def _screen(business: int, points: list[ContactPoint]) -> None:
    locks.lock_addresses(business, [(p.kind, p.value) for p in points], exclusive=False)
    suppressed = suppressed_among(business, {p.value for p in points})
    addresses.remember(business, suppressed)
    hit = {p.contact_id for p in points if p.value in suppressed}
    moved = outliving.perhaps_moved(points)
    locked = locks.lock_contacts(business, hit | moved)
    if left := [pk for pk in locked if pk in moved]:
        outliving.end(business, left)
    if blocked := [pk for pk in locked if pk in hit]:
        _block(business, blocked, suppressed)
    ContactPoint.objects.filter(pk__in=[p.pk for p in points]).update(screened=True)


def screen(business: int, gained: Iterable[tuple[int, str, str]]) -> set[int]:
    """Hold addresses, each (contact, kind, address), against the suppressions at once; the contacts that got a ground.

    For whoever gives many contacts their addresses: it holds the addresses' keys together with others, then the
    contacts. Nothing is taken from anybody here, not even what a provider found out about an address that is gone.
    """
    gained = list(gained)
    suppressed = suppressed_among(business, {value for _, _, value in gained})
    hit = {contact for contact, _, value in gained if value in suppressed}
    if hit:
        addresses.remember(business, suppressed)
        _block(business, sorted(hit), suppressed)
    return hit


def _block(business: int, contacts: list[int], suppressed: dict[str, set[Mark]]) -> None:
    """One draft per reason: a line has one reason, and its source is whoever suppressed the address first."""
    snapshot = reading.read(contacts)
    sources = dict(
        Suppression.objects.in_force()
        .filter(business=business, address__in=list(suppressed))
        .order_by("-since")
        .values_list("reason", "source")
    )
    reasons = sorted({mark[2] for marks in suppressed.values() for mark in marks})
    for reason in reasons:
        batch = Batch(business, snapshot.at, Actor(sources[reason], "suppression list"), NO_CAUSE)
        wish = Wish(reason=reason)
        for standpoint in snapshot.standpoints.values():
            channels = sorted(
                channel
                for kind, value in standpoint.points
                for channel, _, why in suppressed.get(value, ())
                if why == reason and POINT_OF_CHANNEL[channel] == kind
            )
            lines = policy.block(standpoint.position, "outbound", dict.fromkeys(channels), wish)
            if lines:
                batch.drafts.append(Draft(standpoint, lines, wish))
        if reason == dnc_hits.REASON:
            hits = ((business, draft.standpoint.contact_id, "", "") for draft in batch.drafts)
            dnc_hits.note_hits(hits, snapshot.at)
        for contact, changes in writing.write(batch).items():
            snapshot.standpoints[contact].version = changes[-1].version
            snapshot.standpoints[contact].last_hash = changes[-1].hash
