"""What held messages has changed: the steps that wait for it ask again."""

from collections.abc import Collection

from django.db import connection

from contacts.ring import ring
from workflows.entering import RUN
from workflows.steps import KINDS
from workflows.steps.messages import Send, SendPreferred


def ask_again(business: int, channels: Collection[str]) -> None:
    """Make due every enrollment of the business that is held at a step which may send on one of these channels.

    One that a tick has in its hands at this moment is passed over: it asks again when its time has come.
    """
    kinds = [
        name
        for name, kind in KINDS.items()
        if isinstance(kind, SendPreferred) or (isinstance(kind, Send) and kind.channel in channels)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_enrollment SET due_at = clock_timestamp()"
            " WHERE id IN (SELECT id FROM workflows_enrollment WHERE business_id = %s AND kind = ANY(%s)"
            " AND held_since IS NOT NULL AND due_at > statement_timestamp() FOR NO KEY UPDATE SKIP LOCKED)",
            [business, kinds],
        )
    ring(RUN)
