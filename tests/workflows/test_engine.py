"""Enrollments move in order, each step once, and no one of them holds up the others."""

from datetime import time

import pytest
from django.db import OperationalError

from compliance.services import permitted, profiles
from contacts import locks
from contacts.services import people
from messaging import hooks
from messaging import services as messaging
from messaging.models import Connection, Message
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory, block
from tests.workflows.building import (
    EMAIL,
    SMS,
    TAG,
    TASK,
    connect,
    crowd,
    draft,
    enroll,
    enroll_all,
    flow,
    make_due,
    messages,
    path,
    state,
    tags,
    work,
)
from workflows import people as reading
from workflows import services as workflows
from workflows.engine import finding
from workflows.engine import tick as ticking
from workflows.engine.tick import tick
from workflows.models import Enrollment, StepRun
from workflows.steps import KINDS

pytestmark = pytest.mark.django_db
WAIT = {"kind": "wait", "for": "3d"}
STOP = {"kind": "stop"}


def if_(field, op, value, then=(), otherwise=()):
    condition = {"field": field, "op": op, "value": value}
    return {"kind": "if_else", "condition": condition, "then": list(then), "else": list(otherwise)}


def tag(name):
    return {"kind": "add_tag", "tag": name}


def test_consecutive_steps_run_in_one_tick_in_order(business):
    enrollment = enroll(
        flow(business, TAG, SMS, EMAIL, {"kind": "wait", "for": "0s"}, TASK),
        ContactFactory(business=business),
    )

    assert tick() == 5

    kinds = [kind for kind, *_ in path(enrollment)]
    assert kinds == ["add_tag", "send_sms", "send_email", "wait", "create_task"]
    assert state(enrollment) == ("completed", "completed")
    times = list(StepRun.objects.order_by("position").values_list("at", flat=True))
    assert times == sorted(times)
    assert enrollment.entered_at <= times[0] <= enrollment.ended_at
    assert tick() == 0


def test_texts_are_filled_in_for_each_contact(business):
    workflow = flow(
        business, {"kind": "send_email", "subject": "{{contact.first_name}}", "body": "{{business.phone}}"}
    )
    ada, bob = ContactFactory(business=business), ContactFactory(business=business, first_name="Bob")
    for contact in (ada, bob):
        enroll(workflow, contact)
    tick()

    assert set(Message.objects.values_list("subject", "body")) == {
        ("Ada", "+14155550199"),
        ("Bob", "+14155550199"),
    }


def test_a_wait_is_shown_where_it_stands_and_goes_on_when_it_is_due(business):
    enrollment = enroll(
        flow(business, TAG, {"kind": "wait", "for": "2h"}, TAG), ContactFactory(business=business)
    )
    work()

    assert state(enrollment) == ("waiting", "")
    assert (enrollment.position, enrollment.kind) == (1, "wait")
    assert (enrollment.due_at - enrollment.held_since).total_seconds() == 7_200
    assert [kind for kind, *_ in path(enrollment)] == ["add_tag"]

    make_due(enrollment)
    work()
    assert [kind for kind, *_ in path(enrollment)] == ["add_tag", "wait", "add_tag"]
    assert state(enrollment) == ("completed", "completed")


def test_a_wait_until_a_time_that_has_passed_goes_on_at_once(business):
    past, future = ({"kind": "wait", "until": f"{year}-01-01T00:00:00Z"} for year in (2020, 2099))
    enrollment = enroll(flow(business, past, future, TAG), ContactFactory(business=business))
    work()

    assert path(enrollment) == [("wait", "done", "")]
    assert state(enrollment) == ("waiting", "")
    assert enrollment.due_at.year == 2099


def test_while_a_channel_is_disconnected_its_step_waits_and_asks_again(business):
    connection = Connection.objects.get(channel="sms")
    Connection.objects.filter(pk=connection.pk).update(state="disconnected")
    enrollment = enroll(flow(business, SMS, TAG), ContactFactory(business=business))
    work()

    assert state(enrollment) == ("waiting", "")
    held_since = enrollment.held_since
    assert 890 <= (enrollment.due_at - held_since).total_seconds() <= 901
    make_due(enrollment)
    work()
    assert state(enrollment) == ("waiting", "")
    assert enrollment.held_since == held_since
    assert Message.objects.count() == 0

    Connection.objects.filter(pk=connection.pk).update(state="connected")
    hooks.tell_to_ask_again(business.pk, ["sms"])
    work()
    assert path(enrollment) == [("send_sms", "done", ""), ("add_tag", "done", "")]
    assert Message.objects.get().state == "queued"


