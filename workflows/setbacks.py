"""Events at which the dispatcher failed: set aside, tried again later and later, never dropped."""

import logging
from collections.abc import Sequence

from django.db import connection

from workflows import faults
from workflows.models import Setback

log = logging.getLogger(__name__)
LONGEST = 3_600


def set_back(event: int, error: BaseException) -> None:
    """Leave the event pending and look at it again in a second, then two, four, … at most an hour."""
    what = faults.described(error)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_setback AS s (event_id, attempts, error, retry_at)"
            " VALUES (%s, 1, %s, clock_timestamp() + interval '1 second')"
            " ON CONFLICT (event_id) DO UPDATE SET attempts = s.attempts + 1, error = excluded.error, retry_at ="
            " clock_timestamp() + least(%s, power(2, least(s.attempts, 30))) * interval '1 second'",
            [event, what, LONGEST],
        )
    log.error("Event %s could not be dispatched and is tried again: %s", event, what)


def forget(events: Sequence[int]) -> None:
    """These events have been dispatched."""
    Setback.objects.filter(event__in=events).delete()
