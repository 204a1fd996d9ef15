"""What an `if_else` may ask of a contact."""

from collections.abc import Iterator, Mapping
from typing import Any

from contacts.words import OUTBOUND_CHANNELS
from workflows.definition import fields
from workflows.definition.fields import Field, Notes, below, shape

DEEPEST = 5
MOST_PARTS = 50
STATES = ("on", "off", "partial")
ABOUT_CONTACTS = ("first_name", "last_name", "name", "email", "phone", "timezone", "external_id")

_state = fields.choice(STATES)
_states = fields.choices(STATES)
_word = fields.text("Give a text of 1 to 200 characters.")
_words = fields.texts("Give a list of texts.")
_yes_no = fields.boolean("Say true or false.")

DND = {"is": _yes_no, "is_not": _yes_no}
STATE = {"is": _state, "is_not": _state, "any_of": _states, "none_of": _states}
WORD = {"is": _word, "is_not": _word, "any_of": _words, "none_of": _words, "is_empty": None}
TEXT = WORD | {"contains": _word}

OPS: dict[str, Mapping[str, Field | None]] = {
    **{f"dnd.{channel}": DND for channel in OUTBOUND_CHANNELS},
    "dnd.state": STATE,
    "tag": TEXT,
    "status": WORD,
    **{f"contact.{name}": TEXT for name in ABOUT_CONTACTS},
}
"""For each field its operators, and what the value of each must be; None: an operator without a value."""

GROUPS = ("all", "any")
HINT = 'Give a condition such as {"field": "dnd.sms", "op": "is", "value": true}.'


def read_condition(notes: Notes, path: str, value: Any) -> Any:
    """A condition as it is kept: {"field", "op", "value"}, or a list of conditions under `all` or `any`."""
    parts = [0]
    got = _read(notes, path, value, 1, parts)
    if parts[0] > MOST_PARTS:
        return notes.add(path, f"This is too much for one condition: use at most {MOST_PARTS} parts.")
    return got


CONDITION = Field(read_condition, HINT)


def _read(notes: Notes, path: str, value: Any, depth: int, parts: list[int]) -> Any:
    parts[0] += 1
    if parts[0] > MOST_PARTS:
        return fields.WRONG
    if not isinstance(value, dict):
        return notes.add(path, HINT)
    for group in GROUPS:
        if group in value:
            return _read_group(notes, path, group, value, depth, parts)
    return _read_question(notes, path, value)


def _read_group(
    notes: Notes, path: str, group: str, value: dict[str, Any], depth: int, parts: list[int]
) -> Any:
    shape(notes, path, value, {}, known=[group])
    members = value[group]
    if not isinstance(members, list) or not members:
        return notes.add(below(path, group), "Give a list of at least one condition.")
    if depth >= DEEPEST:
        return notes.add(path, f"Conditions may be nested at most {DEEPEST} deep.")
    inner = below(path, group)
    return {
        group: [_read(notes, below(inner, i), member, depth + 1, parts) for i, member in enumerate(members)]
    }


def _read_question(notes: Notes, path: str, value: dict[str, Any]) -> Any:
    asked, op = value.get("field"), value.get("op")
    if not isinstance(asked, str) or asked not in OPS:
        return notes.add(below(path, "field"), f"Choose one of {', '.join(OPS)}.")
    ops = OPS[asked]
    if not isinstance(op, str) or op not in ops:
        return notes.add(below(path, "op"), f"For {asked} choose one of {', '.join(ops)}.")
    spec = ops[op]
    if spec is None and "value" in value:
        return notes.add(below(path, "value"), f"{op} takes no value: leave it out.")
    got = shape(notes, path, value, {"value": spec} if spec else {}, known=["field", "op"])
    if got.get("value") == []:
        return notes.add(below(path, "value"), "Give at least one value.")
    return {"field": asked, "op": op} | got


def statuses_of(condition: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """(path, name or id) of each status that a condition that was accepted asks for."""
    for group in GROUPS:
        for position, part in enumerate(condition.get(group, ())):
            yield from statuses_of(part, below(below(path, group), position))
    if condition.get("field") == "status" and "value" in condition:
        here, value = below(path, "value"), condition["value"]
        if isinstance(value, list):
            yield from ((below(here, position), word) for position, word in enumerate(value))
        else:
            yield here, value
