"""How often the Do Not Contact list has stopped something: a workflow, a person, a broadcast, a newcomer."""

import pytest
from django.db import transaction

from contacts import locks
from dnd import services as dnd
from dnd.models import DncEntry, DncHit
from messaging import delivery
from messaging import services as messaging
from messaging.models import Message
from messaging.services.proposing import Proposal
from tests.factories import MANAGER, STAFF, ContactFactory, block

pytestmark = pytest.mark.django_db

NUMBER = "+14155550100"


@pytest.fixture
def listed(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    dnd.add_to_dnc(business=business, contacts=[contact.pk], channels=["sms"], by=MANAGER)
    return contact


@transaction.atomic
def propose(contact, channel="sms"):
    locks.lock_contacts(contact.business_id, [contact.pk])
    messaging.propose(
        contact.business_id, [Proposal(contact.pk, channel, "automation", "Hello", "Hello", "a workflow")]
    )


def hits():
    dnd.count_hits()
    assert not DncHit.objects.exists()
    entry = DncEntry.objects.order_by("pk").first()
    assert (entry.last_hit_at is None) == (entry.hits == 0)
    return entry.hits


def test_a_step_of_a_workflow_that_is_stopped_counts(listed):
    propose(listed)
    propose(listed)

    assert hits() == 2


def test_a_message_that_was_queued_before_counts_at_the_door(business, provider):
    contact = ContactFactory(business=business, phone=NUMBER)
    propose(contact)
    dnd.add_to_dnc(business=business, contacts=[contact.pk], channels=["sms"], by=MANAGER)

    delivery.deliver("interactive")

    assert Message.objects.get().state == "dropped"
    assert hits() == 1


def test_a_manual_message_that_is_refused_counts(listed):
    with pytest.raises(messaging.NotSent):
        messaging.send_manual(
            business=listed.business, contact=listed.pk, channel="sms", body="Hello", by=STAFF
        )

    assert hits() == 1
    assert not Message.objects.exists()


def test_a_newcomer_with_the_number_counts_and_so_does_what_is_sent_to_them(listed):
    other = ContactFactory(business=listed.business, phone=NUMBER)
    dnd.screen_new_addresses()
    assert hits() == 1

    propose(other)

    assert hits() == 2


def test_what_is_stopped_for_another_reason_does_not_count(listed):
    block(listed, "email")
    propose(listed, "email")

    assert hits() == 0


def test_what_is_stopped_after_lifting_does_not_count(listed):
    propose(listed)
    dnd.lift_entry(business=listed.business, entry=DncEntry.objects.get().pk, by=MANAGER, note="asked")

    assert hits() == 0