def test_connecting_a_channel_wakes_those_who_wait_for_it_and_nobody_else(business):
    Connection.objects.update(state="disconnected")
    contact = ContactFactory(business=business)
    by_email, by_wait = enroll(flow(business, EMAIL), contact), enroll(flow(business, WAIT, SMS), contact)
    elsewhere = BusinessFactory()
    connect(elsewhere)
    Connection.objects.update(state="disconnected")
    stranger = enroll(flow(elsewhere, SMS), ContactFactory(business=elsewhere))
    work()

    hooks.tell_to_ask_again(business.pk, ["sms"])
    assert finding.candidates() == []
    hooks.tell_to_ask_again(business.pk, ["email"])
    assert [found.enrollment for found in finding.candidates()] == [by_email.pk]
    assert state(by_wait) == state(stranger) == ("waiting", "")


def test_a_removed_connection_fails_the_step_that_waits_for_it(business):
    connection = Connection.objects.get(channel="sms")
    Connection.objects.filter(pk=connection.pk).update(state="disconnected")
    preferred = {"kind": "send_preferred", "text": "Hello"}
    waiting = [
        enroll(flow(business, step, TAG), ContactFactory(business=business)) for step in (SMS, preferred)
    ]
    work()
    assert {state(each) for each in waiting} == {("waiting", "")}

    messaging.delete_connection(connection=connection, by=ENTERPRISE)
    work()

    for each, kind in zip(waiting, ("send_sms", "send_preferred"), strict=True):
        assert path(each) == [(kind, "failed", "no_connection"), ("add_tag", "done", "")]


def test_a_step_that_waits_for_permitted_hours_goes_on_when_they_no_longer_count(business):
    in_three_days = (locks.now().weekday() + 3) % 7
    rows = [{"days": [in_three_days], "opens": time(9), "closes": time(10)}]
    permitted.replace(business=business, region="default", rows=rows, by=ENTERPRISE)
    profiles.update(business=business, data={"quiet_hours": True}, by=ENTERPRISE)
    enrollment = enroll(flow(business, SMS, TAG), ContactFactory(business=business, timezone="UTC"))
    work()
    assert state(enrollment) == ("waiting", "")

    profiles.update(business=business, data={"quiet_hours": False}, by=ENTERPRISE)
    work()

    assert path(enrollment) == [("send_sms", "done", ""), ("add_tag", "done", "")]


def test_a_message_held_for_a_day_is_skipped_as_expired(business):
    Connection.objects.filter(channel="sms").update(state="disconnected")
    enrollment = enroll(flow(business, SMS, TAG), ContactFactory(business=business))
    work()
    Enrollment.objects.update(held_since="2020-01-01T00:00:00Z")
    Connection.objects.filter(channel="sms").update(state="connected")
    make_due(enrollment)
    work()

    assert path(enrollment) == [("send_sms", "skipped", "expired"), ("add_tag", "done", "")]


def test_a_step_is_skipped_for_the_contact_and_failed_for_the_business(business):
    Connection.objects.filter(channel="email").delete()
    stopped, unreachable, fine = (
        ContactFactory(business=business),
        ContactFactory(business=business, phone=False),
        ContactFactory(business=business),
    )
    block(stopped, "sms", reason="stop_keyword", by=STAFF.__class__("contact"))
    workflow = flow(business, SMS, EMAIL, TASK)
    paths = []
    enrollments = [enroll(workflow, contact) for contact in (stopped, unreachable, fine)]
    work()
    paths = [path(enrollment) for enrollment in enrollments]

    end = [("send_email", "failed", "no_connection"), ("create_task", "done", "")]
    assert paths == [
        [("send_sms", "skipped", "dnd:sms:stop_keyword"), *end],
        [("send_sms", "skipped", "no_address"), *end],
        [("send_sms", "done", ""), *end],
    ]
    assert {state(enrollment) for enrollment in enrollments} == {("completed", "completed")}
    assert messages(stopped)[0][:2] == ("sms", "dropped")
    run = StepRun.objects.get(enrollment=enrollments[0], position=0)
    assert run.message == Message.objects.get(contact=stopped, channel="sms").pk
    assert "DND is active for SMS" in run.detail


