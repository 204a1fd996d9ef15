"""The only way in: every change of DND, by whomever, for one contact or for many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction

from contacts import locks
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.locks import AddressKey
from contacts.models import Business
from contacts.services import merging as merged
from dnd import flags, policy
from dnd.models import Change
from dnd.policy import Refusal, Wish
from dnd.services import addresses, reading, writing
from dnd.services.addresses import Effects
from dnd.services.errors import NoSuchContact, NotAReason, Refused
from dnd.services.reading import Snapshot, Standpoint
from dnd.services.writing import Batch, Draft

BATCH = 500


@dataclass(slots=True)
class Outcome:
    """What a change came to for one contact: its new lines, or why it was refused. Both empty: nothing differed."""

    contact_id: int
    version: int
    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def outcome_of(standpoint: Standpoint, changes: list[Change]) -> Outcome:
    version = changes[-1].version if changes else standpoint.version
    return Outcome(standpoint.contact_id, version, changes)


class _AddressesMoved(Exception):
    """A contact got another address while its lock was awaited: begin again with the new one."""


def change_one(
    *, business: Business, contact: int, wish: Wish, by: Actor, cause: Cause = NO_CAUSE
) -> Outcome:
    """`change` for one contact; raises `Refused` or `NoSuchContact` instead of reporting it."""
    outcomes = change(business=business, contacts=[contact], wish=wish, by=by, cause=cause)
    if not outcomes:
        raise NoSuchContact(NoSuchContact.__doc__)
    if outcomes[0].refusals:
        raise Refused(outcomes[0].refusals)
    return outcomes[0]


def change_many(
    *,
    business: Business,
    contacts: Iterable[int],
    wish: Wish,
    by: Actor,
    cause: Cause = NO_CAUSE,
) -> Iterator[Outcome]:
    """`change` for a set of any size, a transaction for each batch of 500, so that nobody waits long for a lock."""
    ids = iter(contacts)
    while batch := list(islice(ids, BATCH)):
        yield from change(business=business, contacts=batch, wish=wish, by=by, cause=cause)


def change(
    *,
    business: Business,
    contacts: Sequence[int],
    wish: Wish,
    by: Actor,
    cause: Cause = NO_CAUSE,
    causes: Mapping[int, Cause] | None = None,
    address: AddressKey | None = None,
) -> list[Outcome]:
    """Bring DND to what `wish` asks for, in one transaction; asking twice is the same as asking once.

    Stricter is always allowed. A lift without the authority that each standing reason asks for changes
    nothing for that contact, and its Outcome says why. A reason that belongs to addresses also suppresses
    or releases them (`address`, else every address of the contact for the channel) and so reaches
    every contact of the business that holds one. Contacts of another business, or deleted, are left out; for one
    that was merged into another, a block reaches that other.
    `causes`: by contact, what stands behind its change; `cause` stands behind the others'.
    """
    if problem := policy.unfit(wish, source=by.source):
        raise NotAReason(problem)
    done: dict[int, Outcome] = {}
    for attempt in range(5):
        try:
            with transaction.atomic():
                outcomes = _change(business, contacts, wish, by, (cause, causes or {}), address)
        except _AddressesMoved:
            if attempt == 4:
                raise
            continue
        done |= {outcome.contact_id: outcome for outcome in outcomes}
        contacts = _followed(contacts, done, wish)
        if not contacts:
            return list(done.values())
    raise AssertionError("unreachable")


def _followed(contacts: Sequence[int], done: Mapping[int, Outcome], wish: Wish) -> list[int]:
    """Those of whom somebody has become part: what blocks reaches them, and what frees is not carried over."""
    missing = [contact for contact in contacts if contact not in done]
    if not missing or any(wish.frees(way) for way in policy.WAYS) or wish.do_not_contact is False:
        return []
    survivors = merged.survivors(missing)
    return [
        contact for contact in dict.fromkeys(map(survivors.get, missing)) if contact and contact not in done
    ]


def _change(
    business: Business,
    contacts: Sequence[int],
    wish: Wish,
    by: Actor,
    causes: tuple[Cause, Mapping[int, Cause]],
    address: AddressKey | None,
) -> list[Outcome]:
    snapshot = _lock_and_read(business.pk, contacts, wish, address)
    if not snapshot:
        return []
    batch = Batch(business.pk, snapshot.at, by, causes[0], causes=causes[1])
    outcomes, effects = _decide(business, snapshot, contacts, wish, by, address, batch)
    if effects:
        follow_addresses(business.pk, snapshot, effects, wish, batch)
        addresses.write(batch, effects)
    for contact, changes in writing.write(batch).items():
        if contact in outcomes:
            outcomes[contact].changes = changes
            outcomes[contact].version = changes[-1].version
    return list(outcomes.values())


def _lock_and_read(
    business: int, contacts: Sequence[int], wish: Wish, address: AddressKey | None
) -> Snapshot | None:
    """Lock addresses, then contacts, then read: in that order, each in a statement of its own."""
    keys: set[AddressKey] = set()
    ids = set(contacts)
    if addresses.may_reach_addresses(wish):
        keys = addresses.keys_of(business, contacts) | ({address} if address else set())
        locks.lock_addresses(business, keys, exclusive=True)
        ids |= addresses.holders_of(business, keys)
    locked = locks.lock_contacts(business, ids)
    if not locked:
        return None
    snapshot = reading.read(locked)
    mine = (snapshot.standpoints[c] for c in contacts if c in snapshot.standpoints)
    if keys and not all(keys.issuperset(standpoint.points) for standpoint in mine):
        raise _AddressesMoved
    return snapshot


def _decide(
    business: Business,
    snapshot: Snapshot,
    contacts: Sequence[int],
    wish: Wish,
    by: Actor,
    address: AddressKey | None,
    batch: Batch,
) -> tuple[dict[int, Outcome], Effects]:
    """Ask the policy for each contact that was named; collect the drafts and what they mean for addresses."""
    outcomes: dict[int, Outcome] = {}
    effects = Effects()
    for contact in dict.fromkeys(contacts):
        standpoint = snapshot.standpoints.get(contact)
        if standpoint is None:
            continue
        outcome = outcomes[contact] = Outcome(contact, standpoint.version)
        outcome.refusals = refusals(business, standpoint, wish, by)
        if outcome.refusals:
            continue
        draft = Draft(standpoint, policy.plan(standpoint.position, wish), wish)
        batch.drafts.append(draft)
        own = addresses.effects_of(standpoint, draft.lines, wish, address)
        effects.suppress |= own.suppress
        effects.release |= own.release
    return outcomes, effects


def refusals(business: Business, standpoint: Standpoint, wish: Wish, by: Actor) -> list[Refusal]:
    """Why this actor may not bring a contact to what `wish` asks for, channel by channel and for Do Not Contact."""
    position = standpoint.position
    synced = business.preferences_source == Business.PreferencesSource.SYNCED
    found = policy.refusals(position, wish, source=by.source, role=by.role, synced=synced)
    if wish.do_not_contact in (None, position.do_not_contact):
        return found
    denied = flags.switch_denied(business, standpoint.contact_id, by, on=position.do_not_contact)
    return [*found, Refusal(denied[0], "automations", "do_not_contact", denied[1])] if denied else found


def follow_addresses(business: int, snapshot: Snapshot, effects: Effects, wish: Wish, batch: Batch) -> None:
    """Add the drafts of contacts that hold an address which somebody's change suppressed or released."""
    drafted = {draft.standpoint.contact_id: draft for draft in batch.drafts}
    values = {value for standpoint in snapshot.standpoints.values() for _, value in standpoint.points}
    suppressed = addresses.suppressed_among(business, values)
    for contact, standpoint in snapshot.standpoints.items():
        lines = addresses.follow(standpoint, effects, wish, suppressed)
        if not lines:
            continue
        if contact in drafted:
            drafted[contact].lines.extend(lines)
        else:
            batch.drafts.append(Draft(standpoint, lines, wish))
