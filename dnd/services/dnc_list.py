"""Putting contacts on the Do Not Contact list: their grounds, their addresses, and an entry that says how it came."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from contacts import locks, rows
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import POINT_OF_CHANNEL, Business, ContactPoint
from contacts.words import OUTBOUND_CHANNELS
from dnd.models import DncEntry
from dnd.policy import Wish
from dnd.services import addresses, changing, taking_back
from dnd.services.changing import Outcome, change

REASON = "dnc_list"
Part = tuple[str, str]
"""(channel, address); the address is empty where only the contact is meant."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What came of putting one contact on the list. `entry` is None when everything asked for was there already."""

    contact_id: int
    entry: int | None
    outcome: Outcome


def change_one(
    *, business: Business, contact: int, wish: Wish, by: Actor, cause: Cause = NO_CAUSE
) -> Outcome:
    """`change` for one contact; raises `Refused` or `NoSuchContact` instead of reporting it.

    What is blocked for the list's reason is entered on the list, whatever asked for it.
    """
    listed = wish.blocks("outbound") if wish.reason == REASON else ()
    if not listed:
        return changing.change_one(business=business, contact=contact, wish=wish, by=by, cause=cause)
    with transaction.atomic():
        outcome = changing.change_one(business=business, contact=contact, wish=wish, by=by, cause=cause)
        add_to_dnc(
            business=business,
            contacts=[outcome.contact_id],
            channels=listed,
            by=by,
            cause=cause,
            note=wish.note,
        )
    return outcome


@transaction.atomic
def add_to_dnc(
    *,
    business: Business,
    contacts: Sequence[int],
    channels: Iterable[str],
    by: Actor,
    cause: Cause = NO_CAUSE,
    causes: Mapping[int, Cause] | None = None,
    action: str = "",
    note: str = "",
    evidence_ids: Sequence[str] = (),
) -> list[Listed]:
    """Put contacts on the list for these channels, until it is lifted; asking twice is the same as asking once.

    Their channels are blocked for the reason `dnc_list`, and every address that they have for these channels is
    suppressed for the business, so that whoever else has it, now or later, is stopped too. `action`: what put them
    there, in words. Contacts of another business, or deleted, are left out.
    """
    wanted = [channel for channel in OUTBOUND_CHANNELS if channel in set(channels)]
    wish = Wish(
        outbound=dict.fromkeys(wanted, True), reason=REASON, note=note, evidence_ids=tuple(evidence_ids)
    )
    outcomes = change(business=business, contacts=contacts, wish=wish, by=by, cause=cause, causes=causes)
    asked = _parts([outcome.contact_id for outcome in outcomes], wanted)
    _suppress_the_rest(business, asked, by, note)
    entries = _write(business.pk, asked, by, action, note)
    return [Listed(outcome.contact_id, entries.get(outcome.contact_id), outcome) for outcome in outcomes]


def _parts(contacts: Sequence[int], channels: Sequence[str]) -> dict[int, set[Part]]:
    """What being on the list means for each contact: its channels, and its addresses on them."""
    parts: dict[int, set[Part]] = {contact: {(channel, "") for channel in channels} for contact in contacts}
    points = ContactPoint.objects.filter(contact__in=contacts).values_list("contact_id", "kind", "value")
    for contact, kind, value in points:
        parts[contact].update((channel, value) for channel in channels if POINT_OF_CHANNEL[channel] == kind)
    return parts


def _suppress_the_rest(business: Business, asked: Mapping[int, set[Part]], by: Actor, note: str) -> None:
    """Addresses that a contact got after its ground had come were not suppressed with it: now they are.

    The change has locked all of them already, and their holders.
    """
    marks = {part for parts in asked.values() for part in parts if part[1]}
    standing = addresses.suppressed_among(business.pk, {address for _, address in marks})
    known = {(channel, a) for found in standing.values() for channel, a, reason in found if reason == REASON}
    for _ in taking_back.suppress_many(
        business=business, marks=sorted(marks - known), reason=REASON, by=by, note=note
    ):
        pass


def _write(
    business: int, asked: Mapping[int, set[Part]], by: Actor, action: str, note: str
) -> dict[int, int]:
    """An entry for each contact for which it says something new; their ids by contact."""
    covered = _covered(asked)
    new = {contact: parts - covered[contact] for contact, parts in asked.items()}
    at = locks.now()
    written = rows.insert(
        DncEntry,
        ("business_id", "contact_id", "channels", "addresses", "action", "source", "actor", "note", "at"),
        [
            (
                business, contact, [c for c in OUTBOUND_CHANNELS if c in {channel for channel, _ in parts}],
                sorted({address for _, address in parts if address}), action[:200], by.source, by.label[:200], note, at,
            )
            for contact, parts in sorted(new.items())
            if parts
        ],
        returning="contact_id, id",
    )  # fmt: skip
    return dict(written)


def _covered(contacts: Iterable[int]) -> dict[int, set[Part]]:
    """What the entries in force say of each of these contacts."""
    covered: dict[int, set[Part]] = defaultdict(set)
    entries = DncEntry.objects.in_force().filter(contact__in=list(contacts))
    for contact, channels, listed in entries.values_list("contact_id", "channels", "addresses"):
        covered[contact].update((channel, address) for channel in channels for address in ["", *listed])
    return covered
