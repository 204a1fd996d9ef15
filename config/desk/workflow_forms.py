"""What the workflow editor offers: each kind of trigger and step with its fields. The page draws itself from this.

A new kind is one entry here. What is valid is decided by `workflows` alone.
"""

from typing import Any

from contacts.words import FAMILIES, Channel, Source
from dnd.models import Reason

Option = tuple[str, str]
Spec = dict[str, Any]

CHANNELS: list[Option] = [(value, str(label)) for value, label in Channel.choices]
DIRECTIONS: list[Option] = [("outbound", "What you send"), ("inbound", "What the contact sends")]
FLAGS: list[Option] = [
    ("enabled_specific", "DND turned on for certain channels"),
    ("disabled_specific", "DND turned off for certain channels"),
    ("enabled_all", "DND turned on for all channels"),
    ("disabled_all", "DND turned off for all channels"),
]
TAG_OPS: list[Option] = [
    ("any_of", "has any of these tags"),
    ("none_of", "has none of these tags"),
    ("equals", "has exactly these tags"),
    ("not_equals", "has not exactly these tags"),
]
THE_TAG_OPS: list[Option] = [
    ("any_of", "is one of these"),
    ("none_of", "is none of these"),
    ("equals", "is exactly this one"),
    ("not_equals", "is not exactly this one"),
]
SOURCES: list[Option] = [(value, str(label).capitalize()) for value, label in Source.choices]
REASONS: list[Option] = [(value, str(label)[:1].upper() + str(label)[1:]) for value, label in Reason.choices]


def _field(name: str, kind: str, label: str, *, hint: str = "", **more: Any) -> Spec:
    return {"name": name, "type": kind, "label": label, "help": hint, **more}


def _tags(label: str = "Only if the contact", ops: list[Option] = TAG_OPS) -> Spec:
    return _field("tags", "tag_filter", label, options=ops, hint="Separate tags with commas.")


DNC_FAMILIES: list[tuple[list[str], str]] = [
    (list(FAMILIES["calls"]), "Calls"),
    (list(FAMILIES["texts"]), "Texts: SMS, WhatsApp, Facebook, Google Business"),
    (list(FAMILIES["emails"]), "Emails"),
]

