"""Before publishing: how many contacts each message would reach as they stand now, and why not the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts.models import POINT_OF_CHANNEL, Business
from contacts.words import BIT, mask_of
from messaging.choosing import CHANNEL_OF
from messaging.models import Connection
from workflows.definition.steps import Step, walk
from workflows.models import Workflow
from workflows.steps import KINDS
from workflows.steps.messages import Send, SendPreferred

COUNTS = """
SELECT CASE
         WHEN NOT EXISTS (SELECT FROM contacts_contactpoint p WHERE p.contact_id = c.id AND p.kind = %s
                             AND NOT (%s = 'sms' AND p.line_type = 'landline')) THEN 'no_address'
         WHEN coalesce(s.outbound, 0) & %s > 0 THEN 'dnd'
         WHEN s.do_not_contact THEN 'do_not_contact'
         WHEN t.restricts_contact THEN 'status'
         ELSE 'send'
       END, count(*)
  FROM contacts_contact c
  LEFT JOIN dnd_standing s ON s.contact_id = c.id LEFT JOIN contacts_status t ON t.id = c.status_id
 WHERE c.business_id = %s AND c.deleted_at IS NULL GROUP BY 1
"""
# The way of a message that has copy for several, as messaging.choosing has it: an automation, by the business's policy.
WAYS = """
WITH person AS (
    SELECT c.id, coalesce(s.outbound, 0) AS blocked, coalesce(s.do_not_contact, false) AS paused,
           coalesce(t.restricts_contact, false) AS restricted,
           coalesce(bool_or(p.kind = 'phone'), false) AS phone,
           coalesce(bool_or(p.kind = 'phone' AND p.line_type <> 'landline'), false)
               AND NOT coalesce(bool_or(p.preferred AND p.line_type = 'landline'), false) AS textable,
           coalesce(bool_or(p.kind = 'email'), false) AS email
      FROM contacts_contact c
      LEFT JOIN dnd_standing s ON s.contact_id = c.id LEFT JOIN contacts_status t ON t.id = c.status_id
      LEFT JOIN contacts_contactpoint p ON p.contact_id = c.id
     WHERE c.business_id = %(business)s AND c.deleted_at IS NULL
     GROUP BY c.id, s.outbound, s.do_not_contact, t.restricts_contact
), open AS (
    SELECT *, textable AND blocked & %(sms)s = 0 AS texts FROM person
)
SELECT CASE
         WHEN paused THEN 'do_not_contact'
         WHEN restricted THEN 'status'
         WHEN 'text' = ANY(%(copies)s) AND texts THEN 'text'
         WHEN 'call' = ANY(%(copies)s) AND phone AND blocked & %(call)s = 0
              AND NOT (%(literal)s AND texts) AND NOT (%(no_calls)s AND blocked & %(sms)s > 0) THEN 'call'
         WHEN 'email' = ANY(%(copies)s) AND email AND blocked & %(email)s = 0
              AND NOT (%(literal)s AND phone) THEN 'email'
         WHEN blocked & %(mine)s > 0 THEN 'dnd'
         ELSE 'no_address'
       END, count(*)
  FROM open GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class StepForecast:
    """One step that communicates: how many contacts it would reach, and how many not, by reason.

    A step of several ways has one for each; who is not reached at all is counted with the first.
    """

    step: str
    kind: str
    channel: str
    send: int
    skipped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """If every contact of the business went through the workflow now."""

    contacts: int
    steps: list[StepForecast]


def preview(workflow: Workflow) -> Forecast:
    """Count the business's contacts for each step that communicates. Reads one query a channel; changes nothing."""
    counts: dict[str, dict[str, int]] = {}
    steps = []
    for path, step in walk(workflow.steps, ""):
        kind = KINDS[step["kind"]]
        if isinstance(kind, SendPreferred):
            steps += _ways(workflow.business, path, step)
        if isinstance(kind, Send):
            if kind.channel not in counts:
                counts[kind.channel] = _count(workflow.business, kind.channel)
            count = counts[kind.channel]
            skipped = {reason: n for reason, n in count.items() if reason != "send"}
            steps.append(StepForecast(path, step["kind"], kind.channel, count.get("send", 0), skipped))
    return Forecast(workflow.business.contacts.filter(deleted_at=None).count(), steps)


def _count(business: Business, channel: str) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [POINT_OF_CHANNEL[channel], channel, BIT[channel], business.pk])
        return dict(cursor.fetchall())


def _ways(business: Business, path: str, step: Step) -> list[StepForecast]:
    """One line for each way for which the step has copy."""
    copies = [way for way in CHANNEL_OF if way in step]
    connected = Connection.objects.filter(business=business).values_list("channel", flat=True)
    asked: dict[str, Any] = {
        "business": business.pk,
        "copies": [way for way in copies if CHANNEL_OF[way] in connected],
        "literal": business.delivery_policy == Business.DeliveryPolicy.LITERAL,
        "no_calls": business.calls_after_sms_opt_out == Business.CallsAfterOptOut.BLOCKED,
        "mine": mask_of(CHANNEL_OF[way] for way in copies),
        **{channel: BIT[channel] for channel in CHANNEL_OF.values()},
    }
    with connection.cursor() as cursor:
        cursor.execute(WAYS, asked)
        counts = dict(cursor.fetchall())
    skipped = {reason: n for reason, n in counts.items() if reason not in CHANNEL_OF}
    return [
        StepForecast(path, step["kind"], CHANNEL_OF[way], counts.get(way, 0), {} if n else skipped)
        for n, way in enumerate(copies)
    ]
