"""What must be true of the installation before it may run."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from dnd import hooks
from dnd.models import Reason
from dnd.reasons import rules


@register()
def somebody_answers_what_is_in_flight(**_: Any) -> list[CheckMessage]:
    if hooks.in_flight is None:
        return [
            Error(
                "Nothing is set to dnd.hooks.in_flight: no DND change can be made.",
                id="dnd.E001",
            )
        ]
    return []


@register()
def the_table_of_reasons_is_whole(**_: Any) -> list[CheckMessage]:
    if set(rules()) != set(Reason.values):
        return [
            Error(
                "dnd/data/dnd_reasons.csv and dnd.models.Reason name different reasons.",
                id="dnd.E002",
            )
        ]
    return []
