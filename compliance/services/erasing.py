"""What came in and what was said, when the person is erased: in which order things were said stays, by the hash."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model, Q

from compliance.models import FeedbackEvent, LinkToken, Permit, Review, Statement, Told
from contacts import erased, rows
from contacts.keeping import Erasing

BY_ADDRESS: tuple[type[Model], ...] = (Statement, Review, Permit)
WORDS = """
UPDATE compliance_review SET body = 'Erased', words = 'Erased', note = ''
 WHERE business_id = %s AND address = ANY(%s)
"""
FORMS = """
UPDATE compliance_inboundevent SET body = '', state = 'emptied', detail = ''
 WHERE business_id = %s AND state = 'done'
   AND EXISTS (SELECT 1 FROM unnest(%s::bytea[]) AS named WHERE position(named IN body) > 0)
"""


def erase(erasing: Erasing) -> None:
    """Whoever opens an old link may still opt out: by the hash, as long as nobody else has the address."""
    business = erasing.business.pk
    hashes: list[tuple[Any, ...]] = [(business, a, erased.key(business, a)) for a in sorted(erasing.own)]
    with connection.cursor() as cursor:
        cursor.execute(WORDS, [business, sorted(erasing.own)])
        cursor.execute(FORMS, [business, [_in_a_form(address) for address in sorted(erasing.own)]])
    for model in BY_ADDRESS:
        rows.update(_hashing(model), hashes)
    links = LinkToken.objects.filter(contact__in=erasing.contacts)
    rows.update(_hashing(LinkToken), hashes)
    links.exclude(address__startswith=erased.PREFIX).update(address="")
    Told.objects.filter(contact__in=erasing.contacts).delete()
    _erase_feedback(erasing)


def _hashing(model: type[Model]) -> str:
    return (
        f"UPDATE {model._meta.db_table} t SET address = v.hash"  # noqa: S608
        " FROM (VALUES %s) AS v (business, address, hash)"
        " WHERE t.business_id = v.business AND t.address = v.address"
    )


def _in_a_form(address: str) -> bytes:
    """A part of the address that stands in a form as it is, however the rest of it is written there."""
    return address.lstrip("+").partition("@")[0].encode()


def _erase_feedback(erasing: Erasing) -> None:
    named = Q(address__in=erasing.own)
    for address in erasing.own:
        if "@" in address:
            named |= Q(payload__icontains=address)
    events = FeedbackEvent.objects.filter(named, business=erasing.business)
    events.exclude(state=FeedbackEvent.State.PENDING).update(address="", payload="", detail="")


def addresses(contacts: Sequence[int]) -> set[str]:
    return set(LinkToken.objects.filter(contact__in=contacts).values_list("address", flat=True))
