"""The kinds of steps and what each needs. A new kind is one entry here and one class in workflows/steps/."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contacts.words import FAMILIES, INBOUND_CHANNELS, OUTBOUND_CHANNELS, Direction
from workflows.definition import fields
from workflows.definition.conditions import CONDITION
from workflows.definition.fields import Field, Notes, below, shape

MOST_STEPS = 200
DEEPEST = 10
SMS_BODY = 1_600
CHAT_BODY = 1_600
CALL_SAY = 1_600
EMAIL_BODY = 20_000
NOTE = 2_000
WHICH = ("current", "another", "all_except_current", "all")
BRANCHES = ("then", "else")
Step = dict[str, Any]
Check = Callable[[Notes, str, Mapping[str, Any]], None]

TAG = fields.text("Give the name of a tag, of 1 to 200 characters.")
WORKFLOW = fields.identifier("Give the id of a workflow, as a string.")


def _read_dnd_channels(notes: Notes, path: str, value: Any) -> Any:
    return value if value == "all" else DND_CHANNELS.read(notes, path, value)


DND_CHANNELS = fields.choices(OUTBOUND_CHANNELS)


def _check_set_dnd(notes: Notes, path: str, step: Mapping[str, Any]) -> None:
    channels = step.get("channels")
    if channels == []:
        notes.add(below(path, "channels"), "Name at least one channel, or say all.")
    outside = [c for c in channels or () if c not in INBOUND_CHANNELS] if channels != "all" else []
    if step.get("direction") == Direction.INBOUND and outside:
        notes.add(
            below(path, "channels"), f"Inbound DND knows only call and sms: take out {', '.join(outside)}."
        )


def _read_dnc_channels(notes: Notes, path: str, value: Any) -> Any:
    """Channels, or the words for several of them, in the order in which channels are shown."""
    if value == "all":
        return value
    got = DNC_CHANNELS.read(notes, path, value)
    if got is fields.WRONG:
        return got
    named = {channel for word in got for channel in FAMILIES.get(word, (word,))}
    return [channel for channel in OUTBOUND_CHANNELS if channel in named]


DNC_CHANNELS = fields.choices([*OUTBOUND_CHANNELS, *FAMILIES])


def _check_dnc(notes: Notes, path: str, step: Mapping[str, Any]) -> None:
    if step.get("channels") == []:
        notes.add(below(path, "channels"), "Name at least one channel, or say all.")


def _check_removal(notes: Notes, path: str, step: Mapping[str, Any]) -> None:
    which, named = step.get("which"), "workflow" in step
    if which == "another" and not named:
        notes.add(below(path, "workflow"), WORKFLOW.hint)
    elif which in WHICH and which != "another" and named:
        notes.add(below(path, "workflow"), f"{which} names no workflow: leave it out, or choose another.")


def _check_wait(notes: Notes, path: str, step: Mapping[str, Any]) -> None:
    if "for" in step and "until" in step:
        notes.add(below(path, "until"), "A wait has either for or until: leave one of them out.")
    elif "for" not in step and "until" not in step:
        notes.add(below(path, "for"), FOR.hint)


def _check_nothing(notes: Notes, path: str, step: Mapping[str, Any]) -> None:
    return None


def _read_email(notes: Notes, path: str, value: Any) -> Any:
    return shape(notes, path, value, EMAIL) if isinstance(value, dict) else notes.add(path, EMAIL_HINT)


def _check_preferred(notes: Notes, path: str, step: Mapping[str, Any]) -> None:
    if not any(way in step for way in PREFERRED_WAYS):
        notes.add(below(path, "text"), "Give copy for at least one way: text, call or email.")


EMAIL = {
    "subject": fields.text("Give the subject of the email.", one_line=True),
    "body": fields.text("Give the text of the email.", most=EMAIL_BODY),
}
EMAIL_HINT = 'Give an email such as {"subject": "Hello", "body": "…"}, or leave it out.'
PREFERRED_WAYS = ("text", "call", "email")

FOR = fields.duration("Give a whole number with s, m, h or d, such as 2h.", required=False)
UNTIL = fields.moment("Give a time such as 2026-11-20T09:00:00Z.", required=False)

KINDS: dict[str, tuple[dict[str, Field], Check]] = {
    "send_sms": ({"body": fields.text("Give the text of the message.", most=SMS_BODY)}, _check_nothing),
    "send_email": (EMAIL, _check_nothing),
    "send_preferred": (
        {
            "text": fields.text("Give the text of the message.", most=SMS_BODY, required=False),
            "call": fields.text("Give the words that are spoken.", most=SMS_BODY, required=False),
            "email": Field(_read_email, EMAIL_HINT, required=False),
        },
        _check_preferred,
    ),
    **{
        kind: ({"body": fields.text("Give the text of the message.", most=CHAT_BODY)}, _check_nothing)
        for kind in ("send_whatsapp", "send_facebook", "send_gmb")
    },
    "make_call": ({"say": fields.text("Give the text that the call speaks.", most=CALL_SAY)}, _check_nothing),
    "add_tag": ({"tag": TAG}, _check_nothing),
    "remove_tag": ({"tag": TAG}, _check_nothing),
    "set_dnd": (
        {
            "direction": fields.choice([Direction.OUTBOUND.value, Direction.INBOUND.value]),
            "enable": fields.boolean("Say true to block or false to allow."),
            "channels": Field(
                _read_dnd_channels, f'Say "all", or give a list of {", ".join(OUTBOUND_CHANNELS)}.'
            ),
            "note": fields.text("Give a note.", most=NOTE, empty=True, required=False),
        },
        _check_set_dnd,
    ),
    "change_status": (
        {"status": fields.identifier("Give the id of a status, as a string.")},
        _check_nothing,
    ),
    "add_to_dnc": (
        {
            "channels": Field(
                _read_dnc_channels,
                f'Say "all", or give a list of {", ".join([*OUTBOUND_CHANNELS, *FAMILIES])}.',
            ),
            "note": fields.text("Give a note.", most=NOTE, empty=True, required=False),
        },
        _check_dnc,
    ),
    "add_to_workflow": ({"workflow": WORKFLOW}, _check_nothing),
    "remove_from_workflow": (
        {"which": fields.choice(WHICH), "workflow": Field(WORKFLOW.read, WORKFLOW.hint, required=False)},
        _check_removal,
    ),
    "internal_notification": (
        {
            "to": fields.text("Say who is told: managers, team:NAME or user:EMAIL.", most=260),
            "message": fields.text("Give the text of the notification.", most=2_000),
        },
        _check_nothing,
    ),
    "create_task": (
        {
            "title": fields.text("Give the title of the task.", one_line=True),
            "due_in": fields.duration("Give a whole number with s, m, h or d, such as 2d.", required=False),
        },
        _check_nothing,
    ),
    "wait": ({"for": FOR, "until": UNTIL}, _check_wait),
    "if_else": ({"condition": CONDITION}, _check_nothing),
    "stop": ({}, _check_nothing),
}
"""Each kind's fields besides `kind` (and the branches of `if_else`), and the rule that they must keep together."""

