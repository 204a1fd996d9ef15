"""Handing messages to the door."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contacts import locks
from contacts.models import Contact, Pipeline, Status
from contacts.services.errors import Invalid
from dnd import services as dnd
from messaging import services as messaging
from messaging.models import Connection, Message
from messaging.services import Drop, Hold, Proposal, Question, Send
from tests.factories import STAFF, BusinessFactory, ContactFactory, add_phone, block
from tests.messaging.conftest import deliver, propose, queue

pytestmark = pytest.mark.django_db


def answer(contact, channel="sms", message_class="automation", **fields):
    with transaction.atomic():
        locks.lock_contacts(contact.business_id, [contact.pk])
        proposal = Proposal(contact.pk, channel, message_class, "Hi", "Hello", "Reminder", **fields)
        return messaging.propose(contact.business_id, [proposal])[0]


def test_what_may_go_is_queued_for_the_address_of_its_channel(contact):
    asked = answer(contact, channel="email", enrollment=7, step=2)

    message = Message.objects.get(pk=asked.message_id)
    assert isinstance(asked.verdict, Send)
    assert (message.state, message.to, message.lane) == (
        "queued",
        f"ada{contact.pk}@example.org",
        "interactive",
    )
    assert (message.enrollment, message.step, message.actor) == (7, 2, "Reminder")
    assert message.expires_at - message.created_at == timedelta(hours=24)


def test_what_may_not_go_is_recorded_with_all_that_it_was_decided_from(contact):
    block(contact, "sms")

    asked = answer(contact)

    message = Message.objects.get(pk=asked.message_id)
    assert (message.state, message.rule, message.reason) == ("dropped", "dnd", "dnd:sms:user_request")
    assert message.detail.startswith("DND is active for SMS: user_request, set by user since ")
    assert (message.decided_version, asked.version) == (1, 1)
    assert message.inputs["blocked"]["reason"] == "user_request"
    assert message.settled_at


def test_what_is_held_is_not_written_and_the_caller_knows_until_when(contact):
    Connection.objects.update(state="disconnected")

    asked = answer(contact)

    assert isinstance(asked.verdict, Hold)
    assert asked.message_id is None
    assert not Message.objects.exists()


def test_a_step_that_was_held_for_a_day_is_not_sent_any_more(contact):
    asked = answer(contact, first_due=locks.now() - timedelta(hours=25))

    assert asked.verdict.rule == "expired"


def test_a_status_that_restricts_contact_stops_all_but_manual_messages(contact):
    pipeline = Pipeline.objects.create(business=contact.business, name="Leads")
    contact.status = Status.objects.create(pipeline=pipeline, name="Lost", restricts_contact=True)
    contact.save()

    assert answer(contact).verdict.reason == "status"
    assert isinstance(answer(contact, message_class="manual").verdict, Send)


def test_a_suppressed_address_stops_whoever_has_it_even_without_a_flag(business):
    first = ContactFactory(business=business, phone="+14155550123")
    block(first, "sms", reason="stop_keyword", by=STAFF.__class__("api", "key", "staff"))
    second = ContactFactory(business=business, phone="+14155550123")

    assert answer(second).verdict.reason == "suppressed:stop_keyword"


def test_do_not_contact_stops_automations_only(contact):
    contact.business.allow_do_not_contact = True
    contact.business.save()
    wish = dnd.Wish(do_not_contact=True)
    by = STAFF.__class__("user", "Eva", "enterprise")
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=by)

    assert answer(contact).verdict.reason == "do_not_contact"
    assert isinstance(answer(contact, message_class="campaign").verdict, Send)


def test_a_business_without_a_connection_sends_nothing():
    assert answer(ContactFactory(business=BusinessFactory())).verdict.reason == "no_connection"


def test_any_text_is_stored_as_it_is(contact):
    for body in ('"quoted" {braces}, commas', "back\\slash \\N NULL", "two\nlines\tand 😀", "", "{}", "'"):
        assert propose(contact, body=body, subject=body)[0].body == body


def test_many_proposals_cost_as_many_queries_as_one(business):
    def queries(count):
        contacts = ContactFactory.create_batch(count, business=business)
        with CaptureQueriesContext(connection) as captured:
            propose_all(contacts)
        return len(captured)

    def propose_all(contacts):
        proposals = [Proposal(c.pk, "sms", "automation", "", "Hello", "") for c in contacts]
        messaging.propose(business.pk, proposals)

    assert queries(1) == queries(30)


def test_answers_come_in_the_order_of_the_proposals(business):
    contacts = ContactFactory.create_batch(5, business=business)
    block(contacts[1], "sms")
    block(contacts[3], "sms")
    proposals = [Proposal(c.pk, "sms", "automation", "", f"To {c.pk}", "") for c in contacts]

    answers = messaging.propose(business.pk, proposals)

    assert [isinstance(a.verdict, Drop) for a in answers] == [False, True, False, True, False]
    bodies = dict(Message.objects.values_list("pk", "body"))
    assert [bodies[a.message_id] for a in answers] == [p.body for p in proposals]


def test_what_a_removed_enrollment_queued_is_taken_back(contact, provider):
    kept, gone = queue(contact, enrollment=1, step=0), queue(contact, enrollment=2, step=0)

    assert messaging.withdraw([2], why="Removed by a user.") == 1
    deliver()
    deliver()

    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (gone.state, gone.rule, gone.detail) == ("dropped", "withdrawn", "Removed by a user.")
    assert kept.state == "sent"
    assert [letter.message for letter in provider.letters] == [kept.pk]


def test_asking_writes_nothing_and_takes_a_handful_of_queries(business, django_assert_max_num_queries):
    contacts = ContactFactory.create_batch(10, business=business)
    block(contacts[0], "sms")
    questions = [Question(c.pk, channel, "automation") for c in contacts for channel in ("sms", "email")]

    with django_assert_max_num_queries(6):
        decisions = messaging.decide(business.pk, questions)

    assert [d.verdict.rule for d in decisions] == ["dnd"] + ["clear"] * 19
    assert decisions[0].version == 1
    assert not Message.objects.exists()


def test_asking_about_a_contact_of_another_business_names_the_item(business):
    stranger = ContactFactory()
    ours = ContactFactory(business=business)

    with pytest.raises(Invalid) as caught:
        messaging.decide(
            business.pk, [Question(ours.pk, "sms", "manual"), Question(stranger.pk, "sms", "manual")]
        )

    assert list(caught.value.errors) == ["items.1.contact"]


def test_a_number_of_several_is_chosen_by_who_it_is_for(business):
    contact = ContactFactory(business=business, phone="+14155550101")
    add_phone(contact, "+14155550102", preferred=True)

    assert propose(contact)[0].to == "+14155550102"
    assert propose(contact, message_class="broadcast")[0].to == "+14155550101"


def test_a_deleted_contact_gets_nothing(contact):
    Contact.objects.filter(pk=contact.pk).update(deleted_at=locks.now())

    assert answer(contact).verdict.rule == "withdrawn"
