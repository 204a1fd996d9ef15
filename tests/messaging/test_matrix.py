"""Each class of message, on each channel, for contacts who asked for one thing or another: what the door does."""

import pytest

from contacts.actors import Actor
from contacts.models import Business, Contact, ContactPoint, Pipeline
from contacts.words import OUTBOUND_CHANNELS
from dnd import services as dnd
from dnd.services.syncing import Message as Said
from dnd.services.syncing import Spoken
from messaging import auditing
from messaging.models import LANE_OF, Lane, Message
from tests.factories import ENTERPRISE, BusinessFactory, ContactFactory, block
from tests.messaging.conftest import connect_others, connected, deliver, propose

pytestmark = pytest.mark.django_db(transaction=True)
CLASSES = ("automation", "broadcast", "campaign", "manual", "system")
RULES = {".": "clear", "D": "dnd", "A": "do_not_contact", "S": "status", "P": "permit"}

# For each class in the order above: the rule that speaks for call, SMS, email, WhatsApp, Facebook and Google Business.
EXPECTED = {
    "nothing": ("......", "......", "......", "......", "PPPPPP"),
    "DND on": ("DDDDDD", "DDDDDD", "DDDDDD", "DDDDDD", "PPPPPP"),
    "DND partial": (".DD...", ".DD...", ".DD...", ".DD...", "PPPPPP"),
    "Do Not Contact": ("AAAAAA", "......", "......", "......", "PPPPPP"),
    "SMS opted out": (".D....", ".D....", ".D....", ".D....", "PPPPPP"),
    "SMS opted out, and no calls then": ("DD....", "DD....", "DD....", ".D....", "PPPPPP"),
    "synced dnc": ("AAAAAA", "......", "......", "......", "PPPPPP"),
    "restricted status": ("SSSSSS", "SSSSSS", "SSSSSS", "......", "PPPPPP"),
    "DND partial and Do Not Contact": ("ADDAAA", ".DD...", ".DD...", ".DD...", "PPPPPP"),
}


def person(business: Business) -> Contact:
    contact = ContactFactory(business=business)
    for kind in ("facebook", "gmb"):
        ContactPoint.objects.create(
            business=business, contact=contact, kind=kind, value=f"{kind}-{contact.pk}"
        )
    return contact


def change(contact: Contact, **wish: object) -> None:
    dnd.change_one(business=contact.business, contact=contact.pk, wish=dnd.Wish(**wish), by=ENTERPRISE)


def asks_for(contact: Contact, what: str) -> None:
    if what == "DND on":
        block(contact, *OUTBOUND_CHANNELS)
    if what.startswith("DND partial"):
        block(contact, "sms", "email")
    if what.endswith("Do Not Contact"):
        change(contact, do_not_contact=True)
    if what.startswith("SMS opted out"):
        dnd.change_address(
            business=contact.business,
            channel="sms",
            address=contact.points.get(kind="phone").value,
            block=True,
            by=Actor.contact(),
            reason="stop_keyword",
        )
    if what == "synced dnc":
        message = Said(general=Spoken("dnc"))
        dnd.sync(business=contact.business, contact=contact.pk, message=message, by=ENTERPRISE)
    if what == "restricted status":
        pipeline, _ = Pipeline.objects.get_or_create(business=contact.business, name="Sales")
        status, _ = pipeline.statuses.get_or_create(
            name="Lost", defaults={"system_status": "dead", "restricts_contact": True}
        )
        Contact.objects.filter(pk=contact.pk).update(status=status)


def a_business(**settings: object) -> Business:
    business = connected(BusinessFactory(allow_do_not_contact=True, **settings))
    connect_others(business)
    return business


def queued(contact: Contact, message_class: str, channel: str) -> Message:
    """A message that nothing stood against when it was queued; a confirmation without its permit."""
    (message,) = propose(
        contact, channel=channel, message_class="manual" if message_class == "system" else message_class
    )
    if message_class == "system":
        Message.objects.filter(pk=message.pk).update(message_class="system", lane=LANE_OF["system"])
    return message


def test_every_class_on_every_channel_for_everything_that_may_be_asked_for(provider):
    usual = a_business()
    businesses = {
        "synced dnc": a_business(preferences_source="synced"),
        "SMS opted out, and no calls then": a_business(calls_after_sms_opt_out="blocked"),
    }
    cells = {}
    for what in EXPECTED:
        for message_class in CLASSES:
            contact = person(businesses.get(what, usual))
            messages = {channel: queued(contact, message_class, channel) for channel in OUTBOUND_CHANNELS}
            asks_for(contact, what)
            cells |= {(what, message_class, channel): m for channel, m in messages.items()}
    for lane in Lane.values:
        while deliver(lane):
            pass

    found = {}
    for (what, message_class, channel), message in cells.items():
        message.refresh_from_db()
        found[what, message_class, channel] = (message.state, message.rule)
    expected = {
        (what, message_class, channel): ("sent" if letter == "." else "dropped", RULES[letter])
        for what, rows in EXPECTED.items()
        for message_class, letters in zip(CLASSES, rows, strict=True)
        for channel, letter in zip(OUTBOUND_CHANNELS, letters, strict=True)
    }
    assert len(expected) == 270
    assert found == expected
    assert len(provider.letters) == sum(letters.count(".") for rows in EXPECTED.values() for letters in rows)
    assert auditing.run().violations == []
