"""What a change means for addresses: suppressions written and lifted, and the other contacts who hold them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from contacts import erased, rows
from contacts.locks import AddressKey
from contacts.models import POINT_OF_CHANNEL
from dnd import policy
from dnd.models import DncEntry, Suppression
from dnd.policy import Line, Wish
from dnd.reasons import rules
from dnd.services.reading import Standpoint
from dnd.services.writing import Batch

Mark = tuple[str, str, str]
"""(channel, address, reason)"""


@dataclass(slots=True)
class Effects:
    """What the contacts' own changes mean for their addresses."""

    suppress: set[Mark] = field(default_factory=set)
    release: set[Mark] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.suppress or self.release)


def may_reach_addresses(wish: Wish) -> bool:
    """Whether this wish can touch suppressions: every lift may, a block does when its reason belongs to addresses."""
    return bool(wish.frees("outbound")) or (
        rules()[wish.reason].address_bound and bool(wish.blocks("outbound"))
    )


def keys_of(business: int, contacts: Sequence[int]) -> set[AddressKey]:
    """Every address of these contacts, as it is now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, value FROM contacts_contactpoint WHERE contact_id = ANY(%s) AND business_id = %s",
            [list(contacts), business],
        )
        return set(cursor.fetchall())


def holders_of(business: int, keys: Iterable[AddressKey]) -> set[int]:
    """Every contact of the business that has one of these addresses."""
    keys = list(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT contact_id FROM contacts_contactpoint"
            " JOIN unnest(%s::text[], %s::text[]) AS k (kind, value)"
            " USING (kind, value) WHERE business_id = %s",
            [[kind for kind, _ in keys], [value for _, value in keys], business],
        )
        return {row[0] for row in cursor.fetchall()}


PRESSED = frozenset({"call_keypress"})
"""What was said by holding the phone. A link frees its own contact of it, and never the number."""


def effects_of(
    standpoint: Standpoint, lines: Iterable[Line], wish: Wish, address: AddressKey | None
) -> Effects:
    """What one contact's lines suppress and release: `address`, else every one it has for the channel."""
    effects = Effects()
    points = [address] if address else standpoint.points
    for line in lines:
        if line.direction != "outbound":
            continue
        for channel, reason in line.grounds:
            if rules()[reason].address_bound and not (wish.by_link and reason in PRESSED):
                marks = {
                    (channel, value, reason) for kind, value in points if kind == POINT_OF_CHANNEL[channel]
                }
                (effects.suppress if line.enabled else effects.release).update(marks)
    return effects


def follow(
    standpoint: Standpoint,
    effects: Effects,
    wish: Wish,
    suppressed: Mapping[str, set[Mark]],
) -> list[Line]:
    """The lines of a contact that holds an address which another's change suppressed or released."""
    own = set(standpoint.points)
    freed = [
        (channel, reason)
        for channel, value, reason in sorted(effects.release)
        if (POINT_OF_CHANNEL[channel], value) in own
        and not _held_otherwise(own, channel, reason, effects, suppressed)
    ]
    lines = policy.lift(standpoint.position, "outbound", dict.fromkeys(freed))
    blocked = {c for c, value, _ in effects.suppress if (POINT_OF_CHANNEL[c], value) in own}
    return lines + policy.block(standpoint.position, "outbound", sorted(blocked), wish)


def _held_otherwise(
    own: set[AddressKey],
    channel: str,
    reason: str,
    effects: Effects,
    suppressed: Mapping[str, set[Mark]],
) -> bool:
    """Whether another of the contact's addresses stays suppressed for the same reason."""
    kind = POINT_OF_CHANNEL[channel]
    return any(
        (channel, value, reason) in suppressed.get(value, ())
        and (channel, value, reason) not in effects.release
        for point, value in own
        if point == kind
    )


def suppressed_among(business: int, addresses: Iterable[str]) -> dict[str, set[Mark]]:
    """What is suppressed now, by address; also what is suppressed by the hash of an address, as that address."""
    found: dict[str, set[Mark]] = defaultdict(set)
    known_by = erased.by_form(business, addresses)
    standing = Suppression.objects.in_force().filter(business=business, address__in=list(known_by))
    for channel, form, reason in standing.values_list("channel", "address", "reason"):
        address = known_by[form]
        found[address].add((channel, address, reason))
    return found


def set_since(business: int, channel: str, address: str, moment: datetime | None) -> set[Mark]:
    """What people and programs have suppressed an address for since that moment."""
    if moment is None:
        return set()
    forms = erased.forms(business, address)
    standing = Suppression.objects.in_force().filter(business=business, channel=channel, address__in=forms)
    reasons = standing.filter(since__gt=moment).values_list("reason", flat=True)
    return {(channel, address, reason) for reason in reasons if not rules()[reason].told_from_outside}


REMEMBER = """
UPDATE dnd_suppression s SET address = v.address FROM (VALUES %s) AS v (business, hash, address)
 WHERE s.business_id = v.business AND s.address = v.hash AND s.lifted_at IS NULL AND NOT EXISTS
       (SELECT 1 FROM dnd_suppression o WHERE o.business_id = s.business_id AND o.address = v.address
           AND o.channel = s.channel AND o.reason = s.reason AND o.lifted_at IS NULL)
RETURNING v.hash, v.address
"""


def remember(business: int, addresses: Iterable[str]) -> None:
    """What was suppressed by the hash of an address is so by the address again, now that it is known again.

    An entry of the Do Not Contact list that names it by its hash names it too.
    """
    known = [(business, erased.key(business, address), address) for address in sorted(set(addresses))]
    rename_listed(business, dict(rows.update(REMEMBER, known)))


def rename_listed(business: int, names: Mapping[str, str]) -> None:
    """Put one form of an address for the other in every entry of the Do Not Contact list that names it."""
    if not names:
        return
    entries = DncEntry.objects.filter(business=business, addresses__overlap=list(names))
    for entry in entries:
        entry.addresses = [names.get(address, address) for address in entry.addresses]
    DncEntry.objects.bulk_update(entries, ["addresses"], batch_size=1_000)


def write(batch: Batch, effects: Effects) -> None:
    """Record what is suppressed and released. A released row stays, with the time."""
    rows.update(
        "UPDATE dnd_suppression s SET lifted_at = gone.at, lifted_by = gone.by"
        " FROM (VALUES %s) AS gone (business, channel, address, reason, at, by)"
        " WHERE s.business_id = gone.business AND s.channel = gone.channel AND s.address = gone.address"
        " AND s.reason = gone.reason AND s.lifted_at IS NULL",
        [
            (batch.business, channel, form, reason, batch.at, batch.by.label or batch.by.source)
            for channel, address, reason in sorted(effects.release)
            for form in sorted(set(erased.forms(batch.business, address)))
        ],
    )
    remember(batch.business, (address for _, address, _ in effects.suppress))
    rows.insert(
        Suppression,
        (
            "business_id",
            "channel",
            "address",
            "reason",
            "source",
            "actor",
            "since",
            "lifted_by",
        ),
        [
            (batch.business, *mark, batch.by.source, batch.by.label, batch.at, "")
            for mark in sorted(effects.suppress)
        ],
        on_conflict="(business_id, channel, address, reason) WHERE lifted_at IS NULL DO NOTHING",
    )
