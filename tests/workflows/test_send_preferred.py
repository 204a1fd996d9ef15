"""The step that sends one message by the first way that remains."""

from collections import Counter
from datetime import timedelta
from itertools import product

import pytest

from contacts import locks
from contacts.models import Business
from messaging import services as messaging
from messaging.choosing import CHANNEL_OF
from messaging.models import Connection, Message
from messaging.services import proposing
from tests.factories import ContactFactory, add_phone, block
from tests.workflows.building import TAG, crowd, draft, enroll, enroll_all, flow, make_due, path, state, work
from workflows import services as workflows
from workflows.models import StepRun

pytestmark = pytest.mark.django_db
EMAIL = {"subject": "News, {{ contact.first_name }}", "body": "From {{ business.name }}"}
ALL = {
    "kind": "send_preferred",
    "text": "Text for {{ contact.first_name }}",
    "call": "Call for {{ contact.first_name }}",
    "email": EMAIL,
}


@pytest.fixture(autouse=True)
def calls(business):
    return Connection.objects.create(business=business, channel="call", driver="twilio", config={})


@pytest.fixture
def contact(business):
    return ContactFactory(business=business)


def sent(contact):
    return list(Message.objects.filter(contact=contact).values_list("channel", "state", "subject", "body"))


def test_a_text_goes_where_a_text_can_go(business, contact):
    enrollment = enroll(flow(business, ALL, TAG), contact)
    work()

    assert sent(contact) == [("sms", "queued", "", "Text for Ada")]
    assert path(enrollment) == [("send_preferred", "done", ""), ("add_tag", "done", "")]
    assert StepRun.objects.get(kind="send_preferred").message == Message.objects.get().pk


def test_the_next_way_is_taken_for_who_asked_not_to_be_texted(business, contact):
    block(contact, "sms")
    enroll(flow(business, ALL), contact)
    work()
    assert sent(contact) == [("call", "queued", "", "Call for Ada")]


def test_an_email_goes_where_nothing_else_has_copy(business, contact):
    block(contact, "sms")
    enroll(flow(business, {"kind": "send_preferred", "text": "x", "email": EMAIL}), contact)
    work()

    assert sent(contact) == [("email", "queued", "News, Ada", f"From {business.name}")]


def test_a_way_whose_copy_is_empty_for_this_contact_has_none(business, contact):
    step = ALL | {"text": "{% if contact.last_name == 'Nobody' %}Hello{% endif %}"}
    enroll(flow(business, step), contact)
    work()

    assert sent(contact) == [("call", "queued", "", "Call for Ada")]


def test_an_email_whose_subject_is_empty_for_this_contact_is_no_way(business, contact):
    block(contact, "sms", "call")
    email = EMAIL | {"subject": "{% if contact.last_name == 'Nobody' %}News{% endif %}"}
    enrollment = enroll(flow(business, ALL | {"email": email}), contact)
    work()

    assert path(enrollment)[0][1] == "skipped"
    assert [message for message in sent(contact) if message[0] == "email"] == []


def test_copy_that_is_empty_every_way_fails_the_step(business, contact):
    step = {"kind": "send_preferred", "text": "{% if contact.last_name == 'Nobody' %}x{% endif %}"}
    enrollment = enroll(flow(business, step), contact)
    work()

    assert path(enrollment) == [("send_preferred", "failed", "empty")]
    assert sent(contact) == []


def test_without_a_way_the_step_is_skipped_with_the_reason_and_the_refusal_recorded(business, contact):
    block(contact, "sms", "call", "email")
    enrollment = enroll(flow(business, ALL, TAG), contact)
    work()

    assert path(enrollment) == [
        ("send_preferred", "skipped", "dnd:sms:user_request"),
        ("add_tag", "done", ""),
    ]
    assert sent(contact) == [("sms", "dropped", "", "Text for Ada")]
    assert state(enrollment) == ("completed", "completed")


def test_what_the_business_lacks_fails_the_step(business, contact):
    Connection.objects.filter(business=business).delete()
    enrollment = enroll(flow(business, ALL), contact)
    work()

    assert path(enrollment) == [("send_preferred", "failed", "no_connection")]


