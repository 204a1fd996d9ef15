"""What the workflow editor offers: each kind of trigger and step with its fields. The page draws itself from this.

A new kind of step is one entry here. What is valid is decided by `workflows` alone.
"""

from config.desk.workflow_options import (
    CHANNELS,
    DIRECTIONS,
    DNC_FAMILIES,
    GMB_ENDED,
    Option,
    Spec,
    field_of,
)

GROUPS = ("Messages", "Contact", "Team", "Flow")
STEPS: list[Spec] = [
    {
        "kind": "send_sms",
        "group": "Messages",
        "icon": "sms",
        "fields": [field_of("body", "area", "Text", template=True)],
    },
    {
        "kind": "send_email",
        "group": "Messages",
        "icon": "mail",
        "fields": [
            field_of("subject", "text", "Subject", template=True),
            field_of("body", "area", "Text", template=True),
        ],
    },
    {
        "kind": "send_preferred",
        "group": "Messages",
        "icon": "alt_route",
        "fields": [
            field_of(
                "text",
                "area",
                "Text",
                template=True,
                optional=True,
                hint="Fill in the ways that may be used. One message goes out: as a text if possible, "
                "else as a call, else as an email.",
            ),
            field_of("call", "area", "Words spoken in a call", template=True, optional=True),
            field_of("email.subject", "text", "Subject of the email", template=True, optional=True),
            field_of("email.body", "area", "Text of the email", template=True, optional=True),
        ],
    },
    {
        "kind": "make_call",
        "group": "Messages",
        "icon": "call",
        "fields": [
            field_of(
                "say",
                "area",
                "What the call says",
                template=True,
                hint="It is spoken. At the end the call says how to stop such calls, by pressing 9.",
            )
        ],
    },
    *(
        {
            "kind": f"send_{channel}",
            "group": "Messages",
            "icon": icon,
            "fields": [field_of("body", "area", "Text", template=True, hint=hint)],
        }
        for channel, icon, hint in (
            ("whatsapp", "chat", ""),
            ("facebook", "forum", "It goes by Messenger, to contacts who have a Facebook id."),
            ("gmb", "storefront", GMB_ENDED),
        )
    ),
    {"kind": "add_tag", "group": "Contact", "icon": "label", "fields": [field_of("tag", "tag", "Tag")]},
    {
        "kind": "remove_tag",
        "group": "Contact",
        "icon": "label_off",
        "fields": [field_of("tag", "tag", "Tag")],
    },
    {
        "kind": "set_dnd",
        "group": "Contact",
        "icon": "do_not_disturb_on",
        "fields": [
            field_of("enable", "yes_no", "Do what", options=[("true", "Block"), ("false", "Allow again")]),
            field_of("direction", "choice", "Which way", options=DIRECTIONS),
            field_of("channels", "channels", "Channels", options=CHANNELS),
            field_of(
                "note", "text", "Note", optional=True, hint="Some reasons need one before they can be lifted."
            ),
        ],
    },
    {
        "kind": "add_to_dnc",
        "group": "Contact",
        "icon": "person_off",
        "fields": [
            field_of("channels", "channels", "No more", options=CHANNELS, families=DNC_FAMILIES),
            field_of("note", "text", "Note", optional=True, hint="It stands in the list beside the entry."),
        ],
    },
    {
        "kind": "change_status",
        "group": "Contact",
        "icon": "swap_horiz",
        "fields": [field_of("status", "status", "To")],
    },
    {
        "kind": "add_to_workflow",
        "group": "Flow",
        "icon": "login",
        "fields": [field_of("workflow", "workflow", "Workflow")],
    },
    {
        "kind": "remove_from_workflow",
        "group": "Flow",
        "icon": "logout",
        "fields": [
            field_of(
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
            field_of("workflow", "workflow", "Workflow", when={"which": "another"}),
        ],
    },
    {
        "kind": "internal_notification",
        "group": "Team",
        "icon": "notifications",
        "fields": [
            field_of("to", "audience", "Who is told"),
            field_of("message", "area", "Message", template=True),
        ],
    },
    {
        "kind": "create_task",
        "group": "Team",
        "icon": "task_alt",
        "fields": [
            field_of("title", "text", "What is to be done", template=True),
            field_of("due_in", "duration", "Due after", optional=True, hint="May be left empty."),
        ],
    },
    {
        "kind": "wait",
        "group": "Flow",
        "icon": "hourglass_top",
        "fields": [
            field_of(
                "mode",
                "choice",
                "How",
                options=[("for", "For some time"), ("until", "Until a date and time")],
            ),
            field_of("for", "duration", "How long", when={"mode": "for"}),
            field_of("until", "moment", "Until", when={"mode": "until"}, hint="In the business's time zone."),
        ],
    },
    {
        "kind": "if_else",
        "group": "Flow",
        "icon": "alt_route",
        "fields": [field_of("condition", "condition", "If")],
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
