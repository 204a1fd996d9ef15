"""Which contacts: the filters of the list, of broadcasts, of bulk changes and of exports, as one function."""

from typing import Any, TypedDict

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower
from rest_framework import serializers

from contacts.models import Business, Contact, ContactTag, Status, Tag
from contacts.rest.fields import Choice, Flag, Id, ListQuery, QueryFlag, Strict, Text
from contacts.search import search
from contacts.services.errors import Invalid
from contacts.words import Channel
from dnd import flags
from dnd.models import Reason, State


class Wanted(TypedDict, total=False):
    """Filters, all of which a contact has to meet; none of them: every contact."""

    search: str
    tag: str
    status: int
    dnd_state: str
    dnd_channel: str
    dnd_reason: str
    do_not_contact: bool


def matching(business: Business, wanted: Wanted) -> QuerySet[Contact]:
    """The contacts of this business that meet every filter. Raises Invalid for a status that it does not have."""
    contacts: QuerySet[Contact] = Contact.objects.of(business)
    if "status" in wanted and not statuses(business).filter(pk=wanted["status"]).exists():
        raise Invalid({"status": "There is no such status."})
    return narrowed(contacts, business, wanted)


def statuses(business: Business) -> QuerySet[Status]:
    return Status.objects.filter(pipeline__business=business)


def narrowed(contacts: QuerySet[Contact], business: Business, wanted: Wanted) -> QuerySet[Contact]:
    """Those of these contacts of the business that meet every filter.

    Each filter is a semi-join on an index, so a page costs the same however many contacts there are.
    """
    if "status" in wanted:
        contacts = contacts.filter(status=wanted["status"])
    if "tag" in wanted:
        contacts = contacts.filter(_tagged(business, wanted["tag"]))
    contacts = flags.filter_contacts(
        contacts,
        state=wanted.get("dnd_state"),
        channel=wanted.get("dnd_channel"),
        reason=wanted.get("dnd_reason"),
        do_not_contact=wanted.get("do_not_contact"),
    )
    return search(contacts, wanted.get("search", ""), country=business.country)


def _tagged(business: Business, name: str) -> Exists:
    """Upper and lower case name the same tag, as everywhere."""
    named = Tag.objects.alias(lower=Lower("name")).filter(business=business, lower=name.lower())
    return Exists(ContactTag.objects.filter(contact=OuterRef("pk"), tag__in=named))


class ContactFilter(Strict):
    """The filters as an object in a body. What it reads is `Wanted`."""

    search = Text(required=False, help_text="Looked for in names, email, phones and external id.")
    tag = Text(required=False, allow_blank=False)
    status = Id(required=False)
    dnd_state: Any = Choice(State.values, required=False)
    dnd_channel = Choice(
        Channel.values, required=False, help_text="Contacts for whom this channel is blocked."
    )
    dnd_reason = Choice(Reason.values, required=False)
    do_not_contact: serializers.BooleanField = Flag(required=False)


class ContactQuery(ContactFilter, ListQuery):
    """The same filters in the query of a list."""

    do_not_contact = QueryFlag(required=False)
