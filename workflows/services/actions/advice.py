"""Actions that put people on the Do Not Contact list: what they are called, where they lead, and what is missing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contacts.models import Status, SystemStatus
from workflows import versions

STANDARD_NAME = "Do Not Contact"
STANDARD_CATEGORY = "do not contact"


def dead_statuses(status: Status) -> list[Status]:
    """Where the pipeline's lost leads go: its dead statuses that take contacts, in order."""
    found = Status.objects.filter(pipeline=status.pipeline_id, system_status=SystemStatus.DEAD)
    return list(found.open())


def suggested(status: Status) -> dict[str, Any]:
    """The usual action for somebody who wants to hear no more: its name, and the first dead status to move to."""
    operations: list[dict[str, Any]] = [{"kind": "add_to_dnc", "channels": "all"}]
    if dead := dead_statuses(status):
        operations.append({"kind": "change_status", "status": str(dead[0].pk)})
    return {"name": STANDARD_NAME, "category": STANDARD_CATEGORY, "operations": operations}


def warnings(status: Status, operations: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each thing that is allowed in an action of this status and probably not meant."""
    return [*_leads_nowhere(status, operations), *_cannot_run(operations)]


def _leads_nowhere(status: Status, operations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not any(step["kind"] == "add_to_dnc" for step in operations):
        return
    targets = [int(step["status"]) for step in operations if step["kind"] == "change_status"]
    dead = dead_statuses(status)
    if not dead:
        yield "The pipeline has no dead status to move such a contact to: add one."
    elif not targets:
        yield (
            f"It moves nowhere: the contact stays in “{status.name}”. "
            f"Add “Change status” to a dead status, such as “{dead[0].name}”."
        )
    elif targets[-1] not in {one.pk for one in dead}:
        yield f"It moves to a status that is not dead: the pipeline has “{dead[0].name}”."


def _cannot_run(operations: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    targets = {int(step["status"]) for step in operations if step["kind"] == "change_status"}
    for name in Status.objects.filter(pk__in=targets, archived=True).values_list("name", flat=True):
        yield f"It cannot be run as long as the status “{name}” is archived."
    named = [int(step["workflow"]) for step in operations if step["kind"] == "add_to_workflow"]
    if set(named) - versions.published(named).keys():
        yield "It cannot be run as long as a workflow that it adds to is not published."
