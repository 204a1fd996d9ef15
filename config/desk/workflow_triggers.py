"""What the workflow editor offers for what starts a workflow. A new kind is one entry here."""

from config.desk.workflow_options import (
    CHANNELS,
    DIRECTIONS,
    EMAIL_EVENTS,
    FLAGS,
    QUOTES,
    REASONS,
    SOURCES,
    THE_TAG_OPS,
    Spec,
    field_of,
    tag_filter,
)

TRIGGERS: list[Spec] = [
    {
        "type": "contact_dnd",
        "icon": "do_not_disturb_on",
        "about": "Starts when what a contact has asked for changes, whoever changed it.",
        "fields": [
            field_of("direction", "choice", "Which way", options=[("", "Either way"), *DIRECTIONS]),
            field_of("flag", "choice", "What happened", options=[("", "Any change of DND"), *FLAGS]),
            field_of(
                "channels",
                "checks",
                "Channels",
                options=CHANNELS,
                specific=True,
                hint="Any one of them is enough.",
            ),
            tag_filter(),
            field_of(
                "sources",
                "checks",
                "Caused by",
                options=SOURCES,
                more=True,
                hint="None ticked: whoever caused it.",
            ),
            field_of(
                "reasons",
                "checks",
                "Reason",
                options=REASONS,
                more=True,
                hint="None ticked: whatever the reason.",
            ),
        ],
    },
    {
        "type": "tag_added",
        "icon": "label",
        "about": "Starts when a tag is put on a contact.",
        "fields": [tag_filter("Only if the tag", THE_TAG_OPS)],
    },
    {
        "type": "tag_removed",
        "icon": "label_off",
        "about": "Starts when a tag is taken off a contact.",
        "fields": [tag_filter("Only if the tag", THE_TAG_OPS)],
    },
    {
        "type": "contact_created",
        "icon": "person_add",
        "about": "Starts when a contact is added.",
        "fields": [tag_filter()],
    },
    {
        "type": "do_not_contact_changed",
        "icon": "pause_circle",
        "about": "Starts when automations are paused or resumed for a contact.",
        "fields": [
            field_of(
                "enabled",
                "yes_no",
                "What happened",
                options=[("", "Either"), ("true", "Paused"), ("false", "Resumed")],
            ),
            tag_filter(),
        ],
    },
    {
        "type": "status_changed",
        "icon": "swap_horiz",
        "about": "Starts when a contact comes into a status of a pipeline.",
        "fields": [
            field_of(
                "statuses", "statuses", "Into one of these", hint="None ticked: whenever the status changes."
            ),
            tag_filter(),
        ],
    },
    {
        "type": "message_received",
        "icon": "mark_chat_unread",
        "about": "Starts when a contact writes.",
        "fields": [
            field_of("channels", "checks", "By", options=CHANNELS[1:], hint="None ticked: whichever way."),
            field_of(
                "keywords",
                "words",
                "Only if the whole message is",
                hint=f"Separate words with commas. {QUOTES} Case, spaces and punctuation do not matter.",
            ),
            tag_filter(),
        ],
    },
    {
        "type": "message_failed",
        "icon": "sms_failed",
        "about": "Starts when a message could not be delivered.",
        "fields": [
            field_of("channels", "checks", "By", options=CHANNELS, hint="None ticked: whichever way."),
            field_of(
                "codes",
                "words",
                "Only with the code",
                hint="Separate codes with commas, such as 30003, smtp:550 or busy.",
            ),
            tag_filter(),
        ],
    },
    {
        "type": "email_event",
        "icon": "mark_email_unread",
        "about": "Starts when the email provider reports something of an address.",
        "fields": [
            field_of(
                "events",
                "checks",
                "What it reports",
                options=EMAIL_EVENTS,
                hint="None ticked: whatever it is.",
            ),
            tag_filter(),
        ],
    },
    {
        "type": "manual",
        "icon": "touch_app",
        "about": "Contacts are added by hand, by a program or by another workflow.",
        "fields": [],
    },
]
