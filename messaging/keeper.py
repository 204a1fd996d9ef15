"""What messaging keeps of a contact."""

from contacts.keeping import Keeper
from messaging.services import erasing, merging

KEEPER = Keeper(
    app="messaging",
    fields=frozenset({"messaging.Message.contact"}),
    merge=merging.merge,
    erase=erasing.erase,
    addresses=erasing.addresses,
    busy=erasing.busy,
)
