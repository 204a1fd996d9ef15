"""A message that came in starts workflows: by channel, by keyword, by tag, and its text can be used."""

import pytest

from contacts import locks
from contacts.actors import Actor
from contacts.models import EventKind
from contacts.services import events
from contacts.services.errors import Invalid
from contacts.services.events import Happening
from messaging.models import Message
from tests.factories import MANAGER, ContactFactory
from workflows import dispatch, matching
from workflows import services as workflows
from workflows.engine import tick
from workflows.matching import Happened
from workflows.models import Enrollment

pytestmark = pytest.mark.django_db


def received(body, channel="sms", tags=()):
    return Happened("message_received", {"channel": channel, "body": body}, frozenset(tags))


def trigger(**filters):
    return {"type": "message_received", "name": "", "filters": filters}


@pytest.mark.parametrize(
    ("filters", "event", "matches"),
    [
        ({}, received("anything"), True),
        ({"channels": ["sms"]}, received("x"), True),
        ({"channels": ["whatsapp"]}, received("x"), False),
        ({"channels": []}, received("x", "facebook"), True),
        ({"keywords": ["yes", "ok"]}, received(" Yes! "), True),
        ({"keywords": ["yes"]}, received("yes please"), False),
        ({"keywords": ["sí"]}, received("SI"), True),
        ({"tags": {"op": "any_of", "values": ["VIP"]}}, received("x", tags=["vip"]), True),
        ({"tags": {"op": "none_of", "values": ["VIP"]}}, received("x", tags=["vip"]), False),
        ({"channels": ["sms"], "keywords": ["yes"]}, received("yes", "whatsapp"), False),
    ],
)
def test_every_filter_that_is_given_must_match(filters, event, matches):
    assert matching.matches(trigger(**filters), event) is matches


def test_the_text_that_came_in_can_be_used_and_starts_its_workflow_once(business):
    data = {
        "name": "Answer",
        "triggers": [trigger(channels=["sms"], keywords=["hours"])],
        "steps": [{"kind": "send_sms", "body": "You asked: {{message.body}}"}],
    }
    workflow = workflows.create(business=business, data=data, by=MANAGER)
    workflows.publish(workflow=workflow, by=MANAGER)
    contact = ContactFactory(business=business)
    happening = Happening(contact.pk, "SMS received", {"channel": "sms", "message": 1, "body": "Hours?"})
    by = Actor.contact()
    events.record(business.pk, EventKind.MESSAGE_RECEIVED, [happening], by=by, at=locks.now())

    while dispatch.dispatch_batch():
        pass
    while tick.tick():
        pass
    assert Enrollment.objects.get().entered_by == "Trigger: Message received"
    assert Message.objects.get(contact=contact).body == "You asked: Hours?"


def test_the_text_can_be_named_only_where_a_message_may_start_the_workflow(business):
    data = {"name": "No", "triggers": [], "steps": [{"kind": "send_sms", "body": "{{message.body}}"}]}
    with pytest.raises(Invalid) as refused:
        workflows.create(business=business, data=data, by=MANAGER)
    assert list(refused.value.errors) == ["steps.0.body"]


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ({"channels": ["fax"]}, "triggers.0.filters.channels.0"),
        ({"keywords": ["…"]}, "triggers.0.filters.keywords.0"),
        ({"keywords": "yes"}, "triggers.0.filters.keywords"),
        ({"codes": []}, "triggers.0.filters.codes"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(business, filters, path):
    with pytest.raises(Invalid) as refused:
        workflows.create(
            business=business, data={"name": "No", "triggers": [trigger(**filters)], "steps": []}, by=MANAGER
        )
    assert list(refused.value.errors) == [path]
