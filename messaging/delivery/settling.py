"""Settling: what calls came to, stored in sets under the locks of their contacts."""

import logging
import random
import time
from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from compliance.models import InboundEvent
from compliance.services import adding
from contacts.actors import Actor
from contacts.words import Channel
from messaging.delivery import health, retry, states, writing
from messaging.delivery.calling import Called
from messaging.delivery.writing import Result, Standing
from messaging.feedback import storing as feedback
from messaging.inbound import storing
from messaging.providers.base import Lost, NotTaken, Refused, Taken

log = logging.getLogger(__name__)

TRIES = 4
PAUSE = 0.25


def settle(calls: Sequence[Called]) -> None:
    """Store what these calls came to, if the claim still stands; a lost database connection is tried again.

    What cannot be stored is found by the reaper when the lease has ended.
    """
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic(durable=True):
                _settle(calls)
            break
        except (OperationalError, InterfaceError):
            if not left:
                raise
            log.warning("Settling %s calls again: the database did not take it.", len(calls))
            connection.close()
            time.sleep(PAUSE)


def _settle(calls: Sequence[Called]) -> None:
    standings, at = writing.hold((c.claim.contact for c in calls), [c.claim.message for c in calls])
    by_driver: dict[str, list[Result]] = {}
    for called in calls:
        standing = standings[called.claim.message]
        if standing.fence == called.claim.fence:
            by_driver.setdefault(called.claim.account.driver, []).append(_result(called, standing))
            _note_code(called, standing)
    for driver, results in by_driver.items():
        writing.write(results, at, by=Actor.provider(driver))
    _remember_told(calls, at)
    health.note(calls, at)


def _remember_told(calls: Sequence[Called], at: datetime) -> None:
    """Who may have got a text that says how to opt out has been told."""
    told = [c.claim for c in calls if c.claim.tells and isinstance(c.answer, Taken | Lost)]
    adding.remember_told(Channel.SMS, [claim.contact for claim in told], at)


def _note_code(called: Called, standing: Standing) -> None:
    """A refusal may say something of the number itself: that is worked on apart, as what comes in is."""
    if isinstance(called.answer, Refused):
        feedback.note_refusal(
            business=standing.business,
            account=called.claim.account.id,
            message=standing.id,
            to=called.claim.letter.to,
            detail=called.answer.detail,
        )
        storing.store_code(
            business=standing.business,
            message=standing.id,
            channel=standing.channel,
            to=called.claim.letter.to,
            code=called.answer.code,
            via=InboundEvent.Via.ANSWER.value,
        )


def _result(called: Called, standing: Standing) -> Result:
    answer = called.answer
    return Result(
        standing,
        states.after_call(standing.state, answer),
        provider_id=answer.provider_id if isinstance(answer, Taken) else "",
        called_at=called.called_at,
        again_in=_again_in(answer, called.claim.attempts) if isinstance(answer, NotTaken) else 0.0,
    )


def _again_in(answer: NotTaken, attempts: int) -> float:
    if answer is states.NOT_CALLED:
        return 0.0
    return retry.delay(attempts, asked_for=answer.after, chance=random.random())
