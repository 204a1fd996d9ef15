"""Editing the Business Profile."""

from collections.abc import Mapping
from typing import Any

import phonenumbers
from django.db import transaction

from contacts import phones
from contacts.actors import Actor
from contacts.models import Business
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Role, role_reaches, time_zones

EDITABLE = (
    "name",
    "phone",
    "address",
    "country",
    "timezone",
    "allow_do_not_contact",
    "preferences_source",
    "delivery_policy",
    "calls_after_sms_opt_out",
    "remove_when_all_dnd",
)


@transaction.atomic
def update(*, business: Business, data: Mapping[str, Any], by: Actor) -> Business:
    """Bring the profile to `data`, keys of `EDITABLE`; what is left out stays. The phone is kept in E.164."""
    if not role_reaches(by.role, Role.ENTERPRISE):
        raise RoleRequired(Role.ENTERPRISE.value)
    held = Business.objects.select_for_update(no_key=True).get(pk=business.pk)
    cleaned = _cleaned(data, country=data.get("country", held.country))
    for name, value in cleaned.items():
        setattr(held, name, value)
    held.save(update_fields=list(cleaned))
    return held


def _cleaned(data: Mapping[str, Any], *, country: str) -> dict[str, Any]:
    cleaned = {name: value for name, value in data.items() if name in EDITABLE}
    errors = {}
    if country not in phonenumbers.SUPPORTED_REGIONS:
        errors["country"] = "Unknown country: give two letters such as US."
    elif cleaned.get("phone"):
        try:
            cleaned["phone"] = phones.parse(cleaned["phone"], country)
        except phones.NotAPhone as error:
            errors["phone"] = str(error)
    if cleaned.get("timezone", "UTC") not in time_zones():
        errors["timezone"] = "Unknown time zone: give one such as America/New_York."
    if "name" in cleaned and not cleaned["name"]:
        errors["name"] = "A business needs a name."
    if errors:
        raise Invalid(errors)
    return cleaned
