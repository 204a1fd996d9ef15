"""One reason of one address: taken back with all that followed from it, or set for many addresses at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from django.db import transaction

from contacts import locks
from contacts.actors import NO_CAUSE, Actor
from contacts.locks import AddressKey
from contacts.models import POINT_OF_CHANNEL, Business
from dnd import policy
from dnd.policy import Refusal, Wish
from dnd.reasons import rules
from dnd.services import addresses, reading, writing
from dnd.services.addresses import Effects, Mark
from dnd.services.changing import BATCH, Outcome, outcome_of
from dnd.services.errors import NotAReason, Refused
from dnd.services.reading import Snapshot, Standpoint
from dnd.services.writing import Batch, Draft


@transaction.atomic
def take_back(
    *,
    business: Business,
    channel: str,
    address: str,
    reason: str,
    by: Actor,
    note: str = "",
    evidence_ids: Sequence[str] = (),
    contacts: Sequence[int] = (),
    reviewed: bool = False,
) -> list[Outcome]:
    """Undo one reason of an address: its suppression goes, and the ground of each holder whom no other address holds.

    Every other reason stays. `contacts` names those who got the ground through the address and have it no more.
    `reviewed`: a person has looked at what was said and found it not to be an opt-out.
    Raises Refused when this actor may neither lift the reason nor was the one to set it.
    """
    if denied := _denied(reason, by, note, reviewed):
        raise Refused([Refusal(denied[0], "outbound", channel, denied[1])])
    key = (POINT_OF_CHANNEL[channel], address)
    locks.lock_addresses(business.pk, [key], exclusive=True)
    ids = addresses.holders_of(business.pk, [key]).union(contacts)
    locked = locks.lock_contacts(business.pk, ids)
    snapshot = reading.read(locked) if locked else Snapshot(locks.now(), {})
    batch = Batch(business.pk, snapshot.at, by, NO_CAUSE)
    wish = Wish(
        outbound={channel: False},
        reason=reason,
        note=note,
        evidence_ids=tuple(evidence_ids),
        reviewed=reviewed,
    )
    effects = Effects(release={(channel, address, reason)})
    values = {value for standpoint in snapshot.standpoints.values() for _, value in standpoint.points}
    suppressed = addresses.suppressed_among(business.pk, values)
    for standpoint in snapshot.standpoints.values():
        if not _held_by_another(standpoint, key, (channel, reason), suppressed):
            lines = policy.lift(standpoint.position, "outbound", [(channel, reason)])
            batch.drafts.append(Draft(standpoint, lines, wish))
    addresses.write(batch, effects)
    written = writing.write(batch)
    return [outcome_of(standpoint, written.get(pk, [])) for pk, standpoint in snapshot.standpoints.items()]


def _held_by_another(
    standpoint: Standpoint, key: AddressKey, pair: tuple[str, str], suppressed: Mapping[str, set[Mark]]
) -> bool:
    """Whether an address of the contact other than this one is suppressed for the same reason on the channel."""
    channel, reason = pair
    others = (value for kind, value in standpoint.points if kind == key[0] and value != key[1])
    return any((channel, value, reason) in suppressed.get(value, ()) for value in others)


def _denied(reason: str, by: Actor, note: str, reviewed: bool) -> tuple[str, str] | None:
    """A provider may not lift what it reported, but it may correct itself."""
    rule = rules()[reason]
    if by.source == "provider" and by.source in rule.set_by:
        return None
    return policy.may_lift(rule, source=by.source, role=by.role, note=note, reviewed=reviewed)


def suppress_many(
    *, business: Business, marks: Iterable[tuple[str, str]], reason: str, by: Actor, note: str = ""
) -> Iterator[int]:
    """Suppress many (channel, address) for one reason, a transaction for each 500; how many of each were new."""
    remaining = iter(dict.fromkeys(marks))
    while some := list(islice(remaining, BATCH)):
        yield _suppress(business, some, reason, by, note)


@transaction.atomic
def _suppress(business: Business, marks: list[tuple[str, str]], reason: str, by: Actor, note: str) -> int:
    for channel in {channel for channel, _ in marks}:
        if problem := policy.unfit(Wish(outbound={channel: True}, reason=reason), source=by.source):
            raise NotAReason(problem)
    keys = {(POINT_OF_CHANNEL[channel], address) for channel, address in marks}
    locks.lock_addresses(business.pk, keys, exclusive=True)
    locked = locks.lock_contacts(business.pk, addresses.holders_of(business.pk, keys))
    snapshot = reading.read(locked) if locked else Snapshot(locks.now(), {})
    batch = Batch(business.pk, snapshot.at, by, NO_CAUSE)
    wanted: set[Mark] = {(channel, address, reason) for channel, address in marks}
    effects = Effects(suppress=wanted - _standing(business.pk, wanted))
    new = len(effects.suppress)
    wish = Wish(reason=reason, note=note)
    for standpoint in snapshot.standpoints.values():
        batch.drafts.append(Draft(standpoint, addresses.follow(standpoint, effects, wish, {}), wish))
    addresses.write(batch, effects)
    writing.write(batch)
    return new


def _standing(business: int, marks: set[Mark]) -> set[Mark]:
    suppressed = addresses.suppressed_among(business, {mark[1] for mark in marks})
    return {mark for mark in marks if mark in suppressed.get(mark[1], ())}
