"""Permitted hours at the door and before it: who is held, until when, and that nothing expires meanwhile."""

from datetime import UTC, datetime, time, timedelta

import pytest

from compliance.services import permitted, profiles
from contacts import locks
from messaging import services as messaging
from messaging.models import Message
from messaging.policy import Hold, Send
from messaging.services import Question
from tests.factories import ENTERPRISE, ContactFactory
from tests.messaging.conftest import deliver, propose, queue

pytestmark = pytest.mark.django_db
EVERY_DAY = list(range(7))


@pytest.fixture
def contact(business):
    return ContactFactory(business=business, timezone="UTC")


def hours(business, opens, closes, days=EVERY_DAY):
    rows = [{"days": days, "opens": opens, "closes": closes}]
    permitted.replace(business=business, region="default", rows=rows, by=ENTERPRISE)


def switch(business, **data):
    profiles.update(business=business, data={"quiet_hours": True, **data}, by=ENTERPRISE)


def closed(business):
    """Hours that do not hold now; when they open next."""
    now = locks.now().astimezone(UTC)
    hour = (now.hour + 12) % 24
    hours(business, time(hour), time((hour + 1) % 24))
    opening = datetime.combine(now.date(), time(hour), tzinfo=UTC)
    return opening if opening > now else opening + timedelta(days=1)


def verdict(contact, channel="sms", message_class="automation"):
    (decision,) = messaging.decide(contact.business_id, [Question(contact.pk, channel, message_class)])
    return decision.verdict


def test_hours_count_only_once_they_are_on(business, contact):
    opening = closed(business)
    assert isinstance(verdict(contact), Send)
    switch(business)
    held = verdict(contact)
    assert (held.rule, held.reason) == ("hours", "quiet_hours")
    assert opening <= held.until < opening + timedelta(minutes=10)
    hours(business, time(0), time(0))
    assert isinstance(verdict(contact), Send)


@pytest.mark.parametrize("message_class", ["automation", "broadcast", "campaign", "manual"])
def test_each_class_obeys_as_its_table_says(business, contact, message_class):
    closed(business)
    switch(business)
    assert isinstance(
        verdict(contact, message_class=message_class), Send if message_class == "manual" else Hold
    )


def test_email_obeys_by_a_switch_and_then_by_where_the_phone_is(business, contact):
    opening = closed(business)
    switch(business)
    assert isinstance(verdict(contact, "email"), Send)
    switch(business, quiet_hours_everywhere=True)
    assert verdict(contact, "email").until >= opening


def test_a_proposal_is_held_and_is_as_fresh_as_ever_when_the_hours_open(business, contact, provider):
    opening = closed(business)
    switch(business)
    assert propose(contact) == []
    assert propose(contact, first_due=opening - timedelta(days=40)) == []
    hours(business, time(0), time(0))
    queue(contact)


def test_what_waits_over_days_without_an_opening_does_not_expire_by_that(business, contact, provider):
    """From Saturday evening to Monday is longer than a message is good for."""
    message = queue(contact)
    now = locks.now().astimezone(UTC)
    hours(business, time(9), time(10), days=[(now.weekday() + 3) % 7])
    switch(business)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.rule) == ("held", "hours")
    assert message.due_at - now > timedelta(days=1, hours=20)
    assert message.expires_at >= message.due_at + timedelta(hours=1)
    assert "held until" in message.detail
    assert Message.objects.get().inputs["hours_open_at"] == message.due_at.isoformat()

    hours(business, time(0), time(0))
    deliver()
    message.refresh_from_db()
    assert message.state == "sent"


@pytest.mark.parametrize("freed", [{"quiet_hours": False}, {"quiet_hours_everywhere": False}])
def test_what_the_hours_held_leaves_when_they_no_longer_count(business, contact, provider, freed):
    other = ContactFactory(business=business, timezone="UTC")
    messages = [queue(each, channel="email") for each in (contact, other)]
    closed(business)
    switch(business, quiet_hours_everywhere=True)
    deliver()
    assert {message.rule for message in Message.objects.all()} == {"hours"}

    switch(business, sms_sender=True)
    assert deliver() == 0
    switch(business, **freed)
    deliver()

    assert {message.state for message in Message.objects.all()} == {"sent"}
    assert len(provider.letters) == len(messages)


def test_contacts_are_let_out_one_after_another(business, contact):
    closed(business)
    switch(business)
    others = [ContactFactory(business=business, timezone="UTC") for _ in range(8)]
    assert len({verdict(each).until for each in others}) > 4
    assert len({verdict(contact).until for _ in range(3)}) == 1
