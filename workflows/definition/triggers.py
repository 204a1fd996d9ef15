"""The kinds of triggers and their filters. A new kind is one entry here and one function in matching.py."""

from collections.abc import Callable, Mapping
from typing import Any

from compliance import keywords
from compliance.models import FeedbackEvent
from contacts.words import INBOUND_CHANNELS, OUTBOUND_CHANNELS, Direction, Source
from dnd.reasons import rules
from workflows.definition import fields
from workflows.definition.fields import Field, Notes, below, shape

MOST_TRIGGERS = 50
FLAGS = ("enabled_all", "disabled_all", "enabled_specific", "disabled_specific")
EMAIL_EVENTS = tuple(kind for kind in FeedbackEvent.Kind.values if kind not in ("delivered", "other"))
TAG_OPS = ("equals", "not_equals", "any_of", "none_of")
Check = Callable[[Notes, str, Mapping[str, Any]], None]

TAG_FILTER = {
    "op": fields.choice(TAG_OPS),
    "values": fields.texts("Give a list of tags."),
}


def _read_tags(notes: Notes, path: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return notes.add(path, TAGS.hint)
    got = shape(notes, path, value, TAG_FILTER)
    if got.get("values") == [] and got.get("op") in ("any_of", "none_of"):
        return notes.add(below(path, "values"), "Give at least one tag.")
    return got if len(got) == len(TAG_FILTER) else fields.WRONG


TAGS = Field(_read_tags, 'Give a filter such as {"op": "any_of", "values": ["vip"]}.', required=False)


def _check_contact_dnd(notes: Notes, path: str, filters: Mapping[str, Any]) -> None:
    """Channels go with a `_specific` flag and with no other; inbound is calls and SMS only."""
    flag, channels = filters.get("flag", ""), filters.get("channels")
    if flag.endswith("_specific") and not channels:
        notes.add(below(path, "channels"), f"The flag {flag} needs channels: name at least one.")
    elif channels and not flag.endswith("_specific"):
        about = f"The flag {flag} is about all channels" if flag else "Without a flag every channel counts"
        notes.add(
            below(path, "channels"),
            f"{about}: leave channels out, or use enabled_specific or disabled_specific.",
        )
    outside = [c for c in channels or () if c not in INBOUND_CHANNELS]
    if filters.get("direction") == Direction.INBOUND and outside:
        notes.add(
            below(path, "channels"), f"Inbound DND knows only call and sms: take out {', '.join(outside)}."
        )


def _check_keywords(notes: Notes, path: str, filters: Mapping[str, Any]) -> None:
    for position, word in enumerate(filters.get("keywords") or ()):
        if not keywords.plain(word):
            notes.add(below(path, f"keywords.{position}"), "A keyword has at least one letter or digit.")


def _check_nothing(notes: Notes, path: str, filters: Mapping[str, Any]) -> None:
    return None


FILTERS: dict[str, tuple[dict[str, Field], Check]] = {
    "contact_dnd": (
        {
            "direction": fields.choice([Direction.OUTBOUND.value, Direction.INBOUND.value], required=False),
            "flag": fields.choice(FLAGS, required=False),
            "channels": fields.choices(OUTBOUND_CHANNELS, required=False),
            "tags": TAGS,
            "sources": fields.choices(list(Source.values), required=False),
            "reasons": fields.choices(sorted(rules()), required=False),
        },
        _check_contact_dnd,
    ),
    "do_not_contact_changed": (
        {"enabled": fields.boolean("Say true or false.", required=False), "tags": TAGS},
        _check_nothing,
    ),
    "contact_created": ({"tags": TAGS}, _check_nothing),
    "tag_added": ({"tags": TAGS}, _check_nothing),
    "tag_removed": ({"tags": TAGS}, _check_nothing),
    "status_changed": (
        {
            "statuses": fields.identifiers("Give a list of ids of statuses, as strings.", required=False),
            "tags": TAGS,
        },
        _check_nothing,
    ),
    "message_received": (
        {
            "channels": fields.choices(OUTBOUND_CHANNELS, required=False),
            "keywords": fields.texts("Give a list of words that are the whole message.", required=False),
            "tags": TAGS,
        },
        _check_keywords,
    ),
    "message_failed": (
        {
            "channels": fields.choices(OUTBOUND_CHANNELS, required=False),
            "codes": fields.texts("Give a list of codes, such as 30003.", required=False),
            "tags": TAGS,
        },
        _check_nothing,
    ),
    "email_event": (
        {"events": fields.choices(EMAIL_EVENTS, required=False), "tags": TAGS},
        _check_nothing,
    ),
    "manual": ({}, _check_nothing),
}
"""Each trigger's filters, and the rule that they must keep together. Every filter may be left out."""

NAME = fields.text("Give the trigger a name of 1 to 200 characters.", empty=True, required=False)


def read_triggers(notes: Notes, path: str, value: Any) -> list[dict[str, Any]]:
    """The triggers as they are kept: {"type", "name", "filters"}."""
    if not isinstance(value, list):
        notes.add(path, "Give a list of triggers.")
        return []
    if len(value) > MOST_TRIGGERS:
        notes.add(path, f"A workflow has at most {MOST_TRIGGERS} triggers.")
        return []
    return [_read_trigger(notes, below(path, position), trigger) for position, trigger in enumerate(value)]


def _read_trigger(notes: Notes, path: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        notes.add(path, 'A trigger is an object such as {"type": "contact_dnd"}.')
        return {}
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in FILTERS:
        notes.add(below(path, "type"), f"Choose one of {', '.join(FILTERS)}.")
        return {}
    got = shape(notes, path, value, {"name": NAME}, known=["type", "filters"])
    filters = _read_filters(notes, below(path, "filters"), kind, value.get("filters", {}))
    return {"type": kind, "name": got.get("name", ""), "filters": filters}


def _read_filters(notes: Notes, path: str, kind: str, value: Any) -> dict[str, Any]:
    specs, check = FILTERS[kind]
    if not isinstance(value, dict):
        notes.add(path, "Give the filters as an object, or leave them out.")
        return {}
    before = len(notes.errors)
    filters = shape(notes, path, value, specs)
    if len(notes.errors) == before:
        check(notes, path, filters)
    return filters
