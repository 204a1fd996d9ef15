"""How often the Do Not Contact list has stopped something, counted without anybody waiting for it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from contacts import rows
from dnd.models import DncHit

REASON = "dnc_list"
PER_TICK = 5_000
ONE_AT_A_TIME = 5_411_001
"""The number of the advisory lock under which hits are counted."""

Hit = tuple[int, int, str, str]
"""(business, contact, channel, address): what was not sent, or who came with an address of the list."""

COUNT = """
WITH taken AS (
  DELETE FROM dnd_dnchit WHERE id IN (SELECT id FROM dnd_dnchit ORDER BY id LIMIT %s) RETURNING *
), counted AS (
  SELECT entry.id, count(*) AS hits, max(t.at) AS last_at
    FROM taken t CROSS JOIN LATERAL (
      SELECT e.id FROM dnd_dncentry e
       WHERE e.business_id = t.business AND e.lifted_at IS NULL AND (t.channel = '' OR t.channel = ANY(e.channels))
         AND (e.contact_id = t.contact OR e.addresses &&
              (ARRAY(SELECT p.value FROM contacts_contactpoint p WHERE p.contact_id = t.contact) || t.address))
       ORDER BY e.contact_id = t.contact DESC, e.at, e.id LIMIT 1) entry
   GROUP BY entry.id
), added AS (
  UPDATE dnd_dncentry d SET hits = d.hits + c.hits, last_hit_at = greatest(d.last_hit_at, c.last_at)
    FROM counted c WHERE d.id = c.id
)
SELECT count(*) FROM taken
"""


def is_by_the_list(reason: str) -> bool:
    """Whether a verdict's reason says that the list stopped it: `dnd:sms:dnc_list`, `suppressed:dnc_list`."""
    return reason.endswith(f":{REASON}")


def note_hits(hits: Iterable[Hit], at: datetime) -> None:
    """Remember what the list has stopped, in the caller's transaction."""
    found = [(*hit, at) for hit in hits]
    if found:
        rows.insert(DncHit, ("business", "contact", "channel", "address", "at"), found)


@transaction.atomic
def count_hits() -> int:
    """Add what was remembered to the entries: the contact's own, else the one with its address; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(COUNT, [PER_TICK])
        return int(cursor.fetchone()[0])
