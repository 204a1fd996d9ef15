"""The verdict on due messages, and storing it with all that it was made from."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from contacts import locks, rows
from contacts.models import POINT_OF_CHANNEL
from dnd import services as dnd
from messaging import facts, policy
from messaging.delivery import faults
from messaging.delivery.due import Waiting
from messaging.delivery.limits import LEASE
from messaging.facts import Reading
from messaging.models import MessageState
from messaging.policy import Drop, Facts, Hold, Send, Verdict

log = logging.getLogger(__name__)

LATER = timedelta(minutes=1)
WRITE = """
UPDATE messaging_message m
   SET state = v.state, "to" = v.address, rule = v.rule, reason = v.reason, detail = v.detail,
       inputs = CASE WHEN m.inputs ? 'passed' THEN v.inputs || jsonb_build_object('passed', m.inputs -> 'passed')
                     ELSE v.inputs END,
       decided_version = v.version, decided_for = NULL, decided_at = v.at, due_at = v.due_at,
       claimed_at = CASE WHEN v.sends THEN v.at ELSE m.claimed_at END,
       lease_until = CASE WHEN v.sends THEN v.lease_until ELSE m.lease_until END,
       called_at = CASE WHEN v.sends THEN NULL ELSE m.called_at END,
       fence = m.fence + v.sends::int,
       attempts = m.attempts + v.sends::int,
       settled_at = CASE WHEN v.state = 'dropped' THEN v.at END,
       expires_at = CASE WHEN v.rule IN ('hours', 'paused')
                         THEN greatest(m.expires_at, v.due_at + interval '1 hour') ELSE m.expires_at END
  FROM (VALUES %s) AS v (id, state, sends, address, rule, reason, detail, inputs, version, at, due_at, lease_until)
 WHERE m.id = v.id RETURNING m.id, m.fence, m.attempts
"""
TEMPLATE = "(%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s)"


STATE_AFTER: dict[type, str] = {
    Send: MessageState.CALLING.value,
    Hold: MessageState.HELD.value,
    Drop: MessageState.DROPPED.value,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """A message with its verdict and what that was made from."""

    message: Waiting
    facts: Facts
    verdict: Verdict
    version: int

    @property
    def sends(self) -> bool:
        return isinstance(self.verdict, Send)


def decide(
    message: Waiting, reading: Reading, keys: Mapping[int, set[locks.AddressKey]], permit: str = ""
) -> Decided | None:
    """The verdict; None to leave the message due, when its address is new and so is not locked.

    An error in here means no send: the message is held and decided on again in a minute.
    """
    version = reading.version(message.contact)
    try:
        known = reading.facts(
            message.contact,
            message.channel,
            message.message_class,
            expires_at=message.expires_at,
            keep=message.to,
            withdrawn=message.taken_back,
            permit=permit,
        )
        if message.broadcast:
            opens_at = message.window_opens_at(reading.at)
            known = replace(known, paused=message.paused, window_opens_at=opens_at)
        if known.address and (POINT_OF_CHANNEL[message.channel], known.address) not in keys[message.business]:
            return None
        return Decided(message, known, policy.decide(known), version)
    except Exception as error:
        log.error("Could not decide on message %s: %s", message.id, faults.described(error))
        nothing = Facts(message.channel, message.message_class, reading.at, address=message.to)
        return Decided(message, nothing, in_doubt(nothing, type(error).__name__), version)


def in_doubt(known: Facts, why: str) -> Hold:
    """What is held because the decision itself failed."""
    return Hold("error", "error", f"The decision could not be made: {why}.", known.now + LATER)


def write(decided: Sequence[Decided]) -> dict[int, tuple[int, int]]:
    """Store these verdicts; those that send are claimed. The fence and the attempts of each message."""
    if not decided:
        return {}
    written = rows.update(WRITE, [_row(each) for each in decided], template=TEMPLATE)
    dnd.note_hits(
        (
            (each.message.business, each.message.contact, each.message.channel, each.facts.address)
            for each in decided
            if dnd.is_by_the_list(each.verdict.reason)
        ),
        decided[0].facts.now,
    )
    return {pk: (fence, attempts) for pk, fence, attempts in written}


def _row(each: Decided) -> tuple[Any, ...]:
    verdict, now = each.verdict, each.facts.now
    return (
        each.message.id,
        STATE_AFTER[type(verdict)],
        each.sends,
        each.facts.address or each.message.to,
        verdict.rule,
        verdict.reason,
        verdict.detail[:400],
        json.dumps(facts.inputs(each.facts, each.version)),
        each.version,
        now,
        verdict.until if isinstance(verdict, Hold) else now,
        now + LEASE,
    )
