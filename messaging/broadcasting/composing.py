"""The rows of a broadcast's messages: who gets what, and of everybody who gets nothing, why."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contacts import rows
from dnd import services as dnd
from messaging import facts
from messaging.broadcasting.deciding import Recipient
from messaging.broadcasting.filling import Filling
from messaging.choosing import CHANNEL_OF, NONE, WAYS
from messaging.facts import Reading
from messaging.models import LANE_OF, Broadcast, Message, MessageState
from messaging.policy import GOOD_FOR, Drop, Hold
from messaging.templates import CannotRender

COLUMNS = (
    "contact_id", "recipient", "channel", '"to"', "subject", "body", "state", "rule", "reason", "detail", "inputs",
    "decided_version", "due_at", "expires_at", "settled_at", "business_id", "broadcast_id", "direction",
    "message_class", "lane", "source", "actor", "withdrawn", "attempts", "fence", "provider_id", "decided_at",
    "created_at", "sent_body",
)  # fmt: skip
NOBODY_TWICE = "(broadcast_id, recipient) WHERE broadcast_id IS NOT NULL DO NOTHING"
WAY_OF = {channel: way for way, channel in CHANNEL_OF.items()}
LONGEST_DETAIL = 400
CANNOT_RENDER = "cannot_render"
"""The reason of whom the copy cannot be filled in for, or nothing is left of it."""

Place = Callable[[str, datetime], datetime]
"""(channel, the time now) → when the next message on that channel may leave."""


def write(broadcast: Broadcast, reading: Reading, recipients: Iterable[Recipient], *, place: Place) -> None:
    """Insert a message for each recipient, be it to tell why there is none.

    Whoever has one of this broadcast already gets no other: the database sees to it.
    """
    recipients = list(recipients)
    composed = _Composer(broadcast, reading, place)
    made = [composed.row(recipient) for recipient in recipients]
    dnd.note_hits(
        (
            (broadcast.business_id, recipient.named.id, recipient.chosen.channel, recipient.to)
            for recipient in recipients
            if dnd.is_by_the_list(recipient.chosen.verdict.reason)
        ),
        reading.at,
    )
    if made:
        rows.insert(Message, COLUMNS, made, on_conflict=NOBODY_TWICE)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is the same for all who are alike."""

    state: str
    rule: str
    reason: str
    detail: str
    inputs: str
    """The end of a JSON object, of which the version and the address are the beginning."""
    channel: str
    way: str


class _Composer:
    def __init__(self, broadcast: Broadcast, reading: Reading, place: Place) -> None:
        self._reading, self._place = reading, place
        self._filling = Filling(broadcast, reading)
        self._outcomes: dict[int, _Outcome] = {}
        self._same = (
            broadcast.business_id, broadcast.pk, Message.Way.OUTBOUND.value, broadcast.kind,
            LANE_OF[broadcast.kind], broadcast.sent_source, broadcast.sent_by, False, 0, 0, "", reading.at,
            reading.at, "",
        )  # fmt: skip

    def row(self, recipient: Recipient) -> tuple[Any, ...]:
        chosen, named, at = recipient.chosen, recipient.named, self._reading.at
        out = self._outcomes.get(id(chosen)) or self._outcome(recipient)
        try:
            subject, body = self._filling.texts(out.way, named)
        except CannotRender as error:
            subject, body = self._filling.copies[out.way]
            if out.state != MessageState.DROPPED:
                out = _unrenderable(out, str(error))
        due_at, expires_at = self._times(out, recipient)
        version = self._reading.version(named.id)
        return (
            named.id, named.id, out.channel, recipient.to, subject, body, out.state, out.rule, out.reason,
            out.detail, f'{{"version": {version}, "address": {json.dumps(recipient.to)}{out.inputs}', version, due_at,
            expires_at,
            at if out.state == MessageState.DROPPED else None, *self._same,
        )  # fmt: skip

    def _outcome(self, recipient: Recipient) -> _Outcome:
        chosen = recipient.chosen
        verdict = chosen.verdict
        known = facts.inputs(chosen.facts, 0) if chosen.facts else {}
        inputs = {name: value for name, value in known.items() if name not in ("version", "address")}
        passed = dict(self._passed(recipient))
        if passed:
            inputs["passed"] = passed
        made = _Outcome(
            state=_state(verdict),
            rule=verdict.rule,
            reason=verdict.reason,
            detail=_detail(recipient, passed)[:LONGEST_DETAIL],
            inputs="".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in inputs.items())
            + "}",
            channel=chosen.channel,
            way=WAY_OF[chosen.channel],
        )
        self._outcomes[id(chosen)] = made
        return made

    def _passed(self, recipient: Recipient) -> Iterator[tuple[str, str]]:
        """The ways that the message has copy for and that were refused before one was taken, with a sentence each."""
        taken = recipient.chosen.choice.by
        for way in WAYS:
            if way == taken:
                return
            if way in self._filling.copies:
                yield way, recipient.chosen.choice.why[way]

    def _times(self, out: _Outcome, recipient: Recipient) -> tuple[datetime, datetime]:
        """When the door looks at it, and until when it may leave: waiting for its own place in line is not late."""
        at = self._reading.at
        expires_at = (recipient.chosen.facts and recipient.chosen.facts.expires_at) or at + GOOD_FOR
        if isinstance(recipient.chosen.verdict, Hold) and out.state == MessageState.HELD:
            return recipient.chosen.verdict.until, expires_at
        if out.state != MessageState.QUEUED:
            return at, expires_at
        due_at = self._place(out.channel, at)
        return due_at, expires_at + max(due_at - at, timedelta())


def _state(verdict: object) -> str:
    if isinstance(verdict, Drop):
        return MessageState.DROPPED.value
    return MessageState.HELD.value if isinstance(verdict, Hold) else MessageState.QUEUED.value


def _detail(recipient: Recipient, passed: dict[str, str]) -> str:
    """Of one who gets nothing, every way and why not it."""
    if recipient.chosen.choice.by != NONE or len(passed) < 2:
        return recipient.chosen.verdict.detail
    return " ".join(f"{way.capitalize()}: {why}" for way, why in passed.items())


def _unrenderable(out: _Outcome, why: str) -> _Outcome:
    return _Outcome(
        MessageState.DROPPED.value,
        "template",
        CANNOT_RENDER,
        why[:LONGEST_DETAIL],
        out.inputs,
        out.channel,
        out.way,
    )
