"""Creating, editing and deleting contacts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from contacts import locks, phones
from contacts.actors import Actor
from contacts.locks import AddressKey
from contacts.models import (
    Business,
    Contact,
    ContactPoint,
    ContactTag,
    EventKind,
    Note,
    PointKind,
    Preference,
    Sync,
    Task,
)
from contacts.services import events, preferring, tags
from contacts.services.errors import Conflict, Invalid
from contacts.services.events import Happening
from contacts.words import LineType, Source, time_zones

CHAT_ID = re.compile(r"[A-Za-z0-9._-]{1,200}")
CHAT_IDS = {"facebook_id": "messenger:", "gmb_id": "gmb:"}
NAMES = ("first_name", "last_name", "timezone", "external_id")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number of a contact, in E.164."""

    number: str
    label: str = ""
    line_type: str = LineType.UNKNOWN.value
    preferred: bool = False


def clean(business: Business, data: Mapping[str, Any]) -> dict[str, Any]:
    """The same data in the form in which it is kept: E.164 phones, lower-case email. Raises Invalid, naming each field.

    Keys: first_name, last_name, timezone, external_id, email, phones (of number, label, line_type, preferred),
    facebook_id, gmb_id, tags. What is left out stays as it is.
    """
    errors: dict[str, str] = {}
    cleaned = {key: value for key, value in data.items() if key in (*NAMES, "facebook_id", "gmb_id", "tags")}
    if cleaned.get("timezone") and cleaned["timezone"] not in time_zones():
        errors["timezone"] = "Unknown time zone: give one such as America/New_York."
    if "external_id" in cleaned:
        cleaned["external_id"] = cleaned["external_id"] or None
    if "email" in data:
        cleaned["email"] = _email(data["email"], errors)
    for name, kind in CHAT_IDS.items():
        if name in data:
            cleaned[name] = _chat_id(data[name], name, kind, errors)
    if "phones" in data:
        cleaned["phones"] = _phones(business, data["phones"] or [], errors)
    if errors:
        raise Invalid(errors)
    return cleaned


def _email(text: str | None, errors: dict[str, str]) -> str:
    email = (text or "").strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            errors["email"] = "This is not an email address: give one such as ada@example.org."
    return email


def _chat_id(text: str | None, name: str, scheme: str, errors: dict[str, str]) -> str:
    """An id as the service has it, without what a provider writes before it."""
    given = (text or "").strip().removeprefix(scheme)
    if given and not CHAT_ID.fullmatch(given):
        errors[name] = "This is not an id: it has only letters, digits, dots, hyphens and underscores."
    return given


def _phones(business: Business, given: Sequence[Mapping[str, Any]], errors: dict[str, str]) -> list[Phone]:
    found: dict[str, Phone] = {}
    for position, phone in enumerate(given):
        try:
            number = phones.parse(str(phone["number"]), business.country)
        except phones.NotAPhone as error:
            errors[f"phones.{position}.number"] = str(error)
            continue
        if number in found:
            errors[f"phones.{position}.number"] = "This number is given twice: give it once."
        line = phone.get("line_type") or phones.line_type(number)
        found[number] = Phone(number, phone.get("label") or "", line, bool(phone.get("preferred")))
    if sum(phone.preferred for phone in found.values()) > 1:
        errors["phones"] = "At most one phone is preferred."
    return list(found.values())


@transaction.atomic
def create(*, business: Business, data: Mapping[str, Any], by: Actor) -> Contact:
    """A new contact as `clean` gave it. An address that is being opted out right now is waited for."""
    _hold_keys(business, data)
    _refuse_taken_external_id(business, data.get("external_id"), but=None)
    contact = Contact.objects.create(
        business=business, **{name: data[name] for name in NAMES if name in data}
    )
    _write_points(contact, data)
    if data.get("tags"):
        links = tags.ids_of(business.pk, data["tags"])
        ContactTag.objects.bulk_create([ContactTag(contact=contact, tag_id=pk) for pk in set(links.values())])
    _record(contact, EventKind.CONTACT_CREATED, "Contact created", by)
    if data.get("tags"):
        happenings = [
            Happening(contact.pk, f"Tag “{t}” added", {"tag": t}) for t in sorted(set(data["tags"]))
        ]
        events.record(business.pk, EventKind.TAG_ADDED, happenings, by=by, at=locks.now())
    return contact


@transaction.atomic
def update(*, contact: Contact, data: Mapping[str, Any], by: Actor) -> Contact:
    """Bring a contact to `data`, as `clean` gave it; tags are replaced as a set when given."""
    business = contact.business
    _hold_keys(business, data)
    if not locks.lock_contacts(business.pk, [contact.pk]):
        raise Contact.DoesNotExist
    _refuse_taken_external_id(business, data.get("external_id"), but=contact.pk)
    if "phones" in data:
        _refuse_owned(contact, data["phones"], by)
    changed = [name for name in NAMES if name in data and data[name] != getattr(contact, name)]
    for name in changed:
        setattr(contact, name, data[name])
    contact.save(update_fields=changed) if changed else None
    changed += _write_points(contact, data)
    if "tags" in data:
        _replace_tags(contact, data["tags"], by)
    if changed:
        _record(
            contact,
            EventKind.CONTACT_UPDATED,
            f"Contact updated: {', '.join(changed)}",
            by,
        )
    return contact