TEMPLATES = {
    "send_sms": ("body",),
    "send_email": ("subject", "body"),
    "send_preferred": ("text", "call", "email.subject", "email.body"),
    "send_whatsapp": ("body",),
    "send_facebook": ("body",),
    "send_gmb": ("body",),
    "make_call": ("say",),
    "internal_notification": ("message",),
    "create_task": ("title",),
}
"""The fields that are filled in for each contact, those inside another with a dot."""


def text_of(step: Mapping[str, Any], name: str) -> str | None:
    """One of these fields; None where the step leaves it out."""
    value: Any = step
    for part in name.split("."):
        value = value.get(part) if value is not None else None
    return None if value is None else str(value)


def read_steps(notes: Notes, path: str, value: Any) -> list[Step]:
    """The tree of steps as it is kept."""
    if not isinstance(value, list):
        notes.add(path, "Give a list of steps.")
        return []
    if sum(1 for _ in _everything_in(value, 1)) > MOST_STEPS:
        notes.add(path, f"A workflow has at most {MOST_STEPS} steps.")
        return []
    return _read_list(notes, path, value, 1)


def _everything_in(steps: list[Any], depth: int) -> Iterator[Any]:
    for step in steps:
        yield step
        for branch in BRANCHES:
            if isinstance(step, dict) and isinstance(step.get(branch), list) and depth <= DEEPEST:
                yield from _everything_in(step[branch], depth + 1)


def _read_list(notes: Notes, path: str, steps: list[Any], depth: int) -> list[Step]:
    return [_read_step(notes, below(path, position), step, depth) for position, step in enumerate(steps)]


def _read_step(notes: Notes, path: str, value: Any, depth: int) -> Step:
    if not isinstance(value, dict):
        notes.add(path, 'A step is an object such as {"kind": "add_tag", "tag": "vip"}.')
        return {}
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        notes.add(below(path, "kind"), f"Choose one of {', '.join(KINDS)}.")
        return {}
    specs, check = KINDS[kind]
    branches = BRANCHES if kind == "if_else" else ()
    before = len(notes.errors)
    step = {"kind": kind} | shape(notes, path, value, specs, known=["kind", *branches])
    if len(notes.errors) == before:
        check(notes, path, step)
    for branch in branches:
        step[branch] = _read_branch(notes, below(path, branch), value.get(branch, []), depth)
    return step


def _read_branch(notes: Notes, path: str, value: Any, depth: int) -> list[Step]:
    if not isinstance(value, list):
        notes.add(path, "Give a list of steps.")
        return []
    if depth >= DEEPEST and value:
        notes.add(path, f"Steps may be nested at most {DEEPEST} deep.")
        return []
    return _read_list(notes, path, value, depth + 1)


def walk(steps: list[Step], path: str = "steps") -> Iterator[tuple[str, Step]]:
    """Every step of a tree that was accepted, with its path, in the order in which they are written."""
    for position, step in enumerate(steps):
        here = below(path, position)
        yield here, step
        for branch in BRANCHES:
            yield from walk(step.get(branch, []), below(here, branch))
