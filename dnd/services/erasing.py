"""What DND keeps of a person who is erased: that they asked, and the hash of where. Their words go."""

from collections.abc import Sequence

from contacts import erased, rows
from contacts.keeping import Erasing
from dnd.models import ChangeText, DncEntry
from dnd.services.addresses import rename_listed

ONE_OF_TWO = """
UPDATE dnd_suppression s SET lifted_at = v.at, lifted_by = 'erased'
  FROM (VALUES %s) AS v (business, address, hash, at), dnd_suppression o
 WHERE s.business_id = v.business AND s.address = v.hash AND s.lifted_at IS NULL AND o.business_id = s.business_id
   AND o.address = v.address AND o.channel = s.channel AND o.reason = s.reason AND o.lifted_at IS NULL
"""
"""Of an address that is suppressed by its hash and by itself, for one reason, one row stays in force."""
HASH = """
UPDATE dnd_suppression s SET address = v.hash FROM (VALUES %s) AS v (business, address, hash)
 WHERE s.business_id = v.business AND s.address = v.address
"""


def erase(erasing: Erasing) -> None:
    """Lines, grounds and standing name nobody and stay. A note without its salt says nothing, not even by guessing."""
    business = erasing.business.pk
    texts = ChangeText.objects.filter(change__contact__in=erasing.contacts)
    texts.update(salt="", note="", evidence="")
    hashes = [(business, a, erased.key(business, a)) for a in sorted(erasing.own)]
    rows.update(ONE_OF_TWO, [(*row, erasing.at) for row in hashes])
    rows.update(HASH, hashes)
    DncEntry.objects.filter(contact__in=erasing.contacts).update(note="", lift_note="")
    # Whoever's entry it is: one of somebody who was erased before may name the address again.
    rename_listed(business, {address: hashed for _, address, hashed in hashes})


def addresses(contacts: Sequence[int]) -> set[str]:
    entries = DncEntry.objects.filter(contact__in=contacts).values_list("addresses", flat=True)
    return {address for several in entries for address in several}
