"""Contacts by the thousand, written straight into their tables."""

from django.db import connection

from contacts.models import Business
from dnd import services as dnd
from dnd.services.changing import BATCH
from tests.factories import MANAGER


def business(slug: str) -> Business:
    return Business.objects.create(
        name=slug.title(), slug=slug, phone="+14155550199", address="1 Main Street"
    )


def contacts(owner: Business, number: int) -> list[int]:
    """Contacts with a phone and an email each, screened already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contact (business_id, first_name, last_name, timezone, created_at)"
            " SELECT %s, 'Ada', 'Byron ' || n, '', now() FROM generate_series(1, %s) n RETURNING id",
            [owner.pk, number],
        )
        ids = [row[0] for row in cursor.fetchall()]
        for kind, value, line in (
            # No number ends in four digits by which the provider simulator would be told to fail.
            ("phone", "'+1415' || lpad(id::text, 5, '5') || '77'", "unknown"),
            ("email", "'ada' || id || '@example.org'", ""),
        ):
            cursor.execute(
                "INSERT INTO contacts_contactpoint"
                " (business_id, contact_id, kind, value, label, line_type, preferred, position, screened)"
                f" SELECT business_id, id, %s, {value}, '', %s, false, 0, true FROM contacts_contact"
                " WHERE business_id = %s",
                [kind, line, owner.pk],
            )
    return ids


def block(owner: Business, ids: list[int], *channels: str) -> None:
    wish = dnd.Wish(outbound=dict.fromkeys(channels, True))
    for start in range(0, len(ids), BATCH):
        dnd.change(business=owner, contacts=ids[start : start + BATCH], wish=wish, by=MANAGER)


def analyze() -> None:
    """What autovacuum would have done by the time that so many rows had come in by themselves."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
