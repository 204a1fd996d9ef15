"""Triggers, steps and conditions as the OpenAPI schema describes them, from the tables that read them."""

from collections.abc import Mapping
from typing import Any

from contacts.words import FAMILIES, OUTBOUND_CHANNELS, Direction, Source
from dnd.reasons import rules
from workflows.definition.conditions import OPS
from workflows.definition.fields import Field
from workflows.definition.operations import ALLOWED
from workflows.definition.steps import BRANCHES, CALL_SAY, KINDS, WHICH
from workflows.definition.triggers import EMAIL_EVENTS, FILTERS, FLAGS, TAG_OPS

Schema = dict[str, Any]


def _words(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _text(about: str = "", most: int = 200) -> Schema:
    return {"type": "string", "maxLength": most} | ({"description": about} if about else {})


def _one_of(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TEMPLATE = "Liquid, such as: Hello {{contact.first_name}}"
DURATION = {"type": "string", "pattern": r"^\d{1,9}[smhd]$", "example": "2h"}
WORKFLOW = {"type": "string", "description": "The id of a workflow."}
DIRECTION = _words(Direction.OUTBOUND.value, Direction.INBOUND.value)
CHANNELS = _list(_words(*OUTBOUND_CHANNELS))

OF_STEPS: Mapping[str, Schema] = {
    "body": _text(TEMPLATE, most=20_000),
    "subject": _text(TEMPLATE),
    "text": _text(TEMPLATE, most=1_600),
    "call": _text(TEMPLATE, most=1_600),
    "email": {
        "type": "object",
        "required": ["subject", "body"],
        "properties": {"subject": _text(TEMPLATE), "body": _text(TEMPLATE, most=20_000)},
        "additionalProperties": False,
    },
    "say": _text(f"Spoken. {TEMPLATE}", most=CALL_SAY),
    "tag": _text(),
    "direction": DIRECTION,
    "enable": {"type": "boolean", "description": "Block (true) or free (false)."},
    "channels": {"oneOf": [_words("all"), CHANNELS]},
    "status": {"type": "string", "description": "The id of a status."},
    "note": _text(most=2_000),
    "workflow": WORKFLOW,
    "which": _words(*WHICH),
    "to": _text("A role in the plural, team:NAME or user:EMAIL.", most=260),
    "message": _text(TEMPLATE, most=2_000),
    "title": _text(TEMPLATE),
    "due_in": DURATION,
    "for": DURATION,
    "until": {"type": "string", "format": "date-time"},
    "condition": _one_of("Condition"),
    **{branch: _list(_one_of("Step")) for branch in BRANCHES},
}
OF_KIND: Mapping[str, Mapping[str, Schema]] = {
    "add_to_dnc": {"channels": {"oneOf": [_words("all"), _list(_words(*OUTBOUND_CHANNELS, *FAMILIES))]}},
}
"""Where a field of one kind of step is another than in the others."""
OF_FILTERS: Mapping[str, Schema] = {
    "direction": DIRECTION,
    "flag": _words(*FLAGS),
    "channels": CHANNELS,
    "tags": {
        "type": "object",
        "required": ["op", "values"],
        "properties": {"op": _words(*TAG_OPS), "values": _list(_text())},
        "additionalProperties": False,
    },
    "sources": _list(_words(*Source.values)),
    "reasons": _list(_words(*sorted(rules()))),
    "enabled": {"type": "boolean"},
    "statuses": _list({"type": "string", "description": "The id of a status."}),
    "codes": _list(_text("The provider's code, such as 30003, smtp:550 or busy.")),
    "events": _list(_words(*EMAIL_EVENTS)),
    "keywords": _list(_text("The whole message, whatever its case, spaces and punctuation.")),
}


def _object(fixed: Schema, fields: Mapping[str, Field], known: Mapping[str, Schema]) -> Schema:
    required = [*fixed, *(name for name, field in fields.items() if field.required)]
    return {
        "type": "object",
        "properties": fixed | {name: known[name] for name in fields},
        "additionalProperties": False,
    } | ({"required": required} if required else {})


def _step(kind: str) -> Schema:
    shape = _object({"kind": _words(kind)}, KINDS[kind][0], {**OF_STEPS, **OF_KIND.get(kind, {})})
    if kind == "if_else":
        shape["properties"] |= {branch: OF_STEPS[branch] for branch in BRANCHES}
    return shape


def _trigger(kind: str) -> Schema:
    return {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": _words(kind),
            "name": _text(),
            "filters": _object({}, FILTERS[kind][0], OF_FILTERS),
        },
        "additionalProperties": False,
    }


QUESTION: Schema = {
    "type": "object",
    "required": ["field", "op"],
    "properties": {
        "field": _words(*OPS),
        "op": _words(*dict.fromkeys(op for ops in OPS.values() for op in ops)),
        "value": {"oneOf": [_text(), {"type": "boolean"}, _list(_text())]},
    },
    "additionalProperties": False,
}


def _group(name: str) -> Schema:
    return {
        "type": "object",
        "required": [name],
        "properties": {name: _list(_one_of("Condition"))},
        "additionalProperties": False,
    }


COMPONENTS: Mapping[str, Schema] = {
    "Step": {"oneOf": [_step(kind) for kind in KINDS]},
    "Operation": {"oneOf": [_step(kind) for kind in ALLOWED]},
    "Trigger": {"oneOf": [_trigger(kind) for kind in FILTERS]},
    "Condition": {"oneOf": [QUESTION, _group("all"), _group("any")]},
}
STEPS = _list(_one_of("Step"))
OPERATIONS = _list(_one_of("Operation"))
TRIGGERS = _list(_one_of("Trigger"))


def add_components(result: Schema, **_: Any) -> Schema:
    """A postprocessing hook of the schema: what STEPS and TRIGGERS refer to."""
    result["components"]["schemas"].update(COMPONENTS)
    return result
