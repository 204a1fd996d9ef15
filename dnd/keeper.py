"""What DND keeps of a contact."""

from contacts.keeping import Keeper
from dnd.services import erasing, merging

KEEPER = Keeper(
    app="dnd",
    fields=frozenset(
        {
            "dnd.Change.contact",
            "dnd.DncEntry.contact",
            "dnd.Ground.contact",
            "dnd.Standing.contact",
            "dnd.Unstamped.contact",
        }
    ),
    merge=merging.merge,
    erase=erasing.erase,
    addresses=erasing.addresses,
)
