"""What the timeline and the workflows are told of messages: the drops, and how calls ended."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, transaction

from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import EventKind
from contacts.services import events
from contacts.services.events import Happening
from contacts.words import Channel
from messaging import hooks
from messaging.delivery import faults, states
from messaging.delivery.states import Ending
from messaging.delivery.verdicts import Decided
from messaging.hooks import Settled
from messaging.policy import SKIPS, Drop

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """A message whose state has just changed, and from what."""

    message: int
    business: int
    contact: int
    channel: str
    enrollment: int | None
    step: int | None
    before: str
    ending: Ending


def drops(decided: Iterable[Decided]) -> list[Settled]:
    """What dropped messages mean for the steps that queued them. A withdrawn one means nothing."""
    return [
        Settled(
            enrollment=each.message.enrollment,
            position=each.message.step or 0,
            outcome="skipped" if each.verdict.rule in SKIPS else "failed",
            reason=each.verdict.reason,
            detail=each.verdict.detail,
            at=each.facts.now,
            message=each.message.id,
        )
        for each in decided
        if isinstance(each.verdict, Drop) and each.message.enrollment and each.verdict.rule != "withdrawn"
    ]


def tell(ended: Sequence[Ended], at: datetime, *, by: Actor) -> None:
    """Record failures on the timeline, and tell workflows of the outcomes that changed."""
    tell_workflows([_settled(each, at) for each in ended if each.enrollment and _outcome(each)])
    failures = [each for each in ended if each.ending.state == states.FAILED]
    causes = hooks.causes_of({each.enrollment for each in failures if each.enrollment})
    failed: dict[int, list[Happening]] = defaultdict(list)
    for each in failures:
        failed[each.business].append(_failure(each, causes))
    for business, happenings in failed.items():
        events.record(business, EventKind.MESSAGE_FAILED, happenings, by=by, at=at)


def tell_workflows(news: Sequence[Settled]) -> None:
    """Pass outcomes on. What has happened at a provider is stored even if nobody can make use of it."""
    if not news:
        return
    try:
        with transaction.atomic():
            hooks.tell_settled(news)
    except OperationalError:
        raise
    except Exception as error:
        log.error("Workflows could not be told of %s messages: %s", len(news), faults.described(error))


def _outcome(each: Ended) -> str:
    return states.outcome(each.before, each.ending.state)


def _settled(each: Ended, at: datetime) -> Settled:
    return Settled(
        enrollment=each.enrollment or 0,
        position=each.step or 0,
        outcome=_outcome(each),
        reason=each.ending.reason,
        detail=each.ending.detail,
        at=at,
        message=each.message,
    )


def _failure(each: Ended, causes: Mapping[int, Cause]) -> Happening:
    code = each.ending.reason.partition(":")[2]
    summary = f"{Channel(each.channel).label} failed" + (f" ({code})" if code else "")
    cause = causes.get(each.enrollment, Cause(enrollment_id=each.enrollment)) if each.enrollment else NO_CAUSE
    return Happening(
        each.contact, summary, {"channel": each.channel, "code": code, "message": each.message}, cause
    )
