"""What must be true of the installation before it may run."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from dnd import hooks
from messaging import delivery, policy
from messaging.models import MessageClass


@register()
def the_door_answers_what_is_in_flight(**_: Any) -> list[CheckMessage]:
    if hooks.in_flight is not delivery.in_flight:
        return [Error("dnd.hooks.in_flight is not set to messaging.delivery.in_flight.", id="messaging.E001")]
    return []


@register()
def the_table_of_message_classes_is_whole(**_: Any) -> list[CheckMessage]:
    if set(policy.classes()) != set(MessageClass.values):
        return [Error("messaging/data/message_classes.csv and MessageClass differ.", id="messaging.E002")]
    return []
