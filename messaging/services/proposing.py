"""Handing messages to the door: the verdict now, and a row for what is to be sent or was refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from contacts import rows
from contacts.ring import ring
from messaging import facts, policy
from messaging.facts import Reading
from messaging.models import LANE_OF, Message, MessageState
from messaging.policy import Drop, Facts, Hold, Send, Verdict

DELIVER = "messaging.tasks.deliver_lane"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A message that somebody wants to be sent. `first_due`: since when it waits, for when it expires."""

    contact_id: int
    channel: str
    message_class: str
    subject: str
    body: str
    actor: str
    enrollment: int | None = None
    step: int | None = None
    first_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy says of a proposal, at which version of the contact, and the message that was written."""

    verdict: Verdict
    message_id: int | None
    version: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal with its verdict and what that was made from."""

    proposal: Proposal
    facts: Facts
    verdict: Verdict
    version: int


def propose(business: int, proposals: Sequence[Proposal], *, at: datetime | None = None) -> list[Answer]:
    """Decide on messages to contacts whose locks the caller holds: queue those that may go, record the refused.

    What is to be held is not written: the caller asks again at `verdict.until`. The door asks the policy once
    more before each message leaves. `at`, the time under the lock, is read here when left out.
    """
    if not proposals:
        return []
    drafts = draft(facts.read([proposal.contact_id for proposal in proposals]), proposals, at)
    ids = iter(write(business, [draft for draft in drafts if not isinstance(draft.verdict, Hold)]))
    return [
        Answer(draft.verdict, None if isinstance(draft.verdict, Hold) else next(ids), draft.version)
        for draft in drafts
    ]


def draft(reading: Reading, proposals: Iterable[Proposal], at: datetime | None = None) -> list[Draft]:
    """The verdict on each proposal."""
    now, drafts = at or reading.at, []
    for proposal in proposals:
        known = reading.facts(
            proposal.contact_id,
            proposal.channel,
            proposal.message_class,
            expires_at=policy.expires_at(proposal.message_class, proposal.first_due or now),
        )
        drafts.append(Draft(proposal, known, policy.decide(known), reading.version(proposal.contact_id)))
    return drafts


STATE_AFTER: dict[type, str] = {
    Send: MessageState.QUEUED.value,
    Hold: MessageState.HELD.value,
    Drop: MessageState.DROPPED.value,
}
COLUMNS = (
    "business_id", "contact_id", "direction", "channel", "message_class", "lane", '"to"', "subject", "body",
    "actor", "state", "rule", "reason", "detail", "inputs", "decided_version", "decided_at", "withdrawn", "due_at",
    "expires_at", "attempts", "fence", "settled_at", "provider_id", "created_at", "enrollment", "step",
)  # fmt: skip


def write(business: int, drafts: Sequence[Draft]) -> list[int]:
    """Insert a message for each draft and ring for their lanes; the ids, in the order of the drafts."""
    if not drafts:
        return []
    got = rows.insert(Message, COLUMNS, [_row(business, draft) for draft in drafts], returning="id")
    for lane in {LANE_OF[d.proposal.message_class] for d in drafts if not isinstance(d.verdict, Drop)}:
        ring(DELIVER, lane)
    return [pk for (pk,) in got]


def _row(business: int, draft: Draft) -> tuple[Any, ...]:
    proposal, verdict, now = draft.proposal, draft.verdict, draft.facts.now
    return (
        business, proposal.contact_id, Message.Way.OUTBOUND.value, proposal.channel, proposal.message_class,
        LANE_OF[proposal.message_class], draft.facts.address, proposal.subject[:400], proposal.body,
        proposal.actor[:200], STATE_AFTER[type(verdict)], verdict.rule, verdict.reason, verdict.detail[:400],
        rows.Json(facts.inputs(draft.facts, draft.version)), draft.version, now, False,
        verdict.until if isinstance(verdict, Hold) else now, draft.facts.expires_at, 0, 0,
        now if isinstance(verdict, Drop) else None, "", now, proposal.enrollment, proposal.step,
    )  # fmt: skip


def withdraw(enrollments: Sequence[int], *, why: str) -> int:
    """Take back what these enrollments have queued or held; how many messages. The caller holds the contacts' locks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET withdrawn = true, detail = %s, due_at = clock_timestamp()"
            " WHERE enrollment = ANY(%s) AND state IN ('queued', 'held') AND NOT withdrawn RETURNING lane",
            [why[:400], list(enrollments)],
        )
        lanes = [lane for (lane,) in cursor.fetchall()]
    for lane in set(lanes):
        ring(DELIVER, lane)
    return len(lanes)
