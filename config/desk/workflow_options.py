"""What the fields of the workflow editor can be set to, and how a field is described to the page."""

from typing import Any

from compliance.models import FeedbackEvent
from contacts.words import FAMILIES, Channel, Source
from dnd.models import Reason
from workflows.definition.triggers import EMAIL_EVENTS as REPORTED

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
EMAIL_EVENTS: list[Option] = [
    (value, str(label)) for value, label in FeedbackEvent.Kind.choices if value in REPORTED
]
QUOTES = 'What has a comma in it goes in quotes, such as "yes, please".'
GMB_ENDED = "Google ended its messages in 2024: this goes to the endpoint that your connection names."
REASONS: list[Option] = [(value, str(label)[:1].upper() + str(label)[1:]) for value, label in Reason.choices]


def field_of(name: str, kind: str, label: str, *, hint: str = "", **more: Any) -> Spec:
    return {"name": name, "type": kind, "label": label, "help": hint, **more}


def tag_filter(label: str = "Only if the contact", ops: list[Option] = TAG_OPS) -> Spec:
    return field_of("tags", "tag_filter", label, options=ops, hint=f"Separate tags with commas. {QUOTES}")


DNC_FAMILIES: list[tuple[list[str], str]] = [
    (list(FAMILIES["calls"]), "Calls"),
    (list(FAMILIES["texts"]), "Texts: SMS, WhatsApp, Facebook, Google Business"),
    (list(FAMILIES["emails"]), "Emails"),
]
