"""Before publishing: how many contacts each message would reach as they stand now, and why not the others."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from contacts.models import POINT_OF_CHANNEL, Business
from contacts.words import BIT
from workflows.definition.steps import walk
from workflows.models import Workflow
from workflows.steps import KINDS
from workflows.steps.messages import Send

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


@dataclass(frozen=True, slots=True)
class StepForecast:
    """One step that communicates: how many contacts it would reach, and how many not, by reason."""

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
