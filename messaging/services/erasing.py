"""The messages of a person who is erased: that there was one, when, and what became of it. Not what it said."""

from collections.abc import Sequence

from django.db import connection

from contacts import erased, rows
from contacts.keeping import Erasing
from messaging.models import Message

HASH = """
UPDATE messaging_message m
   SET "to" = v.hash,
       inputs = CASE WHEN m.inputs ? 'address' THEN jsonb_set(m.inputs, '{address}', to_jsonb(v.hash)) ELSE m.inputs END
  FROM (VALUES %s) AS v (contacts, address, hash) WHERE m.contact_id = ANY(v.contacts) AND m."to" = v.address
"""

SEARCHED_FOR = """
UPDATE messaging_broadcast b
   SET audience = CASE WHEN state IN ('finished', 'cancelled') THEN audience - 'search'
                       ELSE jsonb_set(audience, '{search}', '"erased"') END
 WHERE business_id = %(business)s AND audience ? 'search'
   AND (state IN ('finished', 'cancelled') OR audience ->> 'search' = ANY(%(own)s))
"""
"""An audience by somebody's address is nobody now. One that has had its message need not say who was looked for."""


def erase(erasing: Erasing) -> None:
    """The address stays as its hash, so that calls can still be held against suppressions. Nobody is asked any more."""
    business, contacts = erasing.business.pk, list(erasing.contacts)
    mine = Message.objects.filter(contact__in=contacts)
    mine.update(subject="", body="", sent_body="", detail="", ask_at=None)
    rows.update(HASH, [(contacts, a, erased.key(business, a)) for a in sorted(erasing.addresses)])
    mine.filter(direction=Message.Way.INBOUND).update(actor="")
    with connection.cursor() as cursor:
        cursor.execute(SEARCHED_FOR, {"business": business, "own": sorted(erasing.own)})


def addresses(contacts: Sequence[int]) -> set[str]:
    """Where messages went, and where they came from."""
    mine = Message.objects.filter(contact__in=contacts)
    to = mine.filter(direction=Message.Way.OUTBOUND).values_list("to", flat=True)
    sender = mine.filter(direction=Message.Way.INBOUND).values_list("actor", flat=True)
    return {*to.distinct(), *sender.distinct()}


def busy(contacts: Sequence[int]) -> bool:
    """Whether one of theirs is being handed over: what it comes to would be written afterwards."""
    return Message.objects.filter(contact__in=contacts).calling().exists()
