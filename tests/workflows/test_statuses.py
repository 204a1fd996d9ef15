"""Workflows and sales pipelines: what starts on a status, what changes one, and the Do Not Contact list as a step."""

import pytest

from contacts.models import Event
from contacts.services import pipelines, statuses
from contacts.services.errors import Invalid
from dnd.models import DncEntry, Ground, Suppression
from tests.factories import MANAGER, STAFF, BusinessFactory, ContactFactory
from tests.workflows.building import TAG, connect, draft, enroll, flow, work
from workflows import services as workflows
from workflows.models import Enrollment, Firing, StepRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def business():
    return BusinessFactory()


@pytest.fixture
def new(business):
    pipeline = pipelines.create_pipeline(business=business, name="Leads", by=MANAGER)
    return pipelines.create_status(pipeline=pipeline, data={"name": "New"}, by=MANAGER)


@pytest.fixture
def lost(new):
    data = {"name": "Lost", "system_status": "dead"}
    return pipelines.create_status(pipeline=new.pipeline, data=data, by=MANAGER)


def put(contact, status):
    statuses.change(business=contact.business, contacts=[contact.pk], status=status and status.pk, by=STAFF)


def on_status(*wanted, **more):
    return {"type": "status_changed", "filters": {"statuses": [str(s.pk) for s in wanted], **more}}


def to_status(status):
    return {"kind": "change_status", "status": str(status.pk)}


def runs():
    return list(StepRun.objects.order_by("id").values_list("kind", "outcome", "reason"))


def test_coming_into_a_named_status_starts_and_another_does_not(business, new, lost):
    flow(business, TAG, triggers=[on_status(lost)])
    contact = ContactFactory(business=business)
    put(contact, new)
    work()
    assert not Enrollment.objects.exists()
    put(contact, lost)
    work()
    assert Enrollment.objects.get().entered_by == "Trigger: Status changed"


def test_without_statuses_every_move_starts_and_the_tag_filter_holds(business, new):
    vip = {"op": "any_of", "values": ["vip"]}
    flow(business, TAG, triggers=[{"type": "status_changed"}], allow_reentry=True)
    flow(business, TAG, triggers=[{"type": "status_changed", "filters": {"tags": vip}}])
    contact = ContactFactory(business=business)
    put(contact, new)
    work()
    put(contact, None)
    work()
    assert Firing.objects.count() == 2


def test_a_step_changes_the_status_and_says_what_stands_behind_it(business, new):
    contact = ContactFactory(business=business)
    workflow = flow(business, to_status(new), to_status(new), name="Welcome")
    enroll(workflow, contact)
    work()
    contact.refresh_from_db()
    event = Event.objects.get(contact=contact, kind="status_changed")
    assert contact.status == new
    assert (event.source, event.actor, event.cause_workflow) == ("workflow", "Welcome", workflow.pk)
    assert runs() == [("change_status", "done", "")] * 2


def test_an_archived_or_removed_status_fails_the_step_and_the_contact_goes_on(business, new, lost):
    workflow = flow(business, to_status(new), to_status(lost), TAG)
    pipelines.update_status(status=new, data={"archived": True}, by=MANAGER)
    statuses.delete(status=lost, by=MANAGER)
    enroll(workflow, ContactFactory(business=business))
    work()
    assert runs() == [
        ("change_status", "failed", "status_archived"),
        ("change_status", "failed", "no_status"),
        ("add_tag", "done", ""),
    ]


def test_two_workflows_that_move_a_contact_back_and_forth_are_stopped_after_ten_and_it_is_recorded(
    business, new, lost
):
    flow(business, to_status(lost), triggers=[on_status(new)], allow_reentry=True)
    flow(business, to_status(new), triggers=[on_status(lost)], allow_reentry=True)
    put(ContactFactory(business=business), new)
    work()
    assert Firing.objects.filter(outcome="depth").count() == 1
    assert Enrollment.objects.count() == 10


def test_a_condition_asks_for_the_status_by_name_and_by_id(business, new):
    asks = [
        {"field": "status", "op": "is", "value": "NEW"},
        {"field": "status", "op": "any_of", "value": [str(new.pk)]},
    ]
    branch = {"kind": "if_else", "condition": {"all": asks}, "then": [TAG], "else": []}
    workflow = flow(business, branch)
    inside, outside = ContactFactory(business=business), ContactFactory(business=business)
    put(inside, new)
    for contact in (inside, outside):
        enroll(workflow, contact)
    work()
    assert [
        pk for pk in (inside.pk, outside.pk) if StepRun.objects.filter(enrollment__contact=pk, kind="add_tag")
    ] == [inside.pk]


