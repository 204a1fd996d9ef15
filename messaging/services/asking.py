"""May this go out? Asked without sending, and without writing anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from contacts.models import Contact
from contacts.services.errors import Invalid
from messaging import facts, policy
from messaging.policy import Verdict


@dataclass(frozen=True, slots=True)
class Question:
    contact_id: int
    channel: str
    message_class: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict at this moment, and the version of the contact that it was made at."""

    verdict: Verdict
    version: int


def decide(business: int, questions: Sequence[Question]) -> list[Decision]:
    """The verdict on each question, in a handful of queries and without a lock: the door decides again for itself.

    Raises Invalid, naming `items.N.contact`, for a contact that this business does not have.
    """
    known = set(_known(business, {question.contact_id for question in questions}))
    missing = [n for n, question in enumerate(questions) if question.contact_id not in known]
    if missing:
        paths = [f"items.{n}.contact" for n in missing]
        raise Invalid(dict.fromkeys(paths, "There is no such contact."), dict.fromkeys(paths, "not_found"))
    if not questions:
        return []
    reading = facts.read(known)
    asked = ((q.contact_id, reading.facts(q.contact_id, q.channel, q.message_class)) for q in questions)
    return [Decision(policy.decide(told), reading.version(contact)) for contact, told in asked]


def _known(business: int, contacts: set[int]) -> list[int]:
    return list(Contact.objects.of(business).filter(pk__in=contacts).values_list("pk", flat=True))
