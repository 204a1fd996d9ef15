"""Taking a contact off the Do Not Contact list: entry, grounds and addresses together, and nothing else."""

from collections.abc import Iterable

from django.db import transaction

from contacts import locks
from contacts.actors import NO_CAUSE, Actor
from contacts.models import POINT_OF_CHANNEL, Business
from contacts.services.errors import Conflict
from dnd import policy
from dnd.models import DncEntry, Suppression
from dnd.policy import Refusal, Wish
from dnd.reasons import rules
from dnd.services import addresses, reading, writing
from dnd.services.addresses import Effects, Mark
from dnd.services.dnc_hits import REASON
from dnd.services.errors import Refused
from dnd.services.reading import Snapshot, Standpoint
from dnd.services.writing import Batch, Draft


@transaction.atomic
def lift_entry(*, business: Business, entry: int, by: Actor, note: str) -> DncEntry:
    """Take this entry off the list, with a note that says why.

    Its addresses are free again unless another entry names them; its contact, and whoever else has the addresses, are
    free of this reason where nothing else of the list holds them. Every other reason stays. Raises Refused without the
    role or the note, DncEntry.DoesNotExist, and Conflict when it was lifted before.
    """
    if denied := policy.may_lift(rules()[REASON], source=by.source, role=by.role, note=note):
        raise Refused([Refusal(denied[0], "outbound", "", denied[1])])
    found = DncEntry.objects.filter(business=business).get(pk=entry)
    snapshot = _lock(business.pk, found)
    found = DncEntry.objects.get(pk=entry)
    if found.lifted_at:
        raise Conflict("already_lifted", "This was taken off the list before.")
    DncEntry.objects.filter(pk=entry).update(
        lifted_at=snapshot.at, lifted_by=by.label[:200] or by.source, lift_note=note
    )
    _free(business.pk, found, snapshot, by, note)
    found.refresh_from_db()
    return found


def _lock(business: int, entry: DncEntry) -> Snapshot:
    """Addresses, then whoever has them and the contact, then the entry's own row is safe: only its contact's lock
    holder writes it."""
    kinds = {POINT_OF_CHANNEL[channel] for channel in entry.channels}
    keys = {(kind, address) for kind in kinds for address in entry.addresses}
    keys |= addresses.keys_of(business, [entry.contact_id])
    locks.lock_addresses(business, keys, exclusive=True)
    ids = addresses.holders_of(business, keys) | {entry.contact_id}
    locked = locks.lock_contacts(business, ids)
    return reading.read(locked) if locked else Snapshot(locks.now(), {})


def _free(business: int, entry: DncEntry, snapshot: Snapshot, by: Actor, note: str) -> None:
    effects = Effects(release=_released(business, entry))
    values = {value for standpoint in snapshot.standpoints.values() for _, value in standpoint.points}
    suppressed = addresses.suppressed_among(business, values)
    listed = _still_listed(snapshot.standpoints)
    wish = Wish(reason=REASON, note=note, evidence_ids=(f"dnc:{entry.pk}",))
    batch = Batch(business, snapshot.at, by, NO_CAUSE)
    for standpoint in snapshot.standpoints.values():
        held = _held(standpoint, suppressed, effects) | listed.get(standpoint.contact_id, set())
        mine = (
            entry.channels if standpoint.contact_id == entry.contact_id else _by_address(standpoint, effects)
        )
        pairs = [(channel, REASON) for channel in mine if channel not in held]
        batch.drafts.append(Draft(standpoint, policy.lift(standpoint.position, "outbound", pairs), wish))
    addresses.write(batch, effects)
    writing.write(batch)


def _released(business: int, entry: DncEntry) -> set[Mark]:
    """The suppressions that this entry alone stands behind."""
    standing = Suppression.objects.in_force().filter(
        business=business, reason=REASON, channel__in=entry.channels, address__in=entry.addresses
    )
    marks = set(standing.values_list("channel", "address", "reason"))
    others = DncEntry.objects.in_force().filter(business=business, addresses__overlap=entry.addresses)
    for channels, named in others.exclude(pk=entry.pk).values_list("channels", "addresses"):
        marks -= {(channel, address, REASON) for channel in channels for address in named}
    return marks


def _still_listed(contacts: Iterable[int]) -> dict[int, set[str]]:
    """The channels for which these contacts have an entry of their own in force."""
    listed: dict[int, set[str]] = {}
    entries = DncEntry.objects.in_force().filter(contact__in=list(contacts))
    for contact, channels in entries.values_list("contact_id", "channels"):
        listed.setdefault(contact, set()).update(channels)
    return listed


def _held(standpoint: Standpoint, suppressed: dict[str, set[Mark]], effects: Effects) -> set[str]:
    """Channels on which an address of the contact stays on the list."""
    return {
        channel
        for kind, value in standpoint.points
        for channel, address, reason in suppressed.get(value, ())
        if reason == REASON
        and POINT_OF_CHANNEL[channel] == kind
        and (channel, address, reason) not in effects.release
    }


def _by_address(standpoint: Standpoint, effects: Effects) -> list[str]:
    own = set(standpoint.points)
    return sorted(
        {channel for channel, value, _ in effects.release if (POINT_OF_CHANNEL[channel], value) in own}
    )