def test_steps_that_are_no_communication_run_whatever_the_dnd(business):
    contact = ContactFactory(business=business)
    block(contact, "call", "sms", "email", "whatsapp", "facebook", "gmb")
    tell = {"kind": "internal_notification", "to": "managers", "message": "x"}
    enrollment = enroll(flow(business, TAG, tell, TASK, SMS, STOP), contact)
    work()

    assert [outcome for _, outcome, _ in path(enrollment)] == ["done", "done", "done", "skipped", "done"]


def test_an_if_else_goes_by_what_holds_when_it_is_reached(business):
    dnd_sms = if_("dnd.sms", "is", True, [tag("blocked")], [tag("free")])
    vip = if_("tag", "is", "free", [if_("contact.first_name", "is", "Bob", [tag("bob")])])
    workflow = flow(business, dnd_sms, vip, tag("end"))
    ada, bob, eve = (ContactFactory(business=business, first_name=name) for name in ("Ada", "Bob", "Eve"))
    block(eve, "sms")
    enrollments = [enroll(workflow, contact) for contact in (ada, bob, eve)]
    work()

    assert [tags(c) for c in (ada, bob, eve)] == [{"free", "end"}, {"free", "bob", "end"}, {"blocked", "end"}]
    assert path(enrollments[2])[:3] == [
        ("if_else", "done", "then"),
        ("add_tag", "done", ""),
        ("if_else", "done", "else"),
    ]


def test_stop_ends_it_wherever_it_stands(business):
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, if_("tag", "is_not", "x", [tag("in"), STOP]), tag("after")), contact)
    work()

    assert tags(contact) == {"in"}
    assert state(enrollment) == ("completed", "completed")


def test_an_enrollment_keeps_the_version_that_it_began_with(business):
    workflow = flow(business, WAIT, tag("old"))
    contact = ContactFactory(business=business)
    enrollment = enroll(workflow, contact)
    work()
    workflows.update(workflow=workflow, data={"steps": [tag("new")]}, by=MANAGER)
    workflows.publish(workflow=workflow, by=MANAGER)
    workflows.unpublish(workflow=workflow, by=MANAGER)
    make_due(enrollment)
    work()

    assert tags(contact) == {"old"}


def test_a_tick_takes_at_most_two_hundred_contacts(business):
    workflow = flow(business, TAG)
    enroll_all(workflow, crowd(business, 205))

    assert (tick(), tick(), tick()) == (200, 5, 0)


def test_when_the_time_is_up_the_rest_stays_due_where_it_stands(business, monkeypatch):
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, tag("a"), tag("b"), tag("c")), contact)
    monkeypatch.setattr(ticking, "HOLDS_AT_MOST", 0)

    assert tick() == 1
    assert state(enrollment) == ("active", "")
    assert (enrollment.position, tags(contact)) == (1, {"a"})
    work()
    assert tags(contact) == {"a", "b", "c"}
    assert [StepRun.objects.filter(position=n).count() for n in range(3)] == [1, 1, 1]


def test_an_idle_tick_is_one_query(business, django_assert_num_queries):
    enroll(flow(business, WAIT), ContactFactory(business=business))
    work()

    with django_assert_num_queries(1):
        tick()


def test_a_hundred_contacts_cost_no_more_queries_than_one(business, django_assert_max_num_queries):
    workflow = flow(business, TAG, SMS, EMAIL, if_("tag", "is", "seen", [TASK]))
    enroll_all(workflow, crowd(business, 100))

    with django_assert_max_num_queries(65):
        assert tick() == 500


class Poison(Exception):
    """ada@example.org must not be shown."""


def poison(monkeypatch, kind, contacts, error):
    """The kind of step raises whenever one of these contacts is among the batch."""
    real = KINDS[kind].run

    def run(batch):
        if {row.contact for row in batch} & contacts:
            real(batch)
            raise error
        return real(batch)

    monkeypatch.setattr(KINDS[kind], "run", run)


