"""Changing DND by an address rather than by a contact: what a STOP, a START or an unsubscribe asks for."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from contacts import locks
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import POINT_OF_CHANNEL, Business
from dnd import policy
from dnd.policy import Wish
from dnd.reasons import rules
from dnd.services import addresses, reading, writing
from dnd.services.addresses import Effects
from dnd.services.changing import Outcome, follow_addresses, outcome_of
from dnd.services.errors import NotAReason
from dnd.services.reading import Snapshot
from dnd.services.writing import Batch, Draft


@transaction.atomic
def change_address(
    *,
    business: Business,
    channel: str,
    address: str,
    block: bool,
    by: Actor,
    reason: str = "user_request",
    note: str = "",
    evidence_ids: Sequence[str] = (),
    as_of: datetime | None = None,
    cause: Cause = NO_CAUSE,
) -> list[Outcome]:
    """What an address itself asked for: suppress or release it, for every contact that has it and for those to come.

    Releasing (START) lifts the address's suppressions on the channel as far as this actor may, and every ground of
    the channel of each holder none of whose other addresses is suppressed, all of them or none. Doing either twice
    is the same as doing it once. Works for an address that nobody has. `as_of`: when it was asked for; what
    people and programs have set since then stays.
    """
    key = (POINT_OF_CHANNEL[channel], address)
    wish = Wish(
        outbound={channel: block},
        reason=reason,
        note=note,
        evidence_ids=tuple(evidence_ids),
    )
    if problem := policy.unfit(wish, source=by.source):
        raise NotAReason(problem)
    locks.lock_addresses(business.pk, [key], exclusive=True)
    locked = locks.lock_contacts(business.pk, addresses.holders_of(business.pk, [key]))
    snapshot = reading.read(locked) if locked else Snapshot(locks.now(), {})
    batch = Batch(business.pk, snapshot.at, by, cause)
    if block:
        effects = Effects(suppress={(channel, address, reason)})
        follow_addresses(business.pk, snapshot, effects, wish, batch)
    else:
        effects = _release(business.pk, snapshot, channel, address, wish, batch, as_of)
    addresses.write(batch, effects)
    written = writing.write(batch)
    return [outcome_of(standpoint, written.get(pk, [])) for pk, standpoint in snapshot.standpoints.items()]


def _release(
    business: int,
    snapshot: Snapshot,
    channel: str,
    address: str,
    wish: Wish,
    batch: Batch,
    as_of: datetime | None,
) -> Effects:
    """Draft what freeing an address frees, and say which of its suppressions go."""
    values = {address} | {
        value for standpoint in snapshot.standpoints.values() for _, value in standpoint.points
    }
    suppressed = addresses.suppressed_among(business, values)
    by = batch.by
    newer = addresses.set_since(business, channel, address, as_of)
    release = {
        mark
        for mark in suppressed.get(address, set()) - newer
        if mark[0] == channel
        and not policy.may_lift(rules()[mark[2]], source=by.source, role=by.role, note=wish.note)
    }
    for standpoint in snapshot.standpoints.values():
        others = (
            value
            for kind, value in standpoint.points
            if kind == POINT_OF_CHANNEL[channel] and value != address
        )
        if any(mark[0] == channel for value in others for mark in suppressed.get(value, ())):
            continue
        if policy.refusals(standpoint.position, wish, source=by.source, role=by.role):
            continue
        lines = policy.lift(
            standpoint.position, "outbound", policy.older(standpoint.position, "outbound", channel, as_of)
        )
        batch.drafts.append(Draft(standpoint, lines, wish))
    return Effects(release=release)
