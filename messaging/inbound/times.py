"""Asking providers when something was said, before an opt-in is believed to be newer than an opt-out."""

import logging
import time

from django.db import transaction

from compliance.services import hearing
from compliance.services.hearing import Unasked
from messaging.encryption import CannotOpen
from messaging.inbound import answering, twilio_list
from messaging.inbound.twilio_list import NoAnswer
from messaging.models import Connection

log = logging.getLogger(__name__)

AT_ONCE = 10
SECONDS = 8.0


def ask_due() -> int:
    """Ask for the times that are due to be asked for, for a few seconds; how many are known now."""
    ends_at, known = time.monotonic() + SECONDS, 0
    while time.monotonic() < ends_at and (taken := hearing.take_unasked(AT_ONCE)):
        known += sum(_ask(unasked) for unasked in taken if time.monotonic() < ends_at)
    return known


def are_due() -> bool:
    return hearing.unasked_are_due()


def _ask(unasked: Unasked) -> bool:
    """One answer, and what follows from it in the same transaction. Without an answer it is asked again later."""
    try:
        account = Connection.objects.filter(pk=unasked.connection).first()
        said_at = twilio_list.created_at(account.config, _sid(unasked)) if account else None
    except (NoAnswer, CannotOpen) as error:
        log.warning("No time for statement %s yet: %s", unasked.id, error)
        return False
    with transaction.atomic(durable=True):
        answering.confirm(hearing.tell_time(unasked.id, said_at))
    return True


def _sid(unasked: Unasked) -> str:
    return unasked.provider_id.partition(":")[0]
