"""What was claimed before a change of DND and is being called now."""

from collections.abc import Sequence

from django.db import connection

from dnd.hooks import Question

ANYTHING = "SELECT EXISTS (SELECT 1 FROM messaging_message WHERE state = 'calling')"
SQL = """
SELECT DISTINCT q.contact
  FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS q (contact, version, at)
 WHERE EXISTS (SELECT 1 FROM messaging_message m
                WHERE m.contact_id = q.contact AND m.state = 'calling'
                  AND (m.decided_version < q.version OR m.decided_for IS NOT NULL))
    OR EXISTS (SELECT 1 FROM contacts_contactpoint p
                 JOIN messaging_message m ON m."to" = p.value AND m.business_id = p.business_id
                WHERE p.contact_id = q.contact AND m.state = 'calling' AND m.claimed_at < q.at)
    OR q.at IN (SELECT s.since FROM messaging_message m
                  JOIN dnd_suppression s ON s.business_id = m.business_id AND s.address = m."to"
                 WHERE m.state = 'calling' AND m.claimed_at < s.since)
"""


def in_flight(questions: Sequence[Question]) -> set[int]:
    """The contacts, of those asked about, for which a call claimed before the change is not settled.

    By contact, whatever came with one who was merged into it; by any address that the contact has, whoever is
    called there; and by an address that the change itself suppressed.
    """
    if not questions:
        return set()
    with connection.cursor() as cursor:
        # Mostly nothing is, and this says so in a tenth of the time. Whoever asks holds the locks that a claim
        # from before the change has given back by committing, so it is seen here.
        cursor.execute(ANYTHING)
        if cursor.fetchone() == (False,):
            return set()
        cursor.execute(SQL, [list(column) for column in zip(*questions, strict=True)])
        return {contact for (contact,) in cursor.fetchall()}
