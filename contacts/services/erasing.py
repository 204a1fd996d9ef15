"""Erasing a person: what names them goes, wherever it stands; that they must not be written to stays, as a hash."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Q

from contacts import erased, keeping, locks
from contacts.actors import Actor
from contacts.keeping import Erasing
from contacts.models import (
    Business,
    Contact,
    ContactPoint,
    Event,
    EventKind,
    FormerAddress,
    Import,
    Job,
    JobFile,
    JobRefusal,
    Notification,
    PointKind,
    Tag,
)
from contacts.services import events, people
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.services.events import Happening
from contacts.words import Role, role_reaches

SAYS_NOTHING_OF_ANYBODY = (EventKind.CONTACT_DND.value, EventKind.DO_NOT_CONTACT.value)
"""What these events say comes from the ledger, which names nobody."""
FOUND = """
SELECT value FROM contacts_contactpoint WHERE contact_id = ANY(%(ids)s)
UNION SELECT value FROM contacts_formeraddress WHERE contact_id = ANY(%(ids)s)
UNION SELECT t.value FROM contacts_event e, jsonb_each_text(e.data -> 'left_out') AS t
 WHERE e.contact_id = ANY(%(ids)s) AND e.kind = 'contact_merged'
   AND t.key IN ('email', 'facebook_id', 'gmb_id')
"""
FORGET_WHAT_JOBS_WERE_ASKED = """
UPDATE contacts_job SET params = (params - 'note') #- '{filter,search}'
 WHERE business_id = %s AND state NOT IN ('queued', 'running')
   AND (params ? 'note' OR jsonb_typeof(params -> 'filter') = 'object' AND params -> 'filter' ? 'search')
"""
"""Of jobs that have ended. How a name was searched for, and what was noted, may name the person."""


def confirm(contact: Contact, typed: str) -> None:
    """Raises Invalid unless the contact's name was typed, as it is shown."""
    if " ".join(typed.split()).casefold() != " ".join(contact.name.split()).casefold():
        raise Invalid({"confirm": f"Type the name as it is shown: {contact.name}."})


@transaction.atomic
def erase(*, business: Business, contact: int, by: Actor) -> None:
    """Remove whatever names a person, one who was deleted before too. Enterprise users may; it cannot be undone.

    The ledger stays, which names nobody, and verifies; notes and evidence beside it go. Addresses that must not be
    used stay suppressed, as keyed hashes. What also belongs to somebody else, such as a number that a family shares,
    stays there. Raises RoleRequired, Conflict while a message is being handed over, or Contact.DoesNotExist.
    """
    if not role_reaches(by.role, Role.ENTERPRISE):
        raise RoleRequired(Role.ENTERPRISE.value)
    ids = _everything_merged(business, contact)
    addresses = _addresses_of(ids)
    locks.lock_addresses(
        business.pk, {(kind, a) for a in addresses for kind in PointKind.values}, exclusive=True
    )
    locks.hold_contacts(ids)
    addresses |= _addresses_of(ids)
    if any(keeper.busy(ids) for keeper in keeping.keepers()):
        raise Conflict("in_flight", "A message to this contact is being handed over: try again in a minute.")
    erasing = Erasing(
        business, tuple(ids), _own(business, ids, addresses), frozenset(addresses), by, locks.now()
    )
    for keeper in keeping.keepers():
        keeper.erase(erasing)
    events.record(
        business.pk, EventKind.CONTACT_DELETED, [Happening(contact, "Contact erased")], by=by, at=erasing.at
    )


def _everything_merged(business: Business, contact: int) -> list[int]:
    """The contact and those that have become part of it."""
    found = Contact.objects.filter(pk=contact, business=business, merged_into=None)
    if not found.exists():
        raise Contact.DoesNotExist
    merged = Contact.objects.filter(merged_into=contact).values_list("pk", flat=True)
    return [contact, *merged]


def _addresses_of(ids: list[int]) -> set[str]:
    """Every address by which one of these was ever known: those that they have, and what every app has kept."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {"ids": ids})
        found = {value for (value,) in cursor.fetchall()}
    for keeper in keeping.keepers():
        found |= keeper.addresses(ids)
    return {address for address in found if address and not address.startswith(erased.PREFIX)}


def _own(business: Business, ids: list[int], addresses: Iterable[str]) -> frozenset[str]:
    """Those of the addresses that nobody else in the business has."""
    shared = ContactPoint.objects.filter(business=business, value__in=list(addresses)).exclude(
        contact__in=ids
    )
    return frozenset(set(addresses) - set(shared.values_list("value", flat=True)))


def erase_own(erasing: Erasing) -> None:
    """Names and addresses, tags, work, what was told to staff, and what the history says in words."""
    ids = erasing.contacts
    words = _tags_of(erasing)
    people.empty(ids, at=erasing.at)
    FormerAddress.objects.filter(contact__in=ids).delete()
    Tag.objects.filter(pk__in=words, contact_links=None).delete()
    Notification.objects.filter(contact__in=ids).delete()
    history = Event.objects.filter(contact__in=ids)
    history.exclude(kind__in=SAYS_NOTHING_OF_ANYBODY).update(
        summary="Erased", data={}, tags=[], state=Event.State.RECORDED
    )
    history.filter(kind__in=SAYS_NOTHING_OF_ANYBODY).update(tags=[])
    history.filter(source="contact").update(actor="")
    JobRefusal.objects.filter(contact__in=ids).update(detail="Erased")
    _erase_files(erasing.business)


def _erase_files(business: Business) -> None:
    """Any file that a job was given or left may name the person. What is under way still needs its own."""
    waiting = (Import.State.MAPPING, Import.State.CHECKED)
    Import.objects.filter(business=business, state__in=waiting).delete()
    Import.objects.filter(business=business, state=Import.State.DONE).update(samples=[])
    JobFile.objects.filter(job__in=Job.objects.of(business).exclude(pk__in=Job.objects.open())).delete()
    JobRefusal.objects.filter(job__business=business, contact=None).exclude(
        job__in=Job.objects.open()
    ).update(detail="Erased")
    with connection.cursor() as cursor:
        cursor.execute(FORGET_WHAT_JOBS_WERE_ASKED, [business.pk])


def _tags_of(erasing: Erasing) -> list[int]:
    """Tags that these have or ever had: one that nobody else has may be about them."""
    told = Event.objects.filter(contact__in=erasing.contacts, data__has_key="tag").values_list(
        "data__tag", flat=True
    )
    ours = Tag.objects.filter(business=erasing.business)
    had = ours.filter(Q(contact_links__contact__in=erasing.contacts) | Q(name__in=list(told.distinct())))
    return list(had.values_list("pk", flat=True).distinct())
