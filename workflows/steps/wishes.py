"""Steps that change what a contact may be sent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from contacts.models import Business
from contacts.words import CHANNELS_OF
from dnd import services as dnd
from workflows.engine.batch import DONE, Batch, Ran, Results, Row
from workflows.models import Outcome
from workflows.steps.registry import Kind, step


@step("set_dnd")
class SetDnd(Kind):
    """Blocks for the reason `workflow`. A lift that is not a workflow's to make is refused, and the step failed."""

    def needs_addresses(self, config: Mapping[str, Any]) -> bool:
        """Lifting may release an address; the reason `workflow` belongs to contacts and suppresses none."""
        return bool(config["direction"] == "outbound" and not config["enable"])

    def run(self, batch: Batch) -> Results:
        business = Business.objects.get(pk=batch.business)
        results: Results = {}
        for rows in _alike(batch):
            results |= _change(business, rows)
        return results


def _alike(batch: Batch) -> Iterable[list[Row]]:
    """Rows at the same step of the same version: they wish for the same, and no contact is among them twice."""
    groups: dict[tuple[int, int], list[Row]] = {}
    for row in batch:
        groups.setdefault((row.version.id, row.position), []).append(row)
    return groups.values()


def _change(business: Business, rows: Sequence[Row]) -> Results:
    first = rows[0]
    outcomes = dnd.change(
        business=business,
        contacts=[row.contact for row in rows],
        wish=_wish(first.config),
        by=first.actor,
        cause=first.cause,
        causes={row.contact: row.cause for row in rows},
    )
    refused = {outcome.contact_id: outcome.refusals for outcome in outcomes if outcome.refusals}
    return {row.id: _result(refused.get(row.contact)) for row in rows}


def _result(refusals: Sequence[dnd.Refusal] | None) -> Ran:
    if not refusals:
        return DONE
    refused = dnd.Refused(list(refusals))
    return Ran(Outcome.FAILED.value, refused.code, str(refused))


def _wish(config: Mapping[str, Any]) -> dnd.Wish:
    direction, channels = config["direction"], config["channels"]
    states = dict.fromkeys(CHANNELS_OF[direction] if channels == "all" else channels, config["enable"])
    outbound, inbound = (states, {}) if direction == "outbound" else ({}, states)
    return dnd.Wish(outbound=outbound, inbound=inbound, reason="workflow", note=config.get("note", ""))
