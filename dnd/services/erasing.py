"""What DND keeps of a person who is erased: that they asked, and the hash of where. Their words go."""

from collections.abc import Sequence

from contacts import erased, rows
from contacts.keeping import Erasing
from dnd.models import ChangeText, DncEntry

HASH = """
UPDATE dnd_suppression s SET address = v.hash FROM (VALUES %s) AS v (business, address, hash)
 WHERE s.business_id = v.business AND s.address = v.address
"""


def erase(erasing: Erasing) -> None:
    """Lines, grounds and standing name nobody and stay. A note without its salt says nothing, not even by guessing."""
    business = erasing.business.pk
    texts = ChangeText.objects.filter(change__contact__in=erasing.contacts)
    texts.update(salt="", note="", evidence="")
    rows.update(HASH, [(business, a, erased.key(business, a)) for a in sorted(erasing.own)])
    for entry in DncEntry.objects.filter(contact__in=erasing.contacts):
        entry.addresses = [erased.key(business, address) for address in entry.addresses]
        entry.note = entry.lift_note = ""
        entry.save(update_fields=["addresses", "note", "lift_note"])


def addresses(contacts: Sequence[int]) -> set[str]:
    entries = DncEntry.objects.filter(contact__in=contacts).values_list("addresses", flat=True)
    return {address for several in entries for address in several}
