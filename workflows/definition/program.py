"""From the tree of steps to the flat program that the engine runs."""

from typing import Any

from workflows.definition.fields import seconds_in
from workflows.definition.steps import BRANCHES, Step

Program = list[dict[str, Any]]
LooseEnd = tuple[int, str]
"""(position, "next" or "else"): an exit that leads to whatever follows."""


def compile_program(steps: list[Step]) -> Program:
    """The steps laid out in the order in which they are written, each with the position that follows it.

    `next` follows when a step is done or its condition holds, `else` when it does not; null is the end.
    """
    program: Program = []
    _lay_out(program, steps, "")
    return program


def _append(program: Program, step: Step, path: str) -> list[LooseEnd]:
    """Append one step and its branches; its loose ends."""
    here = len(program)
    entry: dict[str, Any] = {
        "path": path,
        "kind": step["kind"],
        "config": _config(step),
        "next": None,
        "else": None,
    }
    program.append(entry)
    if step["kind"] == "stop":
        return []
    if step["kind"] != "if_else":
        return [(here, "next")]
    ends: list[LooseEnd] = []
    for exit_, branch in zip(("next", "else"), BRANCHES, strict=True):
        if not step[branch]:
            ends.append((here, exit_))
            continue
        entry[exit_] = len(program)
        ends += _lay_out(program, step[branch], f"{path}.{branch}.")
    return ends


def _lay_out(program: Program, steps: list[Step], path: str) -> list[LooseEnd]:
    """Append these steps, each following the one before it; the loose ends of the last."""
    ends: list[LooseEnd] = []
    for position, step in enumerate(steps):
        _follow(program, ends, len(program))
        ends = _append(program, step, f"{path}{position}")
    return ends


def _follow(program: Program, ends: list[LooseEnd], target: int | None) -> None:
    for position, exit_ in ends:
        program[position][exit_] = target


def _config(step: Step) -> dict[str, Any]:
    """What the step needs to run: durations in seconds."""
    config = {key: value for key, value in step.items() if key not in ("kind", *BRANCHES)}
    for name in ("for", "due_in"):
        if name in config:
            config[name] = seconds_in(config[name])
    return config
