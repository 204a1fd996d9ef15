"""What staff and programs may do with workflows, and what they are told."""

import pytest

from contacts.models import Team
from contacts.services.errors import Conflict, Invalid, RoleRequired
from messaging import hooks
from messaging.hooks import Settled
from messaging.models import Connection, Message
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory, block
from tests.workflows.building import (
    EMAIL,
    SMS,
    TAG,
    TASK,
    draft,
    enroll,
    flow,
    on_dnd,
    path,
    state,
    tags,
    work,
)
from workflows import services as workflows
from workflows.models import Enrollment, StepRun, Version, Workflow

pytestmark = pytest.mark.django_db
WAIT = {"kind": "wait", "for": "3d"}


def refused(call, **arguments):
    with pytest.raises((Invalid, Conflict)) as caught:
        call(**arguments)
    return caught.value.errors if isinstance(caught.value, Invalid) else caught.value.code


def saving(business, *steps, **more):
    return refused(
        workflows.create, business=business, data={"name": "X", "steps": list(steps)} | more, by=MANAGER
    )


def test_staff_see_workflows_and_change_none(business):
    workflow, contact = flow(business, WAIT), ContactFactory(business=business)
    enrollment = enroll(workflow, contact)
    calls = [
        (workflows.create, {"business": business, "data": {"name": "Y"}}),
        (workflows.update, {"workflow": workflow, "data": {"name": "Y"}}),
        (workflows.delete, {"workflow": workflow}),
        (workflows.publish, {"workflow": workflow}),
        (workflows.unpublish, {"workflow": workflow}),
        (workflows.enroll, {"workflow": workflow, "contact": contact.pk}),
        (workflows.remove, {"enrollment": enrollment}),
    ]
    for call, arguments in calls:
        with pytest.raises(RoleRequired, match="manager"):
            call(**arguments, by=STAFF)
        with pytest.raises(RoleRequired):
            call(**arguments, by=STAFF.__class__("contact"))

    assert Workflow.objects.get().deleted_at is None
    assert state(enrollment) == ("active", "")


def test_what_a_step_names_must_exist_in_the_business(business):
    elsewhere = draft(BusinessFactory(), TAG)
    Team.objects.create(business=elsewhere.business, name="Sales")
    gone = draft(business, TAG)
    workflows.delete(workflow=gone, by=MANAGER)

    found = saving(
        business,
        {"kind": "add_to_workflow", "workflow": str(elsewhere.pk)},
        {"kind": "remove_from_workflow", "which": "another", "workflow": str(gone.pk)},
        {
            "kind": "if_else",
            "condition": {"field": "tag", "op": "is_empty"},
            "else": [{"kind": "internal_notification", "to": "team:Sales", "message": "x"}],
        },
        {"kind": "internal_notification", "to": "everyone", "message": "x"},
        {"kind": "internal_notification", "to": "user:nobody@example.org", "message": "x"},
    )

    assert set(found) == {
        "steps.0.workflow",
        "steps.1.workflow",
        "steps.2.else.0.to",
        "steps.3.to",
        "steps.4.to",
    }
    assert Workflow.objects.filter(name="X").count() == 0


@pytest.mark.parametrize(
    ("step", "path"),
    [
        (SMS | {"body": "Hi {{ contact.shoe_size }}"}, "steps.0.body"),
        (SMS | {"body": "Hi {{ contact.first_name"}, "steps.0.body"),
        (SMS | {"body": "{% if %}"}, "steps.0.body"),
        (SMS | {"body": "{{ user.name }}"}, "steps.0.body"),
        (EMAIL | {"subject": "{{ nothing }}"}, "steps.0.subject"),
        (TASK | {"title": "{{ message.body }}"}, "steps.0.title"),
        ({"kind": "internal_notification", "to": "managers", "message": "{{ x.y }}"}, "steps.0.message"),
    ],
)
def test_a_template_that_could_not_be_filled_in_is_refused(business, step, path):
    assert list(saving(business, step)) == [path]


