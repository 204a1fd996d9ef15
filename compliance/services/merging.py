"""What compliance keeps of a contact, when two are one person. What it keeps of addresses stays with the addresses."""

from django.db import connection

from compliance.models import LinkToken, Told
from contacts.keeping import Merging

EARLIER = """
UPDATE compliance_told mine SET at = least(mine.at, theirs.at) FROM compliance_told theirs
 WHERE mine.contact_id = %s AND theirs.contact_id = %s AND theirs.channel = mine.channel
"""


def merge(merging: Merging) -> None:
    """A link in an old message goes on working, for the winner. Who was told how to opt out is told sooner again."""
    LinkToken.objects.filter(contact=merging.loser).update(contact=merging.winner)
    with connection.cursor() as cursor:
        cursor.execute(EARLIER, [merging.winner, merging.loser])
    Told.objects.filter(contact=merging.loser).delete()
