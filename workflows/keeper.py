"""What workflows keep of a contact."""

from contacts.keeping import Keeper
from workflows.services import erasing, merging

KEEPER = Keeper(
    app="workflows",
    fields=frozenset({"workflows.ActionRun.contact", "workflows.Enrollment.contact"}),
    merge=merging.merge,
    erase=erasing.erase,
)
