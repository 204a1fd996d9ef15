"""What a status action may do: the kinds of steps that are done at once, in one transaction."""

from typing import Any

from workflows.definition.fields import Notes, below
from workflows.definition.steps import KINDS, Step, read_steps

ALLOWED = (
    "add_to_dnc", "change_status", "add_tag", "remove_tag", "set_dnd", "create_task", "internal_notification",
    "add_to_workflow", "remove_from_workflow",
)  # fmt: skip
"""Nothing that waits, asks or sends: an action is done when its button comes back. What is to be sent, and
what is to happen later, is a workflow's; the action adds the contact to it."""
MOST = 20
NOT_AT_ONCE = (
    "An action does everything at once and sends nothing itself, so it has no {kind}: "
    "use add_to_workflow, and let the workflow do it. Choose one of {allowed}."
)
INSIDE = "An action is not a workflow: name the workflow, with which another, or say all."


def read_operations(notes: Notes, path: str, value: Any) -> list[Step]:
    """The list of operations as it is kept, each in the form of a workflow's step."""
    if not isinstance(value, list) or not value:
        notes.add(path, 'Give a list of at least one operation, such as {"kind": "add_tag", "tag": "vip"}.')
        return []
    if len(value) > MOST:
        notes.add(path, f"An action has at most {MOST} operations.")
        return []
    operations = read_steps(notes, path, value)
    for position, given in enumerate(value):
        kind = given.get("kind") if isinstance(given, dict) else None
        here = below(path, position)
        if isinstance(kind, str) and kind in KINDS and kind not in ALLOWED:
            said = NOT_AT_ONCE.format(kind=kind, allowed=", ".join(ALLOWED))
            notes.errors = {p: s for p, s in notes.errors.items() if not p.startswith(f"{here}.")}
            notes.add(below(here, "kind"), said)
        elif kind == "remove_from_workflow" and given.get("which") in ("current", "all_except_current"):
            notes.add(below(here, "which"), INSIDE)
    return operations
