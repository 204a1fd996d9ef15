"""Steps that change what a contact may be sent."""

from collections.abc import Mapping
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

    most = 20  # each is a change of its own, of some ten statements

    def needs_addresses(self, config: Mapping[str, Any]) -> bool:
        """Lifting may release an address; the reason `workflow` belongs to contacts and suppresses none."""
        return bool(config["direction"] == "outbound" and not config["enable"])

    def run(self, batch: Batch) -> Results:
        business = Business.objects.get(pk=batch.business)
        return {row.id: _change(business, row) for row in batch}


def _change(business: Business, row: Row) -> Ran:
    try:
        dnd.change_one(
            business=business, contact=row.contact, wish=_wish(row.config), by=row.actor, cause=row.cause
        )
    except dnd.Refused as refused:
        return Ran(Outcome.FAILED.value, refused.code, str(refused))
    return DONE


def _wish(config: Mapping[str, Any]) -> dnd.Wish:
    direction, channels = config["direction"], config["channels"]
    states = dict.fromkeys(CHANNELS_OF[direction] if channels == "all" else channels, config["enable"])
    outbound, inbound = (states, {}) if direction == "outbound" else ({}, states)
    return dnd.Wish(outbound=outbound, inbound=inbound, reason="workflow", note=config.get("note", ""))