def test_two_workflows_may_have_one_name(business):
    first, second = (draft(business, TAG, name="Nurture") for _ in range(2))

    assert first.pk != second.pk
    assert workflows.update(workflow=second, data={"steps": [TASK]}, by=MANAGER).name == "Nurture"
    first.refresh_from_db()
    assert first.steps == [TAG]


def test_an_update_changes_what_it_names_and_nothing_that_is_published(business):
    workflow = flow(business, TAG, triggers=[on_dnd()], allow_reentry=True)

    changed = workflows.update(workflow=workflow, data={"name": "New", "steps": [TASK]}, by=ENTERPRISE)

    assert (changed.name, changed.steps, changed.settings["allow_reentry"]) == ("New", [TASK], True)
    assert [t["type"] for t in changed.triggers] == ["contact_dnd"]
    assert workflows.published_version(workflow).steps == [TAG]
    assert list(refused(workflows.update, workflow=workflow, data={"owner": 1}, by=MANAGER)) == ["owner"]
    assert list(refused(workflows.update, workflow=workflow, data=[], by=MANAGER)) == [""]


def test_publishing_freezes_a_numbered_version(business):
    workflow = draft(business, TAG)
    first = workflows.publish(workflow=workflow, by=MANAGER)
    assert workflows.publish(workflow=workflow, by=MANAGER) == first

    workflows.update(workflow=workflow, data={"steps": [TASK]}, by=MANAGER)
    second = workflows.publish(workflow=workflow, by=ENTERPRISE)

    first.refresh_from_db()
    assert (first.number, second.number) == (1, 2)
    assert first.retired_at == second.published_at
    assert second.published_by == "Eva Enterprise"
    assert second.program[0]["kind"] == "create_task"
    assert workflows.published_version(workflow) == second


def test_publishing_again_after_unpublishing_is_a_version_of_its_own(business):
    workflow = flow(business, TAG)
    workflows.unpublish(workflow=workflow, by=MANAGER)
    workflows.unpublish(workflow=workflow, by=MANAGER)
    assert not workflows.is_published(workflow)

    assert workflows.publish(workflow=workflow, by=MANAGER).number == 2


def test_nothing_is_published_without_steps_or_with_what_is_gone(business):
    assert refused(workflows.publish, workflow=draft(business), by=MANAGER) == "nothing_to_publish"
    target = draft(business, TAG)
    workflow = draft(business, {"kind": "add_to_workflow", "workflow": str(target.pk)})
    workflows.delete(workflow=target, by=MANAGER)

    assert list(refused(workflows.publish, workflow=workflow, by=MANAGER)) == ["steps.0.workflow"]
    assert Version.objects.count() == 0


def test_a_deleted_workflow_is_left_by_everybody_and_cannot_be_used(business):
    workflow, contact = flow(business, SMS, WAIT), ContactFactory(business=business)
    enrollment = enroll(workflow, contact)
    work()

    workflows.delete(workflow=workflow, by=MANAGER)

    assert state(enrollment) == ("removed", "removed_by_user")
    assert Message.objects.get().withdrawn
    assert not workflows.is_published(workflow)
    for call, more in [
        (workflows.update, {"data": {"name": "Y"}}),
        (workflows.publish, {}),
        (workflows.unpublish, {}),
        (workflows.delete, {}),
    ]:
        with pytest.raises(Workflow.DoesNotExist):
            call(workflow=workflow, by=MANAGER, **more)
    assert refused(workflows.enroll, workflow=workflow, contact=contact.pk, by=MANAGER) == "not_published"


def test_enrolling_by_hand(business):
    workflow, contact = flow(business, WAIT), ContactFactory(business=business)
    stranger = ContactFactory(business=BusinessFactory())

    enrollment = workflows.enroll(workflow=workflow, contact=contact.pk, by=MANAGER)

    assert (enrollment.state, enrollment.entered_by) == ("active", "user: Mia Manager")
    assert refused(workflows.enroll, workflow=workflow, contact=contact.pk, by=MANAGER) == "already_enrolled"
    assert list(refused(workflows.enroll, workflow=workflow, contact=stranger.pk, by=MANAGER)) == ["contact"]
    assert list(refused(workflows.enroll, workflow=workflow, contact=2**62, by=MANAGER)) == ["contact"]
    workflows.remove(enrollment=enrollment, by=MANAGER)
    assert refused(workflows.enroll, workflow=workflow, contact=contact.pk, by=MANAGER) == "reentry_off"
    assert (
        refused(workflows.enroll, workflow=draft(business, TAG), contact=contact.pk, by=MANAGER)
        == "not_published"
    )
    again = flow(business, TAG, allow_reentry=True)
    enroll(again, contact)
    work()
    enroll(again, contact)
    assert Enrollment.objects.filter(workflow=again).count() == 2


