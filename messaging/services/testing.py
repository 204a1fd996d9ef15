"""Trying a connection: one message to one contact, through the door and by every rule, as any other."""

from django.db import transaction

from contacts import locks, phones
from contacts.actors import Actor
from contacts.models import POINT_OF_CHANNEL, Business, PointKind
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Channel, Role, role_reaches
from dnd.services import addresses
from messaging import facts, policy
from messaging.models import Connection, Message
from messaging.policy import Drop
from messaging.services import proposing
from messaging.services.manual import NotSent
from messaging.services.proposing import Draft, Proposal

SUBJECT = "A test"
NOBODY = "No contact has this: add yourself as a contact with it, and try again."
NOT_THERE = "Messages on this channel cannot go there: give another one."


@transaction.atomic
def send_test(*, connection: Connection, to: str, by: Actor) -> Message:
    """Queue a test to the contact who has this address. Raises RoleRequired, Conflict, Invalid, or NotSent."""
    if not role_reaches(by.role, Role.ENTERPRISE):
        raise RoleRequired(Role.ENTERPRISE.value)
    if connection.state == Connection.State.DISCONNECTED:
        raise Conflict("disconnected", "It is disconnected: connect it first.")
    business, channel = connection.business, connection.channel
    key = (POINT_OF_CHANNEL[channel], _read(business, channel, to))
    holders = locks.lock_contacts(business.pk, sorted(addresses.holders_of(business.pk, [key]))[:1])
    if not holders:
        raise Invalid({"to": NOBODY})
    reading = facts.read(holders)
    known = reading.facts(holders[0], channel, "manual", first_due=reading.at, keep=key[1])
    if known.address != key[1]:
        raise Invalid({"to": known.no_address or NOT_THERE})
    verdict = policy.decide(known)
    if isinstance(verdict, Drop):
        raise NotSent(verdict, channel)
    proposal = Proposal(holders[0], channel, "manual", SUBJECT, _words(business), by.label, source=by.source)
    drafted = Draft(proposal, known, verdict, reading.version(holders[0]))
    return Message.objects.get(pk=proposing.write(business.pk, [drafted])[0])


def _words(business: Business) -> str:
    return f"This is a test from {business.name}: messages on this channel arrive."


def _read(business: Business, channel: str, text: str) -> str:
    """The address as contacts have it."""
    text = text.strip()
    if POINT_OF_CHANNEL[channel] == PointKind.PHONE:
        try:
            return phones.parse(text, business.country)
        except phones.NotAPhone as error:
            raise Invalid({"to": str(error)}) from error
    if not text:
        raise Invalid({"to": NOBODY})
    return text.lower() if channel == Channel.EMAIL else text
