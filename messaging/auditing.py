"""Holding every call against the ledger as it stood. It uses none of the code that decides on messages."""

from django.db import connection

from contacts import locks
from messaging import policy
from messaging.models import Audit

SHOWN = 1_000
"""Violations kept with an audit."""

COUNT = """
SELECT count(*) FROM messaging_message
 WHERE direction = 'outbound' AND claimed_at IS NOT NULL
   AND state IN ('calling', 'sent', 'delivered', 'failed', 'unknown')
"""
CHECK = """
WITH called AS (
    SELECT id, business_id, coalesce(decided_for, contact_id) AS contact_id, channel, message_class, "to", state,
           decided_version, claimed_at, called_at
      FROM messaging_message
     WHERE direction = 'outbound' AND claimed_at IS NOT NULL
       AND state IN ('calling', 'sent', 'delivered', 'failed', 'unknown')
), line AS (
    SELECT c.id, c.contact_id, c.version, c.enabled, c.recorded_at, c.direction, c.channels
      FROM dnd_change c WHERE c.kind = 'changed' AND c.direction IN ('outbound', 'automations')
), covering AS (
    SELECT m.id AS message, m.decided_version, m.claimed_at, m.called_at, line.*
      FROM called m JOIN line ON line.contact_id = m.contact_id
     WHERE line.direction = 'outbound' AND m.channel = ANY(line.channels) AND m.message_class = ANY(%(obey_dnd)s)
        OR line.direction = 'automations' AND m.message_class = ANY(%(obey_switch)s)
), stood AS (
    SELECT DISTINCT ON (message, direction) message, direction, enabled, version
      FROM covering WHERE version <= decided_version ORDER BY message, direction, version DESC
)
SELECT message, 'stood', version FROM stood WHERE enabled
UNION ALL
SELECT message, 'overlooked', version FROM covering
 WHERE enabled AND version > decided_version AND recorded_at < claimed_at
UNION ALL
SELECT message, 'effective', version FROM covering c JOIN dnd_effective e ON e.change_id = c.id
 WHERE c.enabled AND c.version > c.decided_version AND c.called_at >= e.at
UNION ALL
SELECT m.id, 'suppressed', s.id FROM called m
  JOIN dnd_suppression s ON s.business_id = m.business_id AND s.address = m."to" AND s.channel = m.channel
 WHERE m.message_class = ANY(%(obey_dnd)s)
   AND s.since <= m.claimed_at AND m.claimed_at < coalesce(s.lifted_at, 'infinity')
UNION ALL
SELECT m.id, 'no_permit', NULL FROM called m
 WHERE m.message_class = 'system' AND NOT EXISTS (SELECT 1 FROM compliance_permit p WHERE p.message = m.id)
UNION ALL
SELECT m.id, 'stuck', NULL FROM called m
 WHERE m.state = 'calling' AND m.claimed_at < clock_timestamp() - interval '90 seconds'
ORDER BY 1, 2
"""
SENTENCES = {
    "stood": "Message {0} was decided on at a version at which a block stood since version {1}.",
    "overlooked": "Message {0} was claimed after version {1} had blocked it, and decided on before that.",
    "effective": "Message {0} was called after the block of version {1} was effective.",
    "suppressed": "Message {0} was claimed for an address that suppression {1} held.",
    "no_permit": "Message {0} is a confirmation without a permit.",
    "stuck": "Message {0} has been calling for more than 90 seconds.",
}


def run() -> Audit:
    """Check every call there is, and keep what was found."""
    started_at = locks.now()
    obeys = policy.classes()
    obey_dnd = [name for name, rule in obeys.items() if rule.outbound_dnd]
    obey_switch = [name for name, rule in obeys.items() if rule.do_not_contact]
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        (messages,) = cursor.fetchone()
        cursor.execute(CHECK, {"obey_dnd": obey_dnd, "obey_switch": obey_switch})
        found = [SENTENCES[kind].format(message, other) for message, kind, other in cursor.fetchall()]
    return Audit.objects.create(
        started_at=started_at, finished_at=locks.now(), messages=messages, violations=found[:SHOWN]
    )


def latest() -> Audit | None:
    """The newest audit, for the start page."""
    return Audit.objects.order_by("-id").first()
