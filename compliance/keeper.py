"""What compliance keeps of a contact."""

from compliance.services import erasing, merging
from contacts.keeping import Keeper

KEEPER = Keeper(
    app="compliance",
    fields=frozenset({"compliance.LinkToken.contact", "compliance.Told.contact"}),
    merge=merging.merge,
    erase=erasing.erase,
    addresses=erasing.addresses,
)