def test_the_list_as_a_step_blocks_suppresses_and_names_the_workflow(business):
    connect(business)
    contact = ContactFactory(business=business, phone="+14155550100")
    step = {"kind": "add_to_dnc", "channels": ["texts", "call"], "note": "hung up"}
    workflow = flow(business, step, step, {"kind": "send_sms", "body": "Hello"}, name="Hang-ups")
    enroll(workflow, contact)
    work()
    work()
    entry = DncEntry.objects.get()
    assert entry.channels == ["call", "sms", "whatsapp", "facebook", "gmb"]
    assert (entry.action, entry.source, entry.note) == ("Workflow: Hang-ups", "workflow", "hung up")
    assert set(Ground.objects.values_list("reason", flat=True)) == {"dnc_list"}
    assert set(Suppression.objects.values_list("channel", "address")) == {
        (channel, "+14155550100") for channel in ("call", "sms", "whatsapp")
    }
    assert runs()[-1] == ("send_sms", "skipped", "dnd:sms:dnc_list")


def test_many_contacts_come_to_the_list_in_one_tick(business):
    workflow = flow(business, {"kind": "add_to_dnc", "channels": "all"})
    for contact in ContactFactory.create_batch(12, business=business):
        enroll(workflow, contact)
    work()
    assert DncEntry.objects.count() == 12
    assert {one[1] for one in runs()} == {"done"}


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"steps": [{"kind": "change_status"}]}, "steps.0.status"),
        ({"steps": [{"kind": "change_status", "status": "999999"}]}, "steps.0.status"),
        ({"steps": [{"kind": "add_to_dnc"}]}, "steps.0.channels"),
        ({"steps": [{"kind": "add_to_dnc", "channels": []}]}, "steps.0.channels"),
        ({"steps": [{"kind": "add_to_dnc", "channels": ["fax"]}]}, "steps.0.channels.0"),
        (
            {"triggers": [{"type": "status_changed", "filters": {"statuses": ["999999"]}}]},
            "triggers.0.filters.statuses.0",
        ),
        (
            {"triggers": [{"type": "status_changed", "filters": {"statuses": "New"}}]},
            "triggers.0.filters.statuses",
        ),
    ],
)
def test_what_a_status_or_the_list_needs_is_asked_for(business, part, path):
    with pytest.raises(Invalid) as invalid:
        draft(business, *part.get("steps", ()), triggers=part.get("triggers", ()))
    assert list(invalid.value.errors) == [path]


def test_a_status_of_another_business_is_not_there(business):
    other = pipelines.create_pipeline(business=BusinessFactory(), name="Leads", by=MANAGER)
    status = pipelines.create_status(pipeline=other, data={"name": "New"}, by=MANAGER)
    with pytest.raises(Invalid):
        draft(business, to_status(status))


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        ({"op": "is", "value": "{theirs}"}, "value"),
        ({"op": "is_not", "value": "999999"}, "value"),
        ({"op": "any_of", "value": ["New", "No such status"]}, "value.1"),
        ({"op": "none_of", "value": ["Theirs"]}, "value.0"),
    ],
)
def test_a_condition_asks_for_no_status_that_the_business_does_not_have(business, new, ask, path):
    other = pipelines.create_pipeline(business=BusinessFactory(), name="Leads", by=MANAGER)
    theirs = pipelines.create_status(pipeline=other, data={"name": "Theirs"}, by=MANAGER)
    if ask["value"] == "{theirs}":
        ask = {**ask, "value": str(theirs.pk)}
    condition = {"any": [{"field": "status", "op": "is_empty"}, {"field": "status", **ask}]}
    inner = {"kind": "if_else", "condition": condition}
    outer = {"kind": "if_else", "condition": {"field": "status", "op": "is", "value": "new"}, "else": [inner]}

    with pytest.raises(Invalid) as invalid:
        draft(business, outer)

    assert list(invalid.value.errors) == [f"steps.0.else.0.condition.any.1.{path}"]


def test_a_status_that_was_deleted_since_keeps_a_condition_from_being_published(business, lost):
    ask = {"field": "status", "op": "is", "value": "Lost"}
    workflow = draft(business, {"kind": "if_else", "condition": ask, "then": [TAG]})
    statuses.delete(status=lost, by=MANAGER)

    with pytest.raises(Invalid) as invalid:
        workflows.publish(workflow=workflow, by=MANAGER)

    assert list(invalid.value.errors) == ["steps.0.condition.value"]
