"""What record systems say of a contact's preferences, kept under the contact's lock."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from contacts import locks, preferences
from contacts.actors import Actor
from contacts.models import Business, Contact, ContactPoint, EventKind, PointKind, Preference, Sync
from contacts.preferences import InForce, Said
from contacts.services import events
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.services.events import Happening
from contacts.words import Role, role_reaches

OWNED = "The record system owns the preferred number: change it there."
NOT_ITS_NUMBER = "This contact does not have the number {}: choose one of its phone numbers."
AN_EMAIL = "An email address cannot be preferred: choose one of the contact's phone numbers."


def refuse_while_synced(business: Business) -> None:
    """Raises Conflict when somebody but the record system would change what it owns."""
    if business.preferences_source == Business.PreferencesSource.SYNCED:
        raise Conflict("owned_by_record_system", OWNED)


def said_of(contact: Contact, appointment: str = "") -> Preference:
    """What is known in general, or for an appointment; a new row where nothing is."""
    return Preference.objects.filter(contact=contact, appointment=appointment).first() or Preference(
        business_id=contact.business_id, contact=contact, appointment=appointment
    )


def keep(preference: Preference, said: Said) -> bool:
    """Store what is said now; whether that differs from what was. The caller holds the contact's lock."""
    changed = preference.said != said
    for name in ("method", "method_at", "unknown_at", "number", "number_at", "ends_at"):
        setattr(preference, name, getattr(said, name))
    preference.save()
    return changed


def in_force(contact: int, now: datetime) -> InForce:
    return preferences.in_force((row.said for row in Preference.objects.filter(contact=contact)), now)


def in_force_of(contacts: Iterable[int], now: datetime) -> dict[int, InForce]:
    """What holds for each of these contacts of whom a record system has spoken, in one query."""
    said: dict[int, list[Said]] = {}
    for row in Preference.objects.filter(contact__in=list(contacts)):
        said.setdefault(row.contact_id, []).append(row.said)
    return {contact: preferences.in_force(each, now) for contact, each in said.items()}


@transaction.atomic
def choose(*, contact: Contact, number: str, by: Actor) -> bool:
    """Make one of the contact's phone numbers the preferred one, or none; whether it was another before.

    Raises Invalid for anything else, and Conflict while a record system owns it.
    """
    if not role_reaches(by.role, Role.STAFF):
        raise RoleRequired(Role.STAFF.value)
    if not locks.lock_contacts(contact.business_id, [contact.pk]):
        raise Contact.DoesNotExist
    refuse_while_synced(contact.business)
    if "@" in number:
        raise Invalid({"number": AN_EMAIL})
    if number and not contact.points.filter(kind=PointKind.PHONE, value=number).exists():
        raise Invalid({"number": NOT_ITS_NUMBER.format(number)})
    if not prefer(contact, number):
        return False
    happening = Happening(contact.pk, "Contact updated: preferred number")
    events.record(
        contact.business_id, EventKind.CONTACT_UPDATED, [happening], by=by, at=locks.now(), starts=False
    )
    return True


def prefer(contact: Contact, number: str) -> bool:
    """Make this number of the contact the preferred one, or none; whether it was another before."""
    points = ContactPoint.objects.filter(contact=contact, kind=PointKind.PHONE)
    before = points.filter(preferred=True).values_list("value", flat=True).first() or ""
    if before == number:
        return False
    points.filter(preferred=True).update(preferred=False)
    points.filter(value=number).update(preferred=True)
    return True


def merge(winner: int, loser: int) -> None:
    """What record systems said of the loser is said of the winner, the log with it. Under the locks of both."""
    mine = {row.appointment: row for row in Preference.objects.filter(contact=winner)}
    for row in Preference.objects.filter(contact=loser):
        twin = mine.get(row.appointment)
        if twin is None:
            Preference.objects.filter(pk=row.pk).update(contact=winner)
            continue
        twin.blocks_at = max(filter(None, (twin.blocks_at, row.blocks_at)), default=None)
        keep(twin, twin.said.joined(row.said))
        row.delete()
    known = Sync.objects.filter(contact=winner).exclude(message_id="").values("message_id")
    Sync.objects.filter(contact=loser, message_id__in=known).delete()
    Sync.objects.filter(contact=loser).update(contact=winner)
