"""Which contact each row is about, and what it would change: read only, for the check and for the run alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from contacts.importing.cells import Person
from contacts.importing.merging import Change, Kept, merge
from contacts.models import Contact, Import


@dataclass(slots=True)
class Plan:
    """What a batch of rows comes to, in the order of the rows. `merged`: the rows behind each row that counts."""

    changes: list[Change] = field(default_factory=list)

    @property
    def contacts(self) -> list[int]:
        return [change.kept.contact for change in self.changes if change.kept]


@dataclass(slots=True)
class Matches:
    """Contacts by external id, and by the address that the business matches by: (contact, its external id)."""

    by_id: dict[str, int]
    by_address: dict[str, list[tuple[int, str]]]


def plans(source: Import, people: Sequence[Person]) -> Plan:
    """What each of these rows would do now. Two rows about one contact: the first counts, with the blocks of both."""
    matches = find(source, people)
    chosen = [(person, *_contact(source, person, matches)) for person in people]
    kept = read({contact for _, contact, _ in chosen if contact})
    plan, first = Plan(), dict[int, Change]()
    for person, contact, refusal in chosen:
        if refusal:
            plan.changes.append(Change(person, refusal=refusal))
            continue
        change = merge(person, kept.get(contact) if contact else None, source.tags)
        if contact and contact in first:
            first[contact].person.blocks |= person.blocks
            change = Change(person, refusal=f"Row {first[contact].person.number} is about the same contact.")
        elif contact:
            first[contact] = change
        plan.changes.append(change)
    return plan


def find(source: Import, people: Iterable[Person]) -> Matches:
    """The contacts whom these rows may be about."""
    ids = [person.external_id for person in people if person.external_id]
    values = [value for person in people for value in _addresses(source, person)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, id FROM contacts_contact WHERE business_id = %s AND deleted_at IS NULL"
            " AND external_id = ANY(%s)",
            [source.business_id, ids],
        )
        by_id = dict(cursor.fetchall())
        # Two statements, neither of which a planner without statistics can read the whole table for.
        cursor.execute(
            "SELECT contact_id, value FROM contacts_contactpoint"
            " WHERE business_id = %s AND kind = %s AND value = ANY(%s)",
            [source.business_id, source.match, values],
        )
        holders = cursor.fetchall()
    own = _external_ids({contact for contact, _ in holders})
    by_address: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for contact, value in holders:
        if contact in own:
            by_address[value].append((contact, own[contact]))
    return Matches(by_id, by_address)


def _external_ids(contacts: set[int]) -> dict[int, str]:
    """Of those of these contacts that exist outside."""
    if not contacts:
        return {}
    found = Contact.objects.filter(pk__in=contacts, deleted_at=None).values_list("pk", "external_id")
    return {pk: external_id or "" for pk, external_id in found}


def _addresses(source: Import, person: Person) -> list[str]:
    if source.match == Import.Match.PHONE:
        return [number for number, _, _ in person.phones]
    return [person.email] if person.email else []


def _contact(source: Import, person: Person, matches: Matches) -> tuple[int | None, str]:
    """(the contact, or None for a new one; why nobody can tell). A contact with another external id is another."""
    if person.external_id and (contact := matches.by_id.get(person.external_id)):
        return contact, ""
    found = {
        contact
        for value in _addresses(source, person)
        for contact, external_id in matches.by_address.get(value, ())
        if not (person.external_id and external_id)
    }
    if len(found) > 1:
        word = "phone" if source.match == Import.Match.PHONE else "email"
        return None, f"{len(found)} contacts have this {word}: give the external id of the one that is meant."
    return next(iter(found), None), ""


READ = """
SELECT c.id, c.first_name, c.last_name, c.timezone, coalesce(c.external_id, ''), c.status_id,
       coalesce(s.restricts_contact, false),
       (SELECT p.value FROM contacts_contactpoint p WHERE p.contact_id = c.id AND p.kind = 'email'),
       ARRAY(SELECT p.value FROM contacts_contactpoint p WHERE p.contact_id = c.id AND p.kind = 'phone'),
       ARRAY(SELECT lower(t.name) FROM contacts_contacttag l JOIN contacts_tag t ON t.id = l.tag_id
              WHERE l.contact_id = c.id)
  FROM contacts_contact c LEFT JOIN contacts_status s ON s.id = c.status_id
 WHERE c.id = ANY(%s)
"""


def read(contacts: Iterable[int]) -> dict[int, Kept]:
    """These contacts as they are now."""
    if not (ids := list(contacts)):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(READ, [ids])
        found = cursor.fetchall()
    return {
        contact: Kept(contact, first, last, zone, own_id, status, restricted, email or "", numbers, set(tags))
        for contact, first, last, zone, own_id, status, restricted, email, numbers, tags in found
    }
