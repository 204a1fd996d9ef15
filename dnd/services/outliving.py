"""What a provider found out about an address ends for a contact who has that address no more."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from contacts.actors import NO_CAUSE, Actor
from contacts.models import POINT_OF_CHANNEL, ContactPoint
from contacts.words import Source
from dnd import policy
from dnd.models import Ground
from dnd.policy import Wish
from dnd.reasons import rules
from dnd.services import reading, writing
from dnd.services.addresses import Mark, suppressed_among
from dnd.services.reading import Snapshot, Standpoint
from dnd.services.writing import Batch, Draft


@cache
def findings() -> frozenset[str]:
    """Reasons that say something of an address and nothing of the person: bounced, failed, suppressed, unreachable."""
    return frozenset(
        rule.reason
        for rule in rules().values()
        if rule.address_bound and rule.strength == "temporary" and rule.set_by == {Source.PROVIDER.value}
    )


def perhaps_moved(points: Iterable[ContactPoint]) -> set[int]:
    """Contacts with such a ground on a channel for which they have a new address."""
    new = {(point.contact_id, point.kind) for point in points}
    grounds = Ground.objects.outbound().filter(contact__in={pk for pk, _ in new}, reason__in=findings())
    held = grounds.values_list("contact", "channel")
    return {contact for contact, channel in held if (contact, POINT_OF_CHANNEL[channel]) in new}


def end(business: int, contacts: list[int]) -> None:
    """Take such grounds from these contacts, whose locks the caller holds, where no address of theirs bears them out.

    The old address stays suppressed, and what the contact asked for stays with the contact.
    """
    snapshot = reading.read(contacts)
    values = {value for standpoint in snapshot.standpoints.values() for _, value in standpoint.points}
    suppressed = suppressed_among(business, values)
    gone: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for standpoint in snapshot.standpoints.values():
        for channel, reason in _outlived(standpoint, suppressed):
            gone[reason].append((standpoint.contact_id, channel))
    for reason in sorted(gone):
        _write(business, snapshot, reason, gone[reason])


def _outlived(standpoint: Standpoint, suppressed: Mapping[str, set[Mark]]) -> list[tuple[str, str]]:
    return sorted(
        (channel, reason)
        for way, channel, reason in standpoint.position.grounds
        if way == "outbound"
        and reason in findings()
        and not any(
            (channel, value, reason) in suppressed.get(value, ())
            for kind, value in standpoint.points
            if kind == POINT_OF_CHANNEL[channel]
        )
    )


def _write(business: int, snapshot: Snapshot, reason: str, gone: list[tuple[int, str]]) -> None:
    """A line has one reason, so that a contact with two of them gets two lines, one after the other."""
    batch = Batch(business, snapshot.at, Actor(Source.PROVIDER.value, "the address has changed"), NO_CAUSE)
    for contact in dict.fromkeys(contact for contact, _ in gone):
        standpoint = snapshot.standpoints[contact]
        pairs = [(channel, reason) for pk, channel in gone if pk == contact]
        lines = policy.lift(standpoint.position, "outbound", pairs)
        batch.drafts.append(Draft(standpoint, lines, Wish(reason=reason)))
    for contact, changes in writing.write(batch).items():
        snapshot.standpoints[contact].version = changes[-1].version
        snapshot.standpoints[contact].last_hash = changes[-1].hash
