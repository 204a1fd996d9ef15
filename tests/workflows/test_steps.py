"""Steps that act on workflows, wishes and people."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.actors import Actor
from contacts.models import Event, Membership, Notification, Task, Team
from dnd.models import Change, Suppression
from messaging.models import Message
from tests.factories import MANAGER, ContactFactory, MembershipFactory, add_phone, block
from tests.workflows.building import (
    EMAIL,
    SMS,
    TAG,
    TASK,
    crowd,
    enroll,
    enroll_all,
    flow,
    path,
    state,
    tags,
    work,
)
from workflows import services as workflows
from workflows.engine import addresses, finding
from workflows.engine.tick import tick
from workflows.models import Enrollment, StepRun

pytestmark = pytest.mark.django_db
WAIT = {"kind": "wait", "for": "3d"}
EVERY = ("call", "sms", "email", "whatsapp", "facebook", "gmb")
CONTACT = Actor("contact")


def remove(which, workflow=None):
    named = {"workflow": str(workflow.pk)} if workflow else {}
    return {"kind": "remove_from_workflow", "which": which} | named


def add_to(workflow):
    return {"kind": "add_to_workflow", "workflow": str(workflow.pk)}


def set_dnd(direction, enable, channels, **more):
    return {"kind": "set_dnd", "direction": direction, "enable": enable, "channels": channels} | more


@pytest.fixture
def contact(business):
    return ContactFactory(business=business)


# --- Removing -------------------------------------------------------------------------------------------------------


def test_remove_from_another_workflow(business, contact):
    one, two = flow(business, WAIT), flow(business, WAIT)
    first, second = enroll(one, contact), enroll(two, contact)
    own = enroll(flow(business, remove("another", one), TAG), contact)
    work()

    assert state(first) == ("removed", "removed_by_external_workflow")
    assert state(second) == ("waiting", "")
    assert state(own) == ("completed", "completed")
    assert first.exit_detail == f"Workflow: {own.workflow.name}"


def test_remove_from_the_current_workflow(business, contact):
    other = enroll(flow(business, WAIT), contact)
    own = enroll(flow(business, remove("current"), TAG), contact)
    work()

    assert state(own) == ("removed", "removed_by_workflow")
    assert path(own) == [("remove_from_workflow", "done", "")]
    assert state(other) == ("waiting", "")
    assert tags(contact) == set()


def test_remove_from_all_but_the_current_workflow(business, contact):
    other = enroll(flow(business, WAIT), contact)
    own = enroll(flow(business, remove("all_except_current"), TAG), contact)
    work()

    assert state(other) == ("removed", "removed_by_external_workflow")
    assert state(own) == ("completed", "completed")
    assert tags(contact) == {"seen"}


def test_remove_from_all_workflows(business, contact):
    other = enroll(flow(business, WAIT), contact)
    stranger = enroll(other.workflow, ContactFactory(business=business))
    own = enroll(flow(business, remove("all"), TAG), contact)
    work()

    assert state(other) == ("removed", "removed_by_external_workflow")
    assert state(own) == ("removed", "removed_by_workflow")
    assert state(stranger) == ("waiting", "")
    assert tags(contact) == set()


def test_nothing_of_a_removed_enrollment_runs_in_the_same_tick(business, contact):
    victim = flow(business, SMS, TAG, TASK)
    remover = enroll(flow(business, remove("another", victim), TASK), contact)
    removed = enroll(victim, contact)

    tick()

    assert state(removed) == ("removed", "removed_by_external_workflow")
    assert path(removed) == []
    assert (Message.objects.count(), tags(contact)) == (0, set())
    assert path(remover) == [("remove_from_workflow", "done", ""), ("create_task", "done", "")]


def test_what_ran_before_the_removal_in_the_same_tick_stays_and_its_message_is_withdrawn(business, contact):
    victim = flow(business, SMS, TAG, WAIT)
    removed = enroll(victim, contact)
    enroll(flow(business, TASK, remove("another", victim)), contact)

    tick()

    assert path(removed) == [("send_sms", "done", ""), ("add_tag", "done", "")]
    assert state(removed) == ("removed", "removed_by_external_workflow")
    assert Message.objects.get().withdrawn
    work()
    assert path(removed) == [("send_sms", "done", ""), ("add_tag", "done", "")]


def test_two_that_remove_each_other_in_one_batch_the_first_stays(business, contact):
    first = enroll(flow(business, remove("all_except_current"), TAG), contact)
    second = enroll(flow(business, remove("all_except_current"), TAG), contact)
    tick()

    assert state(first) == ("completed", "completed")
    assert state(second) == ("removed", "removed_by_external_workflow")
    assert path(second) == []


def test_an_enrollment_that_ended_earlier_in_the_tick_is_not_removed_again(business, contact):
    short = enroll(flow(business, TAG), contact)
    enroll(flow(business, TASK, TASK, remove("all")), contact)
    tick()

    assert state(short) == ("completed", "completed")


# --- Adding ---------------------------------------------------------------------------------------------------------


def test_add_to_a_workflow_starts_it_from_its_beginning_one_deeper(business, contact):
    nurture = flow(business, TAG, WAIT)
    own = enroll(flow(business, add_to(nurture)), contact)
    Enrollment.objects.update(depth=3)
    work()

    added = Enrollment.objects.get(workflow=nurture)
    assert (added.depth, added.entered_by, added.state) == (4, f"Workflow: {own.workflow.name}", "waiting")


def test_add_to_a_workflow_that_the_contact_is_in_or_was_in(business, contact):
    inside, once = flow(business, WAIT), flow(business, TAG)
    enroll(inside, contact), enroll(once, contact)
    work()
    own = enroll(flow(business, add_to(inside), add_to(once), TASK), contact)
    work()

    assert path(own) == [
        ("add_to_workflow", "done", "already_active"),
        ("add_to_workflow", "done", "reentry_off"),
        ("create_task", "done", ""),
    ]
    assert Enrollment.objects.count() == 3


def test_add_to_a_workflow_that_ended_for_the_contact_earlier_in_the_same_tick(business, contact):
    short = flow(business, TAG, allow_reentry=True)
    enroll(short, contact)
    enroll(flow(business, TASK, add_to(short)), contact)
    tick()

    assert sorted(Enrollment.objects.filter(workflow=short).values_list("state", flat=True)) == [
        "active",
        "completed",
    ]


def test_add_to_a_workflow_that_is_not_published_fails_and_the_enrollment_goes_on(business, contact):
    target = flow(business, TAG)
    own = enroll(flow(business, add_to(target), TASK), contact)
    workflows.unpublish(workflow=target, by=MANAGER)
    work()

    assert path(own) == [("add_to_workflow", "failed", "not_published"), ("create_task", "done", "")]


def test_workflows_that_add_to_each_other_stop_at_ten(business, contact):
    one = flow(business, TAG, allow_reentry=True)
    two = flow(business, add_to(one), allow_reentry=True)
    workflows.update(workflow=one, data={"steps": [WAIT | {"for": "0s"}, add_to(two)]}, by=MANAGER)
    workflows.publish(workflow=one, by=MANAGER)
    enroll(two, contact)
    work()

    assert Enrollment.objects.count() == 10
    assert StepRun.objects.get(outcome="failed").reason == "depth"


# --- Wishes ---------------------------------------------------------------------------------------------------------


def test_set_dnd_blocks_with_the_workflow_as_source_and_cause(business, contact):
    own = enroll(flow(business, set_dnd("outbound", True, ["sms"], note="asked"), SMS, TASK), contact)
    work()

    assert [row[1:] for row in path(own)] == [("done", ""), ("skipped", "dnd:sms:workflow"), ("done", "")]
    change = Change.objects.get(contact=contact)
    assert (change.source, change.actor, change.reason) == ("workflow", own.workflow.name, "workflow")
    assert change.text.note == "asked"
    event = Event.objects.get(kind="contact_dnd")
    assert (event.cause_workflow, event.cause_enrollment, event.depth) == (own.workflow_id, own.pk, 1)


def test_set_dnd_frees_every_channel(business, contact):
    block(contact, "sms", "email")
    own = enroll(flow(business, TAG, set_dnd("outbound", False, "all"), TASK), contact)
    work()

    assert state(own) == ("completed", "completed")
    assert contact.grounds.count() == 0


def test_set_dnd_that_may_reach_addresses_waits_for_a_tick_that_holds_them(business, contact):
    own = enroll(flow(business, TAG, set_dnd("outbound", False, ["sms"]), TASK), contact)
    block(contact, "sms")

    assert tick() == 1
    assert state(own) == ("active", "")
    assert own.position == 1
    assert tick() == 2
    assert contact.grounds.count() == 0


def test_those_for_whom_there_are_no_address_locks_left_make_room_for_others(business, monkeypatch):
    monkeypatch.setattr(addresses, "MOST", 2)
    monkeypatch.setattr(finding, "CONTACTS", 4)
    freeing = flow(business, set_dnd("outbound", False, ["sms"]))
    enroll_all(freeing, crowd(business, 6))
    enroll_all(flow(business, TAG), crowd(business, 2))

    assert tick() == 4
    assert StepRun.objects.filter(kind="add_tag").count() == 2


def test_set_dnd_frees_all_who_share_the_address_that_it_releases(business, contact):
    number = contact.points.get(kind="phone").value
    relative = ContactFactory(business=business, phone=number)
    block(contact, "sms", reason="carrier_unreachable", by=Actor("provider", "Twilio"))
    assert relative.grounds.count() == 1
    own = enroll(flow(business, set_dnd("outbound", False, ["sms"])), contact)
    work()

    assert path(own) == [("set_dnd", "done", "")]
    assert (contact.grounds.count(), relative.grounds.count()) == (0, 0)
    assert not Suppression.objects.in_force().exists()


def test_a_lift_that_a_workflow_may_not_make_fails_and_the_enrollment_goes_on(business, contact):
    block(contact, "sms", reason="stop_keyword", by=CONTACT)
    own = enroll(flow(business, set_dnd("outbound", False, "all"), TASK), contact)
    work()

    assert path(own) == [("set_dnd", "failed", "dnd_locked"), ("create_task", "done", "")]
    assert "texting START" in StepRun.objects.get(position=0).detail
    assert contact.grounds.count() == 1


def test_set_dnd_inbound(business, contact):
    enroll(flow(business, set_dnd("inbound", True, "all")), contact)
    work()

    assert sorted(contact.grounds.values_list("direction", "channel")) == [
        ("inbound", "call"),
        ("inbound", "sms"),
    ]


def test_set_dnd_for_many_contacts(business):
    workflow = flow(business, set_dnd("outbound", False, ["sms"]), TAG)
    contacts = [ContactFactory(business=business) for _ in range(45)]
    for contact in contacts:
        block(contact, "sms")
        add_phone(contact, f"+1212555{contact.pk % 10_000:04d}")
        enroll(workflow, contact)
    work()

    assert Enrollment.objects.filter(state="completed").count() == 45
    assert Change.objects.filter(enabled=False).count() == 45


def test_set_dnd_for_a_hundred_contacts_asks_the_database_as_often_as_for_one(business):
    def statements(contacts):
        enroll_all(flow(business, set_dnd("outbound", True, ["sms"], note="asked")), contacts)
        with CaptureQueriesContext(connection) as asked:
            tick()
        return len(asked)

    one, hundred = statements(crowd(business, 1)), statements(crowd(business, 100))

    assert Change.objects.count() == 101
    assert hundred <= one + 2  # many rows are written by one statement each, few by one for all


def test_each_of_many_changes_knows_the_enrollment_behind_it_and_one_refusal_holds_up_nobody(business):
    contacts = [ContactFactory(business=business) for _ in range(3)]
    block(contacts[0], "sms", reason="stop_keyword", by=CONTACT)
    for contact in contacts[1:]:
        block(contact, "sms")
    before = Event.objects.filter(kind="contact_dnd").count()
    own = enroll_all(flow(business, set_dnd("outbound", False, ["sms"])), contacts)
    work()

    assert [path(each)[0][1] for each in own] == ["failed", "done", "done"]
    freed = Event.objects.filter(kind="contact_dnd").order_by("id")[before:]
    assert {(e.contact_id, e.cause_enrollment, e.depth) for e in freed} == {
        (each.contact_id, each.pk, 1) for each in own[1:]
    }


# --- People ---------------------------------------------------------------------------------------------------------


def test_internal_notifications_reach_a_role_a_team_and_a_person(business, contact):
    Team.objects.create(business=business, name="Sales")
    member: Membership = MembershipFactory(business=business)
    tell = [
        {"kind": "internal_notification", "to": to, "message": "{{contact.name}} needs you"}
        for to in ("managers", "team:sales", f"user:{member.user.email.upper()}")
    ]
    enroll(flow(business, *tell), contact)
    work()

    assert list(Notification.objects.order_by("id").values_list("audience", flat=True)) == [
        "role:manager",
        "team:Sales",
        f"user:{member.user.email}",
    ]
    assert set(Notification.objects.values_list("message", "contact")) == {
        ("Ada Byron needs you", contact.pk)
    }


def test_a_notification_to_a_team_that_is_gone_fails_and_the_enrollment_goes_on(business, contact):
    team = Team.objects.create(business=business, name="Sales")
    tell = {"kind": "internal_notification", "to": "team:Sales", "message": "x"}
    own = enroll(flow(business, tell, TASK), contact)
    team.delete()
    work()

    assert path(own) == [("internal_notification", "failed", "no_audience"), ("create_task", "done", "")]


def test_a_task_is_due_so_long_after_its_step(business, contact):
    enroll(flow(business, TASK | {"due_in": "90s"}, {"kind": "create_task", "title": "Plain"}), contact)
    work()

    first, second = Task.objects.order_by("id")
    assert abs((first.due_at - first.created_at).total_seconds() - 90) < 5
    assert (second.title, second.due_at) == ("Plain", None)


def test_a_text_that_cannot_be_filled_in_fails_its_step_alone(business, contact):
    long = "{% for a in contact.name %}{% for b in contact.name %}{{ a }}{% endfor %}{% endfor %}"
    endless = (
        "{% assign x = 'aaaaaaaaaaaaaaaaaaaa' %}"
        + "{% assign x = x | append: x | append: x %}" * 12
        + "{{ x }}"
    )
    own = enroll(
        flow(business, {"kind": "create_task", "title": "a"}, TASK | {"title": long[:200]}, TASK), contact
    )
    bad = enroll(flow(business, SMS | {"body": endless}, TASK), ContactFactory(business=business))
    work()

    assert state(own) == ("completed", "completed")
    assert path(bad) == [("send_sms", "failed", "template"), ("create_task", "done", "")]


def test_a_message_of_which_nothing_is_left_for_a_contact_fails(business, contact):
    nameless = ContactFactory(business=business, first_name="")
    workflow = flow(business, SMS | {"body": "{{contact.first_name}}"})
    paths = [enroll(workflow, each) for each in (contact, nameless)]
    work()

    assert [path(own) for own in paths] == [[("send_sms", "done", "")], [("send_sms", "failed", "empty")]]


def test_an_email_of_whose_subject_nothing_is_left_fails(business, contact):
    nameless = ContactFactory(business=business, first_name="")
    workflow = flow(business, EMAIL | {"subject": "{{contact.first_name}}"})
    paths = [enroll(workflow, each) for each in (contact, nameless)]
    work()

    assert [path(own) for own in paths] == [[("send_email", "done", "")], [("send_email", "failed", "empty")]]
    assert StepRun.objects.get(outcome="failed").detail == "Nothing is left of the subject for this contact."


def test_the_tags_of_a_workflow_exist_from_its_publishing_on(business, contact):
    flow(business, {"kind": "add_tag", "tag": "b"}, {"kind": "add_tag", "tag": "a"})

    assert sorted(business.tags.values_list("name", flat=True)) == ["a", "b"]


def test_tags_are_added_and_removed_whatever_their_case(business, contact):
    workflow = flow(
        business,
        {"kind": "add_tag", "tag": "Vip"},
        {"kind": "add_tag", "tag": "vip"},
        {"kind": "add_tag", "tag": "other"},
        {"kind": "remove_tag", "tag": "VIP"},
        {"kind": "remove_tag", "tag": "never there"},
    )
    own = enroll(workflow, contact)
    work()

    assert tags(contact) == {"other"}
    assert {outcome for _, outcome, _ in path(own)} == {"done"}
    assert Event.objects.filter(kind="tag_added").count() == 2
    assert Event.objects.filter(kind="tag_removed").count() == 1