def test_removing_by_hand_stops_everything_and_twice_is_as_once(business):
    enrollment = enroll(flow(business, SMS, WAIT, TAG), ContactFactory(business=business))
    work()

    removed = workflows.remove(enrollment=enrollment, by=MANAGER)

    assert (removed.state, removed.exit_reason, removed.exit_detail) == (
        "removed",
        "removed_by_user",
        "Mia Manager",
    )
    assert Message.objects.get().withdrawn
    ended_at = removed.ended_at
    assert workflows.remove(enrollment=enrollment, by=ENTERPRISE).ended_at == ended_at
    work()
    assert path(enrollment) == [("send_sms", "done", "")]


def settle(run, outcome, reason=""):
    news = Settled(run.enrollment_id, run.position, outcome, reason, "why", run.at, run.message)
    hooks.tell_settled([news])
    run.refresh_from_db()
    return run.outcome, run.reason


@pytest.mark.parametrize(
    ("news", "ends"),
    [
        (["done"], "done"),
        (["skipped"], "skipped"),
        (["failed"], "failed"),
        (["unknown", "done"], "done"),
        (["unknown", "failed"], "failed"),
        (["skipped", "failed"], "skipped"),
        (["failed", "done"], "failed"),
    ],
)
def test_what_the_door_reports_changes_an_outcome_once_and_unknown_to_the_truth(business, news, ends):
    enroll(flow(business, SMS, TAG), ContactFactory(business=business))
    work()
    run = StepRun.objects.get(position=0)

    for outcome in news:
        got = settle(run, outcome, f"reason:{outcome}")

    assert got[0] == ends
    assert StepRun.objects.get(position=1).outcome == "done"


def test_the_lint_names_what_is_probably_not_meant(business):
    Connection.objects.filter(channel="email").delete()
    target = draft(business, TAG)
    workflow = draft(
        business,
        SMS,
        {"kind": "add_to_workflow", "workflow": str(target.pk)},
        {"kind": "if_else", "condition": {"field": "tag", "op": "is_empty"}, "then": [EMAIL]},
        {"kind": "remove_from_workflow", "which": "current"},
        TAG,
        triggers=[on_dnd(flag="enabled_specific", channels=["sms"])],
    )

    assert workflows.lint(workflow) == [
        "Step 0 sends SMS to contacts whose SMS DND starts this workflow.",
        "Step 2.then.0 fails: the business has no connection for Email.",
        "Nothing after step 3 runs.",
        "Step 3 withdraws the message of step 2.then.0 unless it has left by then: end with stop instead.",
        "Step 1 fails as long as the workflow that it names is not published.",
    ]
    assert workflows.lint(draft(business, TAG, triggers=[on_dnd()])) == []
    assert "No trigger" in workflows.lint(draft(business, TAG))[0]


def test_the_forecast_counts_whom_each_message_would_reach_now(business):
    ContactFactory(business=BusinessFactory())
    for _ in range(3):
        ContactFactory(business=business)
    block(ContactFactory(business=business), "sms")
    ContactFactory(business=business, phone=False)
    workflow = draft(
        business, SMS, {"kind": "if_else", "condition": {"field": "tag", "op": "is_empty"}, "else": [EMAIL]}
    )

    forecast = workflows.preview(workflow)

    assert forecast.contacts == 5
    assert [(s.step, s.channel, s.send, dict(s.skipped)) for s in forecast.steps] == [
        ("0", "sms", 3, {"dnd": 1, "no_address": 1}),
        ("1.else.0", "email", 5, {}),
    ]
    assert tags(business.contacts.first()) == set()
