"""The auditor finds what the door would never do: each violation is planted past it, in SQL."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from contacts import locks
from contacts.actors import Actor
from dnd import services as dnd
from dnd.models import Effective, Suppression
from messaging import auditing
from messaging.delivery import claims
from messaging.models import Audit, Message
from tests.factories import ENTERPRISE, STAFF, ContactFactory, block
from tests.messaging.conftest import deliver, forward, make_due, queue

pytestmark = pytest.mark.django_db

CONTACT_ITSELF = Actor("contact", "")


def violations():
    return auditing.run().violations


def lift(contact, channel="sms"):
    return dnd.change_one(
        business=contact.business, contact=contact.pk, wish=dnd.Wish(outbound={channel: False}), by=STAFF
    )


def sent(contact, **fields):
    message = queue(contact, **fields)
    deliver()
    message.refresh_from_db()
    assert message.state == "sent"
    return message


def plant(message, **columns):
    Message.objects.filter(pk=message.pk).update(**columns)


def test_what_the_door_did_is_found_to_be_right(contact, provider):
    first = sent(contact)
    block(contact, "sms")
    dropped = queue(ContactFactory(business=contact.business))
    block(dropped.contact, "sms")
    deliver()
    lift(contact)
    sent(contact)

    audit = auditing.run()

    assert (audit.messages, audit.violations) == (2, [])
    assert auditing.latest() == audit
    assert first.decided_version == 0


def test_a_message_decided_while_a_block_stood(contact, provider):
    message = sent(contact)
    block(contact, "sms")
    plant(message, decided_version=1, claimed_at=locks.now(), called_at=None)

    assert violations() == [
        f"Message {message.pk} was decided on at a version at which a block stood since version 1."
    ]


def test_a_block_that_was_lifted_before_stands_no_more(contact, provider):
    block(contact, "sms")
    lift(contact)

    sent(contact)

    assert violations() == []


def test_a_message_claimed_after_a_block_that_its_decision_did_not_know(contact, provider):
    message = sent(contact)
    block(contact, "sms")
    plant(message, claimed_at=locks.now(), called_at=None)

    assert violations() == [
        f"Message {message.pk} was claimed after version 1 had blocked it, and decided on before that."
    ]


def test_a_call_that_began_after_the_block_was_effective(contact, provider):
    message = sent(contact)
    change = block(contact, "sms").changes[0]
    plant(message, called_at=Effective.objects.get(change=change).at + timedelta(microseconds=1))

    assert violations() == [f"Message {message.pk} was called after the block of version 1 was effective."]


def test_a_block_of_another_channel_is_no_violation(contact, provider):
    message = sent(contact)
    block(contact, "email")
    plant(message, decided_version=1, claimed_at=locks.now(), called_at=locks.now())

    assert violations() == []


def test_an_address_that_was_suppressed(contact, provider):
    message = sent(contact)
    suppression = Suppression.objects.create(
        business=contact.business, channel="sms", address=message.to, reason="stop_keyword", source="contact",
        since=message.claimed_at - timedelta(seconds=1),
    )  # fmt: skip

    assert violations() == [
        f"Message {message.pk} was claimed for an address that suppression {suppression.pk} held."
    ]
    Suppression.objects.update(lifted_at=message.claimed_at - timedelta(milliseconds=1))
    assert violations() == []


def test_an_automation_while_do_not_contact_was_on(contact, provider):
    contact.business.allow_do_not_contact = True
    message, campaign = sent(contact), queue(contact, message_class="campaign")
    deliver("bulk")
    wish = dnd.Wish(do_not_contact=True)
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=ENTERPRISE)
    for each in (message, campaign):
        plant(each, decided_version=1, claimed_at=locks.now(), called_at=None)

    assert violations() == [
        f"Message {message.pk} was decided on at a version at which a block stood since version 1."
    ]


def test_a_call_that_never_ended(contact):
    message = queue(contact)
    claims.claim("interactive", 1)
    forward(message, 91)

    assert violations() == [f"Message {message.pk} has been calling for more than 90 seconds."]


def test_a_message_that_was_stopped_before_its_second_try_is_no_call(contact, provider):
    message = sent(contact)
    plant(message, state="queued", settled_at=None)
    block(contact, "sms")
    make_due(pk=message.pk)

    deliver()

    message.refresh_from_db()
    assert (message.state, message.decided_version) == ("dropped", 1)
    assert violations() == []


def test_the_command_counts_and_fails_with_each_violation(contact, provider):
    message = sent(contact)
    out = StringIO()
    call_command("audit_sends", stdout=out)
    assert out.getvalue() == "1 messages checked, 0 violations\n"

    block(contact, "sms")
    plant(message, claimed_at=locks.now(), called_at=None)
    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("audit_sends", stdout=out)

    assert exit_.value.code == 1
    assert out.getvalue().splitlines()[-1] == "1 messages checked, 1 violation"
    assert message.to not in out.getvalue()
    assert Audit.objects.count() == 2


def test_no_violation_names_anybody(contact, provider):
    message = sent(contact)
    block(contact, "sms")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_message SET decided_version = 1, claimed_at = clock_timestamp()")

    assert all(contact.first_name not in v and message.to not in v for v in violations())
