"""What templates and conditions see of contacts, read for many at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from contacts.models import Business
from workflows.conditions import Facts

Context = dict[str, dict[str, str]]

CONTACTS = """
SELECT c.id, c.first_name, c.last_name, c.timezone, coalesce(c.external_id, ''),
       coalesce((SELECT p.value FROM contacts_contactpoint p
                  WHERE p.contact_id = c.id AND p.kind = 'email' LIMIT 1), ''),
       coalesce((SELECT p.value FROM contacts_contactpoint p
                  WHERE p.contact_id = c.id AND p.kind = 'phone'
                  ORDER BY p.preferred DESC, p.position, p.id LIMIT 1), '')
  FROM contacts_contact c WHERE c.id = ANY(%s)
"""

FACTS = """
SELECT c.id, coalesce(s.outbound, 0), c.status_id, t.name,
       ARRAY(SELECT lower(t.name) FROM contacts_contacttag l JOIN contacts_tag t ON t.id = l.tag_id
              WHERE l.contact_id = c.id)
  FROM contacts_contact c LEFT JOIN dnd_standing s ON s.contact_id = c.id
  LEFT JOIN contacts_status t ON t.id = c.status_id WHERE c.id = ANY(%s)
"""


def contexts(business: int, contacts: Sequence[int]) -> dict[int, Context]:
    """What a template may use, for each of these contacts: `contact` and `business`."""
    name, phone, address = Business.objects.values_list("name", "phone", "address").get(pk=business)
    owner = {"name": name, "phone": phone, "address": address}
    return {pk: {"contact": contact, "business": owner} for pk, contact in _contacts(contacts).items()}


def facts(contacts: Sequence[int]) -> dict[int, Facts]:
    """What a condition may ask, for each of these contacts."""
    people = _contacts(contacts)
    return {
        pk: Facts(
            people[pk], frozenset(tags), blocked, frozenset([str(status), name.lower()] if name else [])
        )
        for pk, blocked, status, name, tags in _rows(FACTS, contacts)
    }


def _contacts(contacts: Iterable[int]) -> dict[int, dict[str, str]]:
    return {
        pk: {
            "first_name": first,
            "last_name": last,
            "name": f"{first} {last}".strip(),
            "timezone": timezone,
            "external_id": external_id,
            "email": email,
            "phone": phone,
        }
        for pk, first, last, timezone, external_id, email, phone in _rows(CONTACTS, contacts)
    }


def _rows(sql: str, contacts: Iterable[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(contacts)])
        return list(cursor.fetchall())
