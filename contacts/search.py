"""Finding contacts by what somebody types: parts of names, emails, external ids, and numbers as people write them."""

import re
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts import phones
from contacts.models import Contact, ContactPoint, PointKind

NUMBER = re.compile(r"[\d\s().+/-]*")
FEWEST_DIGITS = 3
TRIGRAM = 3


def search(contacts: QuerySet[Contact], term: str, *, country: str) -> QuerySet[Contact]:
    """Contacts of which every word of `term` is a part of a name, an address or the external id.

    What is written like a phone number is looked for as one, however it is spaced.
    """
    if numbers := _numbers_in(term, country):
        return contacts.filter(_has(term.strip(), numbers))
    for word in term.split():
        contacts = contacts.filter(_has(word))
    return contacts


def _has(word: str, numbers: Collection[str] = ()) -> Q:
    """As one set of ids, each part of which comes from a trigram index; too short for that, as a look at each row."""
    named = Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(external_id__icontains=word)
    value = Q(value__icontains=word)
    for number in numbers:
        value |= Q(kind=PointKind.PHONE, value__icontains=number)
    held = ContactPoint.objects.filter(value)
    if len(word) < TRIGRAM:
        return named | Q(Exists(held.filter(contact=OuterRef("pk"))))
    return Q(pk__in=Contact.objects.filter(named).values("pk").union(held.values("contact"), all=True))


def _numbers_in(term: str, country: str) -> set[str]:
    """The digits of a phone number, and how it is kept where it can be read as one; nothing for other words."""
    digits = re.sub(r"\D", "", term)
    if len(digits) < FEWEST_DIGITS or not NUMBER.fullmatch(term):
        return set()
    try:
        return {digits, phones.parse(term, country)}
    except phones.NotAPhone:
        return {digits}
