"""The messages of two contacts that are one person."""

from django.db import connection
from django.db.models import Exists, OuterRef

from contacts.keeping import Merging
from messaging.models import Message

MOVE = """
UPDATE messaging_message
   SET contact_id = %s,
       decided_for = CASE WHEN decided_version IS NULL THEN NULL ELSE coalesce(decided_for, contact_id) END
 WHERE contact_id = %s
"""
ONCE = """
UPDATE messaging_message m SET withdrawn = true, due_at = clock_timestamp(), detail = %s
 WHERE m.contact_id = %s AND m.broadcast_id IS NOT NULL AND m.state IN ('queued', 'held')
   AND EXISTS (SELECT 1 FROM messaging_message o WHERE o.contact_id = %s AND o.broadcast_id = m.broadcast_id
                                                   AND o.state <> 'dropped')
"""
ALREADY = "The contact became part of another, whom the same broadcast reaches."


def merge(merging: Merging) -> None:
    """All of them move, whatever their state; a text that both got, since they share its number, is kept once.

    What one of them is still to get of a broadcast that reaches the other is taken back.

    What was decided on stays to be held against the ledger it was decided by, and what is being called goes on
    counting as in flight.
    """
    twins = Message.objects.filter(
        contact=merging.winner,
        direction=Message.Way.INBOUND,
        channel=OuterRef("channel"),
        provider_id=OuterRef("provider_id"),
    )
    theirs = Message.objects.filter(contact=merging.loser, direction=Message.Way.INBOUND)
    theirs.exclude(provider_id="").filter(Exists(twins)).delete()
    with connection.cursor() as cursor:
        cursor.execute(ONCE, [ALREADY, merging.loser, merging.winner])
        cursor.execute(MOVE, [merging.winner, merging.loser])
