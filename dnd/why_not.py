"""Why somebody may not change something of a contact's DND, and what to do instead: the sentences."""

LOCKED = {
    "stop_keyword": "Only the contact can lift this, by texting START.",
    "carrier_blocked": "Only the contact can lift this, by texting START.",
    "call_keypress": "Only the contact can lift this: they pressed 9 in a call to stop calls.",
    "email_complaint": "Only the contact can lift this: they marked an email as spam.",
    "free_text_opt_out": "The contact wrote that they want no more messages: "
    "a manager lifts this by rejecting its review, the contact by texting START.",
    "record_system": "The record system set this and only it can lift it: change it there.",
}
NOT_HEARD = (
    "The record system set this and only it can lift it, but this business sets preferences itself now: "
    "choose “synced” again as their source in the Business Profile, then change it there."
)
SET_BEFORE = (
    "Automations are paused (Do Not Contact) since before preferences were synced. A sync does not lift that. "
    "To turn it off, choose “manual” as their source in the Business Profile."
)
OWNED = "The record system owns this: change it there."
NOTE_ABOUT = {
    "email_bounce": "that the address was validated.",
    "email_failed": "that the address was validated.",
    "email_suppressed": "that the address was taken off the email provider's suppression list.",
}
