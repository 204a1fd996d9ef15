"""How many messages a connection carries in a second or a minute, as its provider allows. For enterprise users."""

from datetime import timedelta

from django.db import connection as database
from django.db import transaction

from contacts import locks
from contacts.actors import Actor
from contacts.ring import ring
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Role, role_reaches
from messaging.models import Connection, Lane, Pace
from messaging.services.proposing import DELIVER

SECONDS = {"second": 1, "minute": 60}
MOST = 100_000
PLACE_ANEW = """
UPDATE messaging_message SET due_at = clock_timestamp()
 WHERE id IN (SELECT id FROM messaging_message
               WHERE lane = 'bulk' AND state = 'queued' AND due_at > clock_timestamp()
                 AND business_id = %s AND channel = %s AND attempts = 0 FOR UPDATE SKIP LOCKED)
"""


@transaction.atomic
def limit_connection(*, connection: Connection, messages: int | None, per: str, by: Actor) -> None:
    """Let no more of what goes to many leave by it than so many a second or a minute; None takes the limit away.

    What waits for its turn gets a new one. Raises RoleRequired or Invalid.
    """
    if not role_reaches(by.role, Role.ENTERPRISE):
        raise RoleRequired(Role.ENTERPRISE.value)
    if per not in SECONDS:
        raise Invalid({"rate_limit.per": f"Choose one of {', '.join(SECONDS)}."})
    if messages is not None and not 1 <= messages <= MOST:
        raise Invalid({"rate_limit.messages": f"Give a whole number from 1 to {MOST:,}."})
    if messages is None:
        Pace.objects.filter(connection=connection).delete()
    else:
        now = locks.now()
        step = timedelta(seconds=SECONDS[per]) / messages
        pace = {"messages": messages, "seconds": SECONDS[per], "next_at": now, "line_until": now - step}
        made = {**pace, "business_id": connection.business_id}
        Pace.objects.update_or_create(connection=connection, defaults=pace, create_defaults=made)
    with database.cursor() as cursor:
        cursor.execute(PLACE_ANEW, [connection.business_id, connection.channel])
    ring(DELIVER, Lane.BULK.value)


def rate_limit(connection: Connection) -> tuple[int, str] | None:
    """So many, in a second or a minute; None without a limit."""
    pace = Pace.objects.filter(connection=connection).first()
    if pace is None:
        return None
    return pace.messages, next(word for word, seconds in SECONDS.items() if seconds == pace.seconds)
