"""Steps that may touch suppressions need address locks, and those come before contact rows.

So a tick takes them for the contacts that it saw standing at such a step before it locks any contact. One that
comes to such a step in the middle of a tick stays due for the next.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from contacts import locks
from contacts.locks import AddressKey
from contacts.models import ContactPoint
from dnd.services import addresses

MOST = 40


@dataclass(frozen=True, slots=True)
class HeldAddresses:
    """For each contact, the contacts that hold one of its addresses; all those addresses are locked."""

    business: int = 0
    keys: frozenset[AddressKey] = frozenset()
    sharing: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @property
    def holders(self) -> frozenset[int]:
        return frozenset().union(*self.sharing.values())

    def __contains__(self, contact: int) -> bool:
        return contact in self.sharing

    def confirmed(self, locked: Collection[int]) -> "HeldAddresses":
        """Only the contacts whose every holder is locked too, and whose addresses are still the ones held."""
        ready = {contact: group for contact, group in self.sharing.items() if group.issubset(locked)}
        if not ready:
            return NONE
        moved = {contact for contact, key in _points(self.business, list(ready)) if key not in self.keys}
        return HeldAddresses(
            self.business,
            self.keys,
            {contact: group for contact, group in ready.items() if contact not in moved},
        )


NONE = HeldAddresses()


def hold(business: int, contacts: Sequence[int], most: int | None = None) -> HeldAddresses:
    """Hold every address of the first of these contacts alone. The caller holds no contact yet."""
    wanted = list(dict.fromkeys(contacts))[: most or MOST]
    keys = frozenset(key for _, key in _points(business, wanted))
    locks.lock_addresses(business, keys, exclusive=True)
    sharing = {contact: {contact} for contact in wanted}
    of_key: dict[AddressKey, list[int]] = {}
    holders = addresses.holders_of(business, keys) if keys else set()
    for contact, key in _points(business, list(holders)):
        of_key.setdefault(key, []).append(contact)
    for contact, key in _points(business, wanted):
        sharing[contact].update(of_key.get(key, ()))
    return HeldAddresses(business, keys, {contact: frozenset(group) for contact, group in sharing.items()})


def _points(business: int, contacts: Sequence[int]) -> list[tuple[int, AddressKey]]:
    points = ContactPoint.objects.filter(business=business, contact__in=contacts)
    return [
        (contact, (kind, value)) for contact, kind, value in points.values_list("contact_id", "kind", "value")
    ]
