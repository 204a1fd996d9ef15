"""Steps of sales pipelines: the contact's status, and the Do Not Contact list."""

from collections.abc import Mapping
from typing import Any

from contacts.models import Business
from contacts.services import statuses
from contacts.services.statuses import Move
from contacts.words import OUTBOUND_CHANNELS
from dnd import services as dnd
from workflows.engine.batch import DONE, Batch, Ran, Results, Row
from workflows.models import Outcome
from workflows.steps.registry import Kind, step

GONE = Ran(Outcome.FAILED.value, "no_status", "There is no such status any more.")
ARCHIVED = Ran(Outcome.FAILED.value, "status_archived", "The status is archived and takes nobody new.")


@step("change_status")
class ChangeStatus(Kind):
    """A contact that is in the status already stays there, and the step is done."""

    def run(self, batch: Batch) -> Results:
        standing = statuses.hold(batch.business, {int(row.config["status"]) for row in batch})
        results: Results = {}
        for wave in _waves(batch):
            moves = []
            for row in wave:
                status = standing.get(int(row.config["status"]))
                results[row.id] = GONE if status is None else ARCHIVED if status.archived else DONE
                if results[row.id] is DONE and status:
                    moves.append(Move(row.contact, status.id, row.cause, row.actor, f"Workflow: {row.name}"))
            statuses.move(batch.business, moves, by=wave[0].actor)
        return results


def _waves(batch: Batch) -> list[list[Row]]:
    """Each contact at most once in each: of two rows of one contact, the later one has the last word."""
    waves: list[list[Row]] = []
    seen: dict[int, int] = {}
    for row in batch:
        turn = seen[row.contact] = seen.get(row.contact, -1) + 1
        if turn == len(waves):
            waves.append([])
        waves[turn].append(row)
    return waves


@step("add_to_dnc")
class AddToDnc(Kind):
    """On the list already, for these channels: nothing changes, and the step is done."""

    def needs_addresses(self, config: Mapping[str, Any]) -> bool:
        return True

    def run(self, batch: Batch) -> Results:
        business = Business.objects.get(pk=batch.business)
        groups: dict[tuple[int, int], list[Row]] = {}
        for row in batch:
            groups.setdefault((row.version.id, row.position), []).append(row)
        for rows in groups.values():
            first = rows[0]
            dnd.add_to_dnc(
                business=business,
                contacts=[row.contact for row in rows],
                channels=channels_of(first.config),
                by=first.actor,
                cause=first.cause,
                causes={row.contact: row.cause for row in rows},
                action=f"Workflow: {first.name}",
                note=first.config.get("note", ""),
            )
        return batch.all(DONE)


def channels_of(config: Mapping[str, Any]) -> list[str]:
    """The channels that an operation on the Do Not Contact list names."""
    return list(OUTBOUND_CHANNELS) if config["channels"] == "all" else list(config["channels"])
