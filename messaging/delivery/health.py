"""How each connection fares: when it last took something, and when and why it last could not."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection
from django.utils import timezone

from messaging.delivery.calling import Called
from messaging.models import Connection
from messaging.providers.base import Lost, NotTaken, Refused, Taken

HEARD_EVERY = timedelta(minutes=1)
# What changes nothing is kept at most every two seconds, so that the processes of a large broadcast do not wait for
# each other here.
NOTE = """
UPDATE messaging_connection
   SET worked_at = CASE WHEN %(took)s THEN %(at)s ELSE worked_at END,
       failed_at = CASE WHEN %(failure)s <> '' THEN %(at)s ELSE failed_at END,
       failure = CASE WHEN %(failure)s <> '' THEN %(failure)s ELSE failure END
 WHERE id = %(account)s
   AND (%(took)s AND (failed_at > worked_at OR coalesce(worked_at, '-infinity') < %(at)s - interval '2 seconds')
        OR %(failure)s <> ''
           AND (worked_at > failed_at OR coalesce(failed_at, '-infinity') < %(at)s - interval '2 seconds'))
"""


def note(calls: Iterable[Called], at: datetime) -> None:
    """Keep how these calls went. The last thing of a settling, after everything that it locks."""
    ordered = sorted(calls, key=lambda called: called.claim.account.id)
    with connection.cursor() as cursor:
        for account, group in groupby(ordered, key=lambda called: called.claim.account.id):
            own = list(group)
            took = any(isinstance(called.answer, Taken) for called in own)
            cursor.execute(NOTE, {"account": account, "took": took, "failure": _failure(own), "at": at})


def _failure(calls: Sequence[Called]) -> str:
    """What last went wrong that would have gone wrong with any other message too."""
    details = [
        answer.detail
        for answer in (called.answer for called in calls)
        if isinstance(answer, Lost) or (isinstance(answer, NotTaken | Refused) and answer.of_connection)
    ]
    return details[-1][:400] if details else ""


def heard_from(account: Connection) -> None:
    """A provider has called us by this connection, so its callbacks find their way."""
    now = timezone.now()
    if account.heard_at is None or account.heard_at < now - HEARD_EVERY:
        Connection.objects.filter(pk=account.pk).update(heard_at=now)
