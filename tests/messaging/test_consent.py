"""Consent to texts binds every class of message; a confirmation needs its permit, and nothing else stops it.

Each message is queued while nothing stands against it, so that it is the door that stops it and nobody before.
"""

from datetime import timedelta

import pytest

from compliance.services import hearing, permits
from contacts import locks
from contacts.models import Contact, ContactPoint, Pipeline, Status
from contacts.words import OUTBOUND_CHANNELS
from dnd import services as dnd
from dnd.models import Suppression
from messaging import auditing
from messaging.models import LANE_OF, Message
from tests.factories import ENTERPRISE, ContactFactory, block
from tests.messaging.conftest import connect_others, deliver, propose

pytestmark = pytest.mark.django_db

CLASSES = ("automation", "broadcast", "campaign", "manual")
SENT = ("sent", "clear", "")


@pytest.fixture
def contact(business):
    business.allow_do_not_contact = True
    business.save()
    connect_others(business)
    contact = ContactFactory(business=business)
    for kind in ("facebook", "gmb"):
        ContactPoint.objects.create(business=business, contact=contact, kind=kind, value=f"{kind}-1")
    return contact


def number_of(contact):
    return contact.points.get(kind="phone").value


# What stands against messages


def nothing(contact):
    pass


def dnd_on(contact):
    block(contact, *OUTBOUND_CHANNELS)


def dnd_partial(contact):
    block(contact, "call", "email", "facebook")


def do_not_contact(contact):
    wish = dnd.Wish(do_not_contact=True)
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=ENTERPRISE)


def opted_out_of_sms(contact):
    hearing.hear(
        business=contact.business,
        channel="sms",
        address=number_of(contact),
        reason="stop_keyword",
        provider_id="SM1",
        received_at=locks.now(),
    )


def number_suppressed(contact):
    """The number alone, as it is for a contact who has just been given it: the tick has not come yet."""
    Suppression.objects.create(
        business=contact.business,
        channel="sms",
        address=number_of(contact),
        reason="stop_keyword",
        source="contact",
        since=locks.now(),
    )


def restricted(contact):
    pipeline = Pipeline.objects.create(business=contact.business, name="Sales")
    status = Status.objects.create(
        pipeline=pipeline, name="Left", system_status="dead", restricts_contact=True
    )
    Contact.objects.filter(pk=contact.pk).update(status=status)


CONDITIONS = (
    nothing,
    dnd_on,
    dnd_partial,
    do_not_contact,
    opted_out_of_sms,
    number_suppressed,
    restricted,
)


def queue_all(contact, message_class):
    """One message on each channel."""
    return {
        channel: propose(contact, channel=channel, message_class=message_class)[0]
        for channel in OUTBOUND_CHANNELS
    }


def outcomes(messages):
    found = {}
    for channel, message in messages.items():
        message.refresh_from_db()
        found[channel] = (message.state, message.rule, message.reason)
    return found


@pytest.mark.parametrize("message_class", CLASSES)
def test_a_suppressed_number_stops_texts_of_every_class_and_nothing_else(contact, provider, message_class):
    messages = queue_all(contact, message_class)
    assert {message.state for message in messages.values()} == {"queued"}
    number_suppressed(contact)

    deliver(LANE_OF[message_class])

    wanted = dict.fromkeys(OUTBOUND_CHANNELS, SENT)
    assert outcomes(messages) == wanted | {"sms": ("dropped", "suppressed", "suppressed:stop_keyword")}
    assert len(provider.letters) == 5
    assert auditing.run().violations == []


@pytest.mark.parametrize("permitted", [True, False], ids=["with a permit", "without a permit"])
@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.__name__)
def test_a_confirmation_needs_its_permit_and_nothing_else(contact, provider, condition, permitted):
    """The one answer to a STOP goes out although the STOP stands."""
    messages = {channel: confirmation(contact, channel, permitted) for channel in ("sms", "whatsapp")}
    condition(contact)

    deliver("system")

    wanted = SENT if permitted else ("dropped", "permit", "no_permit")
    assert set(outcomes(messages).values()) == {wanted}
    assert len(provider.letters) == 2 * permitted


def confirmation(contact, channel, permitted):
    (message,) = propose(contact, channel=channel, message_class="system")
    Message.objects.filter(pk=message.pk).update(state="queued", settled_at=None, rule="", reason="")
    if permitted:
        permits.issue(
            business=contact.business_id,
            channel=channel,
            address=number_of(contact),
            confirms="opt_out",
            provider_id=f"SM-{channel}",
            expires_at=locks.now() + timedelta(minutes=5),
            message=message.pk,
        )
    return message


@pytest.mark.parametrize("message_class", CLASSES)
def test_consent_to_texts_binds_every_class_and_texts_alone(contact, provider, message_class):
    """One number of two is opted out: the other is used where the class may choose, and calls go on."""
    opted_out_of_sms(contact)

    (text,) = propose(contact, channel="sms", message_class=message_class)
    (call,) = propose(contact, channel="call", message_class=message_class)

    assert (text.state, text.reason) == ("dropped", "dnd:sms:stop_keyword")
    assert call.state == "queued"
