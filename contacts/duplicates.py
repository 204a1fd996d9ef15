"""Contacts that may be one person: those who have a phone number or an email in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from contacts.models import Business, Contact

PAGE = 25
SHARED = """
SELECT kind, value, array_agg(contact_id ORDER BY contact_id) FROM contacts_contactpoint
 WHERE business_id = %s AND kind IN ('email', 'phone') AND (kind, value) > (%s, %s)
 GROUP BY kind, value HAVING count(*) > 1 ORDER BY kind, value LIMIT %s
"""
WITH = """
SELECT p.kind, p.value, o.contact_id FROM contacts_contactpoint p
  JOIN contacts_contactpoint o ON o.business_id = p.business_id AND o.kind = p.kind AND o.value = p.value
 WHERE p.contact_id = %s AND o.contact_id <> p.contact_id ORDER BY p.position, p.id, o.contact_id
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """An address and everybody who has it, oldest first."""

    kind: str
    value: str
    contacts: tuple[Contact, ...]


def find(business: Business, *, after: tuple[str, str] = ("", ""), limit: int = PAGE) -> list[Shared]:
    """Addresses that several contacts have, in their order, beginning after one."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED, [business.pk, *after, limit])
        found = cursor.fetchall()
    people = _people(pk for _, _, ids in found for pk in ids)
    return [Shared(kind, value, tuple(people[pk] for pk in ids)) for kind, value, ids in found]


def sharing(contact: Contact) -> list[Shared]:
    """The addresses of a contact that others have too, with those others."""
    with connection.cursor() as cursor:
        cursor.execute(WITH, [contact.pk])
        found = cursor.fetchall()
    people = _people(pk for *_, pk in found)
    others: dict[tuple[str, str], list[Contact]] = {}
    for kind, value, pk in found:
        others.setdefault((kind, value), []).append(people[pk])
    return [Shared(kind, value, tuple(contacts)) for (kind, value), contacts in others.items()]


def _people(ids: Iterable[int]) -> dict[int, Contact]:
    wanted: Sequence[int] = list(set(ids))
    return Contact.objects.in_bulk(wanted)
