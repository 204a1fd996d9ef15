"""The messages of two contacts that are one person."""

from django.db import connection
from django.db.models import Exists, OuterRef

from contacts.keeping import Keeper, Merging
from messaging.models import Message

MOVE = """
UPDATE messaging_message
   SET contact_id = %s,
       decided_for = CASE WHEN decided_version IS NULL THEN NULL ELSE coalesce(decided_for, contact_id) END
 WHERE contact_id = %s
"""


def merge(merging: Merging) -> None:
    """All of them move, whatever their state; a text that both got, since they share its number, is kept once.

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
        cursor.execute(MOVE, [merging.winner, merging.loser])


KEEPER = Keeper(app="messaging", fields=frozenset({"messaging.Message.contact"}), merge=merge)
