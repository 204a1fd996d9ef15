"""What a workflow is made of: read strictly from JSON, and compiled for the engine. No database, no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contacts.services.errors import Invalid
from workflows.definition import fields
from workflows.definition.conditions import statuses_of
from workflows.definition.fields import Notes, shape
from workflows.definition.program import Program, compile_program
from workflows.definition.steps import TEMPLATES, Step, read_steps, text_of, walk
from workflows.definition.triggers import read_triggers

__all__ = ["Definition", "Program", "compile_program", "read"]

NAME = fields.text("Give the workflow a name of 1 to 200 characters.", one_line=True)
SETTINGS = {
    "allow_reentry": fields.boolean("Say true or false.", required=False),
    "remove_when_all_dnd": fields.boolean("Say true or false.", required=False),
}
KEYS = ("name", "settings", "triggers", "steps")


@dataclass(frozen=True, slots=True)
class Definition:
    """A workflow whose shape is right. Whether what it names exists is for the services to ask."""

    name: str
    settings: dict[str, bool]
    triggers: list[dict[str, Any]]
    steps: list[Step]

    def workflows(self) -> Iterator[tuple[str, int]]:
        """(path, id) of each workflow that a step names."""
        return (
            (f"{path}.workflow", int(step["workflow"]))
            for path, step in walk(self.steps)
            if "workflow" in step
        )

    def statuses(self) -> Iterator[tuple[str, int]]:
        """(path, id) of each status that a step or a trigger names."""
        for path, step in walk(self.steps):
            if "status" in step:
                yield f"{path}.status", int(step["status"])
        for place, trigger in enumerate(self.triggers):
            for position, status in enumerate(trigger["filters"].get("statuses", ())):
                yield f"triggers.{place}.filters.statuses.{position}", int(status)

    def statuses_asked_for(self) -> Iterator[tuple[str, str]]:
        """(path, name or id) of each status that a condition asks for."""
        for path, step in walk(self.steps):
            yield from statuses_of(step.get("condition", {}), f"{path}.condition")

    def audiences(self) -> Iterator[tuple[str, str]]:
        """(path, who) of each notification."""
        return ((f"{path}.to", step["to"]) for path, step in walk(self.steps) if "to" in step)

    def templates(self) -> Iterator[tuple[str, str]]:
        """(path, source) of each text that is filled in for a contact."""
        for path, step in walk(self.steps):
            for name in TEMPLATES.get(step["kind"], ()):
                if (source := text_of(step, name)) is not None:
                    yield f"{path}.{name}", source


def read(data: Mapping[str, Any]) -> Definition:
    """`data` in the form in which it is kept. Raises Invalid with a sentence for each dotted path that is wrong."""
    notes = Notes()
    if not isinstance(data, Mapping):
        raise Invalid({"": "Give a workflow as an object."})
    top = shape(notes, "", data, {"name": NAME}, known=KEYS)
    settings = data.get("settings", {})
    if not isinstance(settings, Mapping):
        notes.add("settings", "Give the settings as an object, or leave them out.")
        settings = {}
    found = shape(notes, "settings", settings, SETTINGS)
    triggers = read_triggers(notes, "triggers", data.get("triggers", []))
    steps = read_steps(notes, "steps", data.get("steps", []))
    if notes.errors:
        raise Invalid(notes.errors, notes.codes)
    return Definition(" ".join(top["name"].split()), dict.fromkeys(SETTINGS, False) | found, triggers, steps)