def test_the_business_policy_counts(business, contact):
    Business.objects.filter(pk=business.pk).update(delivery_policy="literal")
    step = {"kind": "send_preferred", "call": "Hello", "email": EMAIL}
    enrollment = enroll(flow(business, step), contact)
    work()

    assert path(enrollment) == [("send_preferred", "skipped", "no_address")]
    assert StepRun.objects.get().detail.startswith("This business calls only numbers that cannot be texted")


def test_a_held_way_waits_and_is_chosen_again_when_it_is_asked_again(business, contact):
    Connection.objects.filter(business=business, channel="sms").update(state="disconnected")
    enrollment = enroll(flow(business, ALL), contact)
    work()
    assert state(enrollment) == ("waiting", "")
    assert sent(contact) == []

    block(contact, "sms")
    make_due(enrollment)
    work()

    assert sent(contact) == [("call", "queued", "", "Call for Ada")]
    assert path(enrollment) == [("send_preferred", "done", "")]


def test_a_preferred_landline_is_called(business, contact):
    add_phone(contact, "+14155550777", "landline", preferred=True)
    enroll(flow(business, ALL), contact)
    work()

    message = Message.objects.get()
    assert (message.channel, message.to) == ("call", "+14155550777")


def test_one_message_each_whatever_is_run_again(business, contact, monkeypatch):
    others = [ContactFactory(business=business) for _ in range(3)]
    workflow = flow(business, ALL)
    enrollments = enroll_all(workflow, [contact, *others])
    write = proposing.write

    def broken(business, drafts):
        write(business, drafts)
        monkeypatch.setattr(proposing, "write", write)
        raise ConnectionError("the database went away")

    monkeypatch.setattr(proposing, "write", broken)
    work()
    make_due(*enrollments)
    work()

    assert Message.objects.count() == 4
    assert Message.objects.values("enrollment", "step").distinct().count() == 4


def test_many_cost_as_many_queries_as_few(business, django_assert_max_num_queries):
    people = crowd(business, 60)
    for position, person in enumerate(people):
        add_phone(person, f"+1415555{position:04d}", "landline" if position % 3 else "mobile")

    with django_assert_max_num_queries(7):
        chosen = messaging.choose_ways(
            business.pk, [p.pk for p in people], message_class="broadcast", copies={"text", "call"}
        )

    assert [chosen[p.pk].choice.by for p in people] == ["call" if n % 3 else "text" for n in range(60)]


def test_a_message_that_expired_while_it_was_held_is_skipped(business, contact):
    Connection.objects.filter(business=business).update(state="disconnected")
    enrollment = enroll(flow(business, ALL), contact)
    work()
    type(enrollment).objects.filter(pk=enrollment.pk).update(held_since=locks.now() - timedelta(hours=25))
    Connection.objects.filter(business=business).update(state="connected")
    make_due(enrollment)
    work()

    assert path(enrollment) == [("send_preferred", "skipped", "expired")]


@pytest.mark.parametrize("policy", ["cascade", "literal"])
@pytest.mark.parametrize("after_opt_out", ["allowed", "blocked"])
@pytest.mark.parametrize("connected", [True, False])
def test_the_forecast_counts_the_way_that_each_contact_would_be_reached(
    business, policy, after_opt_out, connected
):
    if not connected:
        Connection.objects.filter(business=business, channel="call").delete()
    Business.objects.filter(pk=business.pk).update(
        delivery_policy=policy, calls_after_sms_opt_out=after_opt_out
    )
    business.refresh_from_db()
    people = [ContactFactory(business=business, phone=phone, email=email) for phone, email in
              product((None, False), (None, False))]  # fmt: skip
    people += [ContactFactory(business=business) for _ in range(3)]
    add_phone(people[4], "+14155550777", "landline", preferred=True)
    block(people[5], "sms")
    block(people[6], "sms", "call")
    workflow = draft(business, ALL)

    chosen = messaging.choose_ways(
        business.pk, [p.pk for p in people], message_class="automation", copies={"text", "call", "email"}
    )

    ways = Counter(CHANNEL_OF.get(one.choice.by, "none") for one in chosen.values())
    forecast = workflows.preview(workflow)
    assert [(step.channel, step.send) for step in forecast.steps] == [
        (channel, ways[channel]) for channel in ("sms", "call", "email")
    ]
    assert sum(forecast.steps[0].skipped.values()) == ways["none"]