TRIGGERS: list[Spec] = [
    {
        "type": "contact_dnd",
        "icon": "do_not_disturb_on",
        "about": "Starts when what a contact has asked for changes, whoever changed it.",
        "fields": [
            _field("direction", "choice", "Which way", options=[("", "Either way"), *DIRECTIONS]),
            _field("flag", "choice", "What happened", options=[("", "Any change of DND"), *FLAGS]),
            _field(
                "channels",
                "checks",
                "Channels",
                options=CHANNELS,
                specific=True,
                hint="Any one of them is enough.",
            ),
            _tags(),
            _field(
                "sources",
                "checks",
                "Caused by",
                options=SOURCES,
                more=True,
                hint="None ticked: whoever caused it.",
            ),
            _field(
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
        "fields": [_tags("Only if the tag", THE_TAG_OPS)],
    },
    {
        "type": "tag_removed",
        "icon": "label_off",
        "about": "Starts when a tag is taken off a contact.",
        "fields": [_tags("Only if the tag", THE_TAG_OPS)],
    },
    {
        "type": "contact_created",
        "icon": "person_add",
        "about": "Starts when a contact is added.",
        "fields": [_tags()],
    },
    {
        "type": "do_not_contact_changed",
        "icon": "pause_circle",
        "about": "Starts when automations are paused or resumed for a contact.",
        "fields": [
            _field(
                "enabled",
                "yes_no",
                "What happened",
                options=[("", "Either"), ("true", "Paused"), ("false", "Resumed")],
            ),
            _tags(),
        ],
    },
    {
        "type": "status_changed",
        "icon": "swap_horiz",
        "about": "Starts when a contact comes into a status of a pipeline.",
        "fields": [
            _field(
                "statuses", "statuses", "Into one of these", hint="None ticked: whenever the status changes."
            ),
            _tags(),
        ],
    },
    {
        "type": "message_received",
        "icon": "mark_chat_unread",
        "about": "Starts when a contact writes.",
        "fields": [
            _field("channels", "checks", "By", options=CHANNELS[1:], hint="None ticked: whichever way."),
            _field(
                "keywords",
                "words",
                "Only if the whole message is",
                hint="Separate words with commas. Case, spaces and punctuation do not matter.",
            ),
            _tags(),
        ],
    },
    {
        "type": "manual",
        "icon": "touch_app",
        "about": "Contacts are added by hand, by a program or by another workflow.",
        "fields": [],
    },
]

GROUPS = ("Messages", "Contact", "Team", "Flow")
STEPS: list[Spec] = [
    {
        "kind": "send_sms",
        "group": "Messages",
        "icon": "sms",
        "fields": [_field("body", "area", "Text", template=True)],
    },
    {
        "kind": "send_email",
        "group": "Messages",
        "icon": "mail",
        "fields": [
            _field("subject", "text", "Subject", template=True),
            _field("body", "area", "Text", template=True),
        ],
    },
    {
        "kind": "send_preferred",
        "group": "Messages",
        "icon": "alt_route",
        "fields": [
            _field(
                "text",
                "area",
                "Text",
                template=True,
                optional=True,
                hint="Fill in the ways that may be used. One message goes out: as a text if possible, "
                "else as a call, else as an email.",
            ),
            _field("call", "area", "Words spoken in a call", template=True, optional=True),
            _field("email.subject", "text", "Subject of the email", template=True, optional=True),
            _field("email.body", "area", "Text of the email", template=True, optional=True),
        ],
    },
    {"kind": "add_tag", "group": "Contact", "icon": "label", "fields": [_field("tag", "tag", "Tag")]},
    {"kind": "remove_tag", "group": "Contact", "icon": "label_off", "fields": [_field("tag", "tag", "Tag")]},
    {
        "kind": "set_dnd",
        "group": "Contact",
        "icon": "do_not_disturb_on",
        "fields": [
            _field("enable", "yes_no", "Do what", options=[("true", "Block"), ("false", "Allow again")]),
            _field("direction", "choice", "Which way", options=DIRECTIONS),
            _field("channels", "channels", "Channels", options=CHANNELS),
            _field(
                "note", "text", "Note", optional=True, hint="Some reasons need one before they can be lifted."
            ),
        ],
    },
    {
        "kind": "add_to_dnc",
        "group": "Contact",
        "icon": "person_off",
        "fields": [
            _field("channels", "channels", "No more", options=CHANNELS, families=DNC_FAMILIES),
            _field("note", "text", "Note", optional=True, hint="It stands in the list beside the entry."),
        ],
    },
    {
        "kind": "change_status",
        "group": "Contact",
        "icon": "swap_horiz",
        "fields": [_field("status", "status", "To")],
    },
    {
        "kind": "add_to_workflow",
        "group": "Flow",
        "icon": "login",
        "fields": [_field("workflow", "workflow", "Workflow")],
    },
    {
        "kind": "remove_from_workflow",
        "group": "Flow",
        "icon": "logout",
        "fields": [
            _field(
                "which",
                "choice",
                "Which",
                options=[
                    ("another", "One other workflow"),
                    ("current", "This workflow"),
                    ("all_except_current", "Every other workflow"),
                    ("all", "Every workflow, this one too"),
                ],
            ),
            _field("workflow", "workflow", "Workflow", when={"which": "another"}),
        ],
    },
    {
        "kind": "internal_notification",
        "group": "Team",
        "icon": "notifications",
        "fields": [
            _field("to", "audience", "Who is told"),
            _field("message", "area", "Message", template=True),
        ],
    },
    {
        "kind": "create_task",
        "group": "Team",
        "icon": "task_alt",
        "fields": [
            _field("title", "text", "What is to be done", template=True),
            _field("due_in", "duration", "Due after", optional=True, hint="May be left empty."),
        ],
    },
    {
        "kind": "wait",
        "group": "Flow",
        "icon": "hourglass_top",
        "fields": [
            _field(
                "mode",
                "choice",
                "How",
                options=[("for", "For some time"), ("until", "Until a date and time")],
            ),
            _field("for", "duration", "How long", when={"mode": "for"}),
            _field("until", "moment", "Until", when={"mode": "until"}, hint="In the business's time zone."),
        ],
    },
    {
        "kind": "if_else",
        "group": "Flow",
        "icon": "alt_route",
        "fields": [_field("condition", "condition", "If")],
    },
    {"kind": "stop", "group": "Flow", "icon": "stop_circle", "fields": []},
]

FIELDS: list[Option] = [
    *((f"dnd.{value}", f"{label} is blocked or allowed") for value, label in CHANNELS),
    ("dnd.state", "DND state"),
    ("tag", "Tag"),
    ("status", "Status"),
    *(
        (f"contact.{name}", name.replace("_", " ").capitalize())
        for name in ("first_name", "last_name", "name", "email", "phone", "timezone", "external_id")
    ),
]
OPS: list[Option] = [
    ("is", "is"),
    ("is_not", "is not"),
    ("contains", "contains"),
    ("any_of", "is any of"),
    ("none_of", "is none of"),
    ("is_empty", "is empty"),
]
