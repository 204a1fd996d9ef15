"""What record systems say of a contact's preferences, kept under the contact's lock."""

from collections.abc import Iterable
from datetime import datetime

from contacts import preferences
from contacts.models import Business, Contact, ContactPoint, PointKind, Preference
from contacts.preferences import InForce, Said
from contacts.services.errors import Conflict

OWNED = "The record system owns the preferred number: change it there."


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
    if preference.pk and preference.said == said:
        return False
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


def prefer(contact: Contact, number: str) -> bool:
    """Make this number of the contact the preferred one, or none; whether it was another before."""
    points = ContactPoint.objects.filter(contact=contact, kind=PointKind.PHONE)
    before = points.filter(preferred=True).values_list("value", flat=True).first() or ""
    if before == number:
        return False
    points.filter(preferred=True).update(preferred=False)
    points.filter(value=number).update(preferred=True)
    return True
