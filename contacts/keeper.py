"""What contacts themselves keep of a contact."""

from contacts.keeping import Keeper
from contacts.services import erasing, merging

KEEPER = Keeper(
    app="contacts",
    fields=frozenset(
        {
            "contacts.Contact.merged_into",
            "contacts.ContactPoint.contact",
            "contacts.ContactTag.contact",
            "contacts.Event.contact",
            "contacts.FormerAddress.contact",
            "contacts.JobRefusal.contact",
            "contacts.Note.contact",
            "contacts.Notification.contact",
            "contacts.Preference.contact",
            "contacts.Sync.contact",
            "contacts.Task.contact",
        }
    ),
    merge=merging.move,
    erase=erasing.erase_own,
)