def test_one_that_raises_fails_alone_and_does_not_hold_up_five_hundred_others(business, monkeypatch):
    workflow = flow(business, tag("a"), TASK, tag("b"))
    contacts = crowd(business, 501)
    enrollments = {each.contact_id: each for each in enroll_all(workflow, contacts)}
    bad = contacts[123].pk
    poison(monkeypatch, "create_task", {bad}, Poison("ada@example.org"))

    work()

    assert Enrollment.objects.filter(state="completed").count() == 500
    failed = enrollments[bad]
    assert state(failed) == ("failed", "failed")
    assert path(failed) == [("add_tag", "done", ""), ("create_task", "failed", "error")]
    assert failed.position == 1
    assert failed.exit_detail.startswith("Poison at ")
    assert "ada@" not in failed.exit_detail
    assert contacts[123].tasks.count() == 0
    assert StepRun.objects.count() == 3 * 500 + 2
    assert contacts[124].tasks.count() == 1


def test_an_outage_of_the_database_fails_nobody(business, monkeypatch):
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, tag("a"), TASK), contact)
    with monkeypatch.context() as patch:
        poison(patch, "create_task", {contact.pk}, OperationalError("disk full"))
        tick()

    assert state(enrollment) == ("active", "")
    assert (enrollment.position, tags(contact)) == (1, {"a"})
    make_due(enrollment)
    work()
    assert state(enrollment) == ("completed", "completed")
    assert contact.tasks.count() == 1


def test_one_that_cannot_even_be_written_is_set_aside_and_the_others_go_on(business):
    workflow = flow(business, tag("a"), tag("b"))
    contacts = crowd(business, 30)
    enrollments = enroll_all(workflow, contacts)
    bad = enrollments[11]
    StepRun.objects.create(
        business=business,
        enrollment=bad,
        position=1,
        step="1",
        kind="add_tag",
        outcome="done",
        at=bad.entered_at,
    )
    tick()

    assert Enrollment.objects.filter(state="completed").count() == 29
    assert state(bad) == ("active", "")
    assert bad.position == 0
    assert bad.due_at > bad.entered_at
    assert tags(contacts[11]) == set()


def test_a_step_that_forgets_a_row_is_a_fault(business, monkeypatch):
    enrollment = enroll(flow(business, TAG), ContactFactory(business=business))
    monkeypatch.setattr(KINDS["add_tag"], "run", lambda batch: {})
    work()

    assert state(enrollment) == ("failed", "failed")


def test_a_deleted_contact_leaves_before_its_next_step(business):
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, TASK), contact)
    people.delete(contact=contact, by=STAFF)

    assert tick() == 1
    assert state(enrollment) == ("removed", "contact_deleted")
    assert path(enrollment) == []


def test_a_deleted_workflow_is_left_by_those_whom_its_deleting_did_not_reach(business):
    workflow = flow(business, TASK)
    enrollment = enroll(workflow, ContactFactory(business=business))
    type(workflow).objects.update(deleted_at="2026-01-01T00:00:00Z")
    tick()

    assert state(enrollment) == ("removed", "removed_by_user")
    assert path(enrollment) == []


def test_nothing_that_was_read_for_one_step_is_kept_for_the_next(business, monkeypatch):
    reads = []
    real = reading.contexts
    monkeypatch.setattr(reading, "contexts", lambda *args: reads.append(args) or real(*args))
    enroll(flow(business, SMS, EMAIL, TASK), ContactFactory(business=business))
    tick()

    assert len(reads) == 3


def test_those_whom_others_hold_are_passed_over(business, monkeypatch):
    workflow = flow(business, TAG)
    contacts = crowd(business, 6)
    enroll_all(workflow, contacts)
    held = {contact.pk for contact in contacts[:3]}
    real = finding.locks.try_lock_contacts
    monkeypatch.setattr(
        finding.locks, "try_lock_contacts", lambda ids: real([i for i in ids if i not in held])
    )

    assert tick() == 3
    assert [bool(tags(contact)) for contact in contacts] == [False] * 3 + [True] * 3


def test_a_draft_that_was_never_published_has_no_program(business):
    workflow = draft(business, TAG)

    assert not workflows.is_published(workflow)
    assert workflows.published_version(workflow) is None
