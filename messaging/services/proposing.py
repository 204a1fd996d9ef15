"""Handing messages to the door: the verdict now, and a row for what is to be sent or was refused."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.ring import ring
from contacts.words import Source
from dnd import services as dnd
from messaging import facts, policy
from messaging.facts import Reading
from messaging.models import LANE_OF, MessageState
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
    source: str = Source.WORKFLOW.value


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
    reading = facts.read([proposal.contact_id for proposal in proposals])
    drafts = draft(replace(reading, at=at) if at else reading, proposals)
    ids = iter(write(business, [draft for draft in drafts if not isinstance(draft.verdict, Hold)]))
    return [
        Answer(draft.verdict, None if isinstance(draft.verdict, Hold) else next(ids), draft.version)
        for draft in drafts
    ]


def draft(reading: Reading, proposals: Iterable[Proposal]) -> list[Draft]:
    """The verdict on each proposal."""
    drafts = []
    for proposal in proposals:
        known = reading.facts(
            proposal.contact_id,
            proposal.channel,
            proposal.message_class,
            first_due=proposal.first_due or reading.at,
        )
        drafts.append(Draft(proposal, known, policy.decide(known), reading.version(proposal.contact_id)))
    return drafts


STATE_AFTER: dict[type, str] = {
    Send: MessageState.QUEUED.value,
    Hold: MessageState.HELD.value,
    Drop: MessageState.DROPPED.value,
}
COLUMNS = {
    "contact_id": "bigint",
    "channel": "text",
    "message_class": "text",
    "lane": "text",
    '"to"': "text",
    "subject": "text",
    "body": "text",
    "source": "text",
    "actor": "text",
    "state": "text",
    "rule": "text",
    "reason": "text",
    "detail": "text",
    "inputs": "jsonb",
    "decided_version": "int",
    "due_at": "timestamptz",
    "expires_at": "timestamptz",
    "settled_at": "timestamptz",
    "enrollment": "bigint",
    "step": "int",
}
NAMES = ", ".join(COLUMNS)
# A column at a time, each one literal: a third of the time that a list of VALUES takes.
INSERT = f"""
INSERT INTO messaging_message (business_id, direction, withdrawn, attempts, fence, provider_id,
                               decided_at, created_at, {NAMES})
SELECT %s, 'outbound', false, 0, 0, '', %s, %s, {NAMES}
  FROM unnest({", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())}) AS given ({NAMES})
RETURNING id
"""  # noqa: S608 - the names are those above


def write(business: int, drafts: Sequence[Draft]) -> list[int]:
    """Insert a message for each draft and ring for their lanes; the ids, in the order of the drafts."""
    if not drafts:
        return []
    now = drafts[0].facts.now
    columns = map(_array, zip(*map(_row, drafts), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [business, now, now, *columns])
        ids = [pk for (pk,) in cursor.fetchall()]
    dnd.note_hits(
        (
            (business, each.proposal.contact_id, each.proposal.channel, each.facts.address)
            for each in drafts
            if dnd.is_by_the_list(each.verdict.reason)
        ),
        now,
    )
    for lane in {LANE_OF[d.proposal.message_class] for d in drafts if not isinstance(d.verdict, Drop)}:
        ring(DELIVER, lane)
    return ids


def _row(draft: Draft) -> tuple[Any, ...]:
    proposal, known, verdict = draft.proposal, draft.facts, draft.verdict
    return (
        proposal.contact_id,
        proposal.channel,
        proposal.message_class,
        LANE_OF[proposal.message_class],
        known.address,
        proposal.subject[:400],
        proposal.body,
        proposal.source,
        proposal.actor[:200],
        STATE_AFTER[type(verdict)],
        verdict.rule,
        verdict.reason,
        verdict.detail[:400],
        json.dumps(facts.inputs(known, draft.version)),
        draft.version,
        verdict.until if isinstance(verdict, Hold) else known.now,
        known.expires_at,
        known.now if isinstance(verdict, Drop) else None,
        proposal.enrollment,
        proposal.step,
    )


def _array(values: Sequence[Any]) -> str:
    """These values of one column as PostgreSQL's array literal."""
    if all(type(value) is str for value in values):
        return _texts(values)
    return "{" + ",".join(map(_element, values)) + "}"


def _texts(values: Sequence[str]) -> str:
    together = "".join(values)
    if '"' in together or "\\" in together:
        values = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(values) + '"}'


def _element(value: datetime | int | str | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return _texts([value])[1:-1]
    return str(value) if isinstance(value, int) else f'"{value.isoformat()}"'


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
