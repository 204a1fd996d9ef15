"""A business full of contacts, written straight into its tables."""

from collections.abc import Mapping

from django.db import connection

from contacts.models import Business
from messaging.models import Connection
from tests.factories import BusinessFactory


def business(env: Mapping[str, str]) -> Business:
    """One that sends SMS and email through the simulator of a fleet's environment."""
    made = BusinessFactory()
    twilio = {"account_sid": f"AC{made.pk:032x}", "auth_token": "a token", "from_number": "+14155550199"}
    smtp = {"url": env["HEED_SIMULATOR_SMTP"], "from_email": "desk@example.org"}
    Connection.objects.create(business=made, channel="sms", driver="twilio", config=twilio)
    Connection.objects.create(business=made, channel="email", driver="smtp", config=smtp)
    return made


def contacts(owner: Business, count: int, *, sharing: int = 1) -> list[int]:
    """So many contacts, told apart by `first_name`, each with an email and `sharing` of them with a number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (business_id, first_name, last_name, timezone, created_at)"
            " SELECT %s, 'No' || n, 'Body', '', now() FROM generate_series(1, %s) n RETURNING id",
            [owner.pk, count],
        )
        ids = [row[0] for row in cursor.fetchall()]
        # 2 as the last digit keeps clear of the numbers and mailboxes whose answers the simulator makes up.
        for kind, value, line in (
            ("phone", f"'+1212' || lpad(((n - 1) / {sharing})::text, 6, '0') || '2'", "mobile"),
            ("email", "'body' || id || '@example.org'", ""),
        ):
            cursor.execute(
                "INSERT INTO contacts_contactpoint"
                " (business_id, contact_id, kind, value, label, line_type, preferred, position, screened)"
                f" SELECT %s, id, %s, {value}, '', %s, false, 0, true"
                " FROM unnest(%s::bigint[]) WITH ORDINALITY AS them (id, n)",
                [owner.pk, kind, line, ids],
            )
    return ids