@transaction.atomic
def delete(*, contact: Contact, by: Actor) -> None:
    """Empty a contact's personal data and leave a tombstone. Its ledger and its suppressions stay."""
    if not locks.lock_contacts(contact.business_id, [contact.pk]):
        raise Contact.DoesNotExist
    _record(contact, EventKind.CONTACT_DELETED, "Contact deleted", by)
    empty([contact.pk], at=locks.now())


def empty(contacts: Sequence[int], *, at: datetime) -> None:
    """Leave tombstones. The caller holds the contacts' locks; one that was a tombstone before keeps its time."""
    for model in (ContactPoint, ContactTag, Note, Task, Preference, Sync):
        model.objects.filter(contact__in=contacts).delete()
    Contact.objects.filter(pk__in=contacts).update(
        first_name="",
        last_name="",
        timezone="",
        external_id=None,
        status=None,
        deleted_at=Coalesce("deleted_at", Value(at)),
    )


def _keys(data: Mapping[str, Any]) -> set[AddressKey]:
    keys = {(PointKind.PHONE.value, phone.number) for phone in data.get("phones", ())}
    for field, kind in SINGLE.items():
        if data.get(field):
            keys.add((kind, data[field]))
    return keys


SINGLE = {
    "email": PointKind.EMAIL.value,
    "facebook_id": PointKind.FACEBOOK.value,
    "gmb_id": PointKind.GMB.value,
}


def _hold_keys(business: Business, data: Mapping[str, Any]) -> None:
    """Addresses together with others, the external id alone: of two who ask for it at once, one is refused."""
    locks.lock_addresses(business.pk, _keys(data), exclusive=False)
    if external_id := data.get("external_id"):
        locks.lock_addresses(business.pk, [("external_id", external_id)], exclusive=True)


def _refuse_taken_external_id(business: Business, external_id: str | None, *, but: int | None) -> None:
    taken = Contact.objects.of(business).filter(external_id=external_id).values_list("pk", flat=True)
    if external_id and set(taken) - {but}:
        raise Conflict("external_id_taken", f"Another contact has the external id {external_id}.")


def _write_points(contact: Contact, data: Mapping[str, Any]) -> list[str]:
    """Bring the addresses to `data`; an address that stays keeps its row. The fields that changed."""
    changed = []
    if "phones" in data and _write_phones(contact, data["phones"]):
        changed.append("phones")
    for field, kind in SINGLE.items():
        if field in data and _write_single(contact, kind, data[field] or ""):
            changed.append(field)
    return changed


def _refuse_owned(contact: Contact, given: Sequence[Phone], by: Actor) -> None:
    """While preferences are synced nobody else prefers another number; one that goes is preferred no more."""
    points = ContactPoint.objects.filter(contact=contact, preferred=True)
    before = points.values_list("value", flat=True).first() or ""
    after = next((phone.number for phone in given if phone.preferred), "")
    gone = not after and before not in {phone.number for phone in given}
    if after != before and not gone and by.source != Source.SYNC:
        preferring.refuse_while_synced(contact.business)


def _write_phones(contact: Contact, given: Sequence[Phone]) -> bool:
    before = {p.value: p for p in ContactPoint.objects.filter(contact=contact, kind=PointKind.PHONE)}
    shape = [(p.value, p.label, p.line_type, p.preferred) for p in before.values()]
    if shape == [(p.number, p.label, p.line_type, p.preferred) for p in given]:
        return False
    ContactPoint.objects.filter(
        pk__in=[p.pk for value, p in before.items() if value not in {g.number for g in given}]
    ).delete()
    ContactPoint.objects.filter(contact=contact, preferred=True).update(preferred=False)
    for position, phone in enumerate(given):
        ContactPoint.objects.update_or_create(
            contact=contact,
            kind=PointKind.PHONE,
            value=phone.number,
            defaults={
                "business_id": contact.business_id,
                "label": phone.label,
                "line_type": phone.line_type,
                "preferred": phone.preferred,
                "position": position,
            },
        )
    return True


def _write_single(contact: Contact, kind: str, value: str) -> bool:
    before = ContactPoint.objects.filter(contact=contact, kind=kind).first()
    if (before.value if before else "") == value:
        return False
    if before:
        before.delete()
    if value:
        ContactPoint.objects.create(business_id=contact.business_id, contact=contact, kind=kind, value=value)
    return True


def _replace_tags(contact: Contact, wanted: Iterable[str], by: Actor) -> None:
    have = {name.lower(): name for name in tags.names_of(contact.pk)}
    want = {tags.clean(name).lower(): name for name in wanted}
    tags.edit(
        business=contact.business,
        contact=contact.pk,
        by=by,
        add_names=[name for key, name in want.items() if key not in have],
        remove_names=[name for key, name in have.items() if key not in want],
    )


def _record(contact: Contact, kind: str, summary: str, by: Actor) -> None:
    events.record(
        contact.business_id,
        kind,
        [Happening(contact.pk, summary)],
        by=by,
        at=locks.now(),
    )
