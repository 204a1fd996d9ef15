"""Status actions: what may be in one, who runs it on whom, and what a run comes to."""

import pytest

from contacts.actors import Actor
from contacts.models import Contact, Event, Notification, Task
from contacts.services import pipelines, statuses
from contacts.services.errors import Conflict, Invalid, RoleRequired
from dnd import services as dnd
from dnd.models import Change, DncEntry, Ground
from dnd.verification import verify
from tests.factories import MANAGER, STAFF, BusinessFactory, ContactFactory, block
from tests.workflows.building import TAG, draft, flow
from workflows import services as workflows
from workflows.models import ActionRun, Enrollment, StatusAction
from workflows.services import actions

pytestmark = pytest.mark.django_db
NEVER = {"kind": "add_to_dnc", "channels": "all"}


@pytest.fixture
def business():
    return BusinessFactory()


@pytest.fixture
def pipeline(business):
    return pipelines.create_pipeline(business=business, name="Leads", by=MANAGER)


@pytest.fixture
def status(pipeline):
    return pipelines.create_status(pipeline=pipeline, data={"name": "Open"}, by=MANAGER)


@pytest.fixture
def lost(pipeline):
    return pipelines.create_status(
        pipeline=pipeline, data={"name": "Lost", "system_status": "dead"}, by=MANAGER
    )


@pytest.fixture
def lead(business, status):
    contact = ContactFactory(business=business)
    put(contact, status)
    return contact


def put(contact, status):
    statuses.change(business=contact.business, contacts=[contact.pk], status=status.pk, by=STAFF)


def make(status, *operations, name="Do Not Contact", **more):
    data = {"name": name, "operations": list(operations), **more}
    return actions.create(status=status, data=data, by=MANAGER)


def to(status):
    return {"kind": "change_status", "status": str(status.pk)}


def run(action, contact, by=STAFF):
    return actions.run(action=action, contact=contact.pk, by=by)


def outcomes(ran):
    return [(one["kind"], one["outcome"]) for one in ran.run.results]


def refused(action, contact, by=STAFF):
    with pytest.raises((Conflict, RoleRequired)) as error:
        run(action, contact, by)
    return getattr(error.value, "code", "role_required"), str(error.value)


def test_one_press_lists_moves_and_records_who_what_and_from_where(status, lost, lead):
    action = make(status, NEVER, to(lost), category="Do_not_contact")
    ran = run(action, lead)

    lead.refresh_from_db()
    entry = DncEntry.objects.get()
    event = Event.objects.get(kind="action_run")
    assert lead.status == lost
    assert (entry.action, entry.actor, ran.run.entry) == ("Do Not Contact", "Sam Staff", entry.pk)
    assert (ran.run.status_name, ran.run.pipeline_name, ran.run.category) == (
        "Open",
        "Leads",
        "do not contact",
    )
    assert outcomes(ran) == [("add_to_dnc", "done"), ("change_status", "done")]
    assert ran.run.results[0]["words"] == "Add to the Do Not Contact list for all channels"
    assert Change.objects.get().evidence == [f"action_run:{ran.run.pk}"]
    assert (event.summary, event.state) == ("Action “Do Not Contact” run", "recorded")
    moved = Event.objects.filter(kind="status_changed").latest("id")
    assert moved.data["through"] == "Action: Do Not Contact"
    assert verify().violations == []


def test_running_it_twice_is_the_same_as_once(status, lost, lead):
    action = make(
        status,
        NEVER,
        {"kind": "add_tag", "tag": "lost"},
        {"kind": "create_task", "title": "Close {{ contact.first_name }}"},
        {"kind": "internal_notification", "to": "managers", "message": "Lost one"},
        to(lost),
    )
    first, events = run(action, lead), Event.objects.count()
    again = run(action, lead)
    assert (again.run, again.changed) == (first.run, False)
    assert Event.objects.count() == events
    assert [ActionRun.objects.count(), Task.objects.count(), Notification.objects.count()] == [1, 1, 1]
    assert DncEntry.objects.count() == 1


def test_what_was_undone_since_is_done_again_and_recorded(status, lead):
    action = make(status, {"kind": "add_tag", "tag": "hot"}, {"kind": "create_task", "title": "Call"})
    run(action, lead)
    Task.objects.update(done_at="2026-01-01T00:00:00Z")
    again = run(action, lead)
    assert outcomes(again) == [("add_tag", "unchanged"), ("create_task", "done")]
    assert ActionRun.objects.count() == 2


def test_an_operation_that_is_refused_refuses_the_whole_action(status, lead):
    block(lead, "sms", reason="stop_keyword", by=Actor.contact())
    allow = {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": ["sms"]}
    action = make(status, {"kind": "add_tag", "tag": "hot"}, allow)
    code, why = refused(action, lead)
    assert (code, "texting START" in why) == ("dnd_locked", True)
    assert not ActionRun.objects.exists()
    assert not lead.tag_links.exists()


def test_whoever_presses_lifts_what_they_may(status, lead):
    block(lead, "sms")
    allow = {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": ["sms"]}
    run(make(status, allow), lead)
    assert not Ground.objects.filter(contact=lead).exists()


def test_workflows_are_entered_and_left(status, lead, business):
    nurture = flow(business, {"kind": "wait", "for": "9d"}, name="Nurture")
    welcome = flow(business, {"kind": "wait", "for": "9d"}, name="Welcome")
    workflows.enroll(workflow=nurture, contact=lead.pk, by=MANAGER)
    leave = {"kind": "remove_from_workflow", "which": "another", "workflow": str(nurture.pk)}
    enter = {"kind": "add_to_workflow", "workflow": str(welcome.pk)}
    action = make(status, leave, enter)
    assert outcomes(run(action, lead)) == [("remove_from_workflow", "done"), ("add_to_workflow", "done")]
    assert Enrollment.objects.running().get().entered_by == "Action: Do Not Contact"
    assert outcomes(run(action, lead))[0] == ("remove_from_workflow", "done")
    assert ActionRun.objects.count() == 1


class TestRefusals:
    def test_only_the_roles_of_the_status_run_its_actions(self, status, lead):
        action = make(status, NEVER)
        pipelines.update_status(status=status, data={"roles": ["manager"]}, by=MANAGER)
        action.refresh_from_db()
        action = StatusAction.objects.get(pk=action.pk)
        assert refused(action, lead)[0] == "role_required"
        assert run(action, lead, by=MANAGER).changed

    def test_an_archived_status_hides_its_actions(self, status, lead):
        make(status, NEVER)
        pipelines.update_status(status=status, data={"archived": True}, by=MANAGER)
        code, why = refused(StatusAction.objects.get(), lead)
        assert (code, why) == (
            "status_archived",
            "The status “Open” is archived, and its actions are hidden.",
        )

    def test_a_workflow_that_is_not_published(self, status, lead, business):
        later = draft(business, TAG, name="Later")
        action = make(status, {"kind": "add_to_workflow", "workflow": str(later.pk)})
        assert refused(action, lead) == ("not_published", "The workflow “Later” is not published.")

    def test_a_contact_that_has_no_status_in_the_pipeline(self, status, business):
        action = make(status, NEVER)
        assert refused(action, ContactFactory(business=business))[0] == "no_status"
        other = pipelines.create_pipeline(business=business, name="Old leads", by=MANAGER)
        elsewhere = ContactFactory(business=business)
        put(elsewhere, pipelines.create_status(pipeline=other, data={"name": "Old"}, by=MANAGER))
        assert refused(action, elsewhere)[0] == "no_status"

    def test_a_contact_of_another_record_type(self, status, business):
        action = make(status, NEVER)
        other = pipelines.create_pipeline(
            business=business, name="Patients", record_type="patient", by=MANAGER
        )
        patient = ContactFactory(business=business)
        put(patient, pipelines.create_status(pipeline=other, data={"name": "Treated"}, by=MANAGER))
        code, why = refused(action, patient)
        assert code == "other_record_type"
        assert why == "This is an action for the record type lead; the contact is a patient."

    def test_a_contact_that_has_moved_on(self, status, lost, lead):
        action = make(status, NEVER)
        put(lead, lost)
        code, why = refused(action, lead)
        assert code == "other_status"
        assert why == "This action belongs to the status “Open”; the contact is in “Lost”."

    def test_an_archived_status_is_moved_to_by_nobody(self, status, lost, lead):
        action = make(status, NEVER, to(lost))
        pipelines.update_status(status=lost, data={"archived": True}, by=MANAGER)
        assert refused(action, lead)[0] == "status_archived"
        assert not DncEntry.objects.exists()

    def test_staff_write_no_actions(self, status):
        action = make(status, NEVER)
        for attempt in (
            lambda: actions.create(status=status, data={"name": "Mine", "operations": [NEVER]}, by=STAFF),
            lambda: actions.update(action=action, data={"name": "Mine"}, by=STAFF),
            lambda: actions.copy(action=action, statuses=[status.pk], on_conflict="skip", by=STAFF),
            lambda: actions.delete(action=action, by=STAFF),
        ):
            with pytest.raises(RoleRequired):
                attempt()


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ({"kind": "add_to_dnc"}, "operations.0.channels"),
        ({"kind": "change_status"}, "operations.0.status"),
        ({"kind": "add_tag"}, "operations.0.tag"),
        ({"kind": "send_sms", "body": "Hello"}, "operations.0.kind"),
        ({"kind": "send_sms"}, "operations.0.kind"),
        ({"kind": "wait", "for": "1d"}, "operations.0.kind"),
        ({"kind": "fly"}, "operations.0.kind"),
        ({"kind": "remove_from_workflow", "which": "current"}, "operations.0.which"),
        ({"kind": "add_to_workflow", "workflow": "999999"}, "operations.0.workflow"),
        ({"kind": "change_status", "status": "999999"}, "operations.0.status"),
        ({"kind": "create_task", "title": "{{ contact.shoe_size }}"}, "operations.0.title"),
    ],
)
def test_an_operation_that_cannot_be_is_named(status, operation, path):
    with pytest.raises(Invalid) as invalid:
        make(status, operation)
    assert list(invalid.value.errors) == [path]


def test_an_action_moves_within_its_pipeline(status, business):
    other = pipelines.create_pipeline(business=business, name="Patients", record_type="patient", by=MANAGER)
    foreign = pipelines.create_status(pipeline=other, data={"name": "Treated"}, by=MANAGER)
    with pytest.raises(Invalid) as invalid:
        make(status, to(foreign))
    assert invalid.value.errors == {
        "operations.0.status": "Give a status of the pipeline in which the action is."
    }


def test_the_usual_action_is_offered_and_what_leads_nowhere_is_said(status, pipeline):
    assert actions.suggested(status)["operations"] == [NEVER]
    assert actions.warnings(status, [NEVER]) == [
        "The pipeline has no dead status to move such a contact to: add one."
    ]
    lost = pipelines.create_status(
        pipeline=pipeline, data={"name": "Lost", "system_status": "dead"}, by=MANAGER
    )
    assert actions.suggested(status)["operations"] == [NEVER, to(lost)]
    assert "It moves nowhere" in actions.warnings(status, [NEVER])[0]
    assert "not dead" in actions.warnings(status, [NEVER, to(status)])[0]
    assert actions.warnings(status, [NEVER, to(lost)]) == []


def test_many_at_once_and_who_refuses_does_not_stop_the_others(
    status, business, django_assert_max_num_queries
):
    leads = ContactFactory.create_batch(30, business=business)
    statuses.change(business=business, contacts=[c.pk for c in leads], status=status.pk, by=STAFF)
    block(leads[3], "sms", reason="stop_keyword", by=Actor.contact())
    outside = ContactFactory(business=business)
    allow = {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": ["sms"]}
    action = make(status, allow, {"kind": "add_to_dnc", "channels": ["call"]})
    with django_assert_max_num_queries(90):
        answers = actions.run_many(action=action, contacts=[c.pk for c in [*leads, outside]], by=MANAGER)
    codes = {answer.contact_id: answer.refused.code for answer in answers if answer.refused}
    assert codes == {leads[3].pk: "dnd_locked", outside.pk: "no_status"}
    assert ActionRun.objects.count() == DncEntry.objects.count() == 29


class TestTemplates:
    @pytest.fixture
    def four(self, pipeline):
        names = ("New", "Called", "Visited", "Waiting")
        return [pipelines.create_status(pipeline=pipeline, data={"name": n}, by=MANAGER) for n in names]

    def copied(self, action, targets, on_conflict="skip", **more):
        results = actions.copy(
            action=action, statuses=[s.pk for s in targets], on_conflict=on_conflict, by=MANAGER, **more
        )
        return [one.result for one in results]

    def test_it_is_put_into_four_statuses_with_a_preview_first(self, status, lost, four):
        action = make(status, NEVER, to(lost))
        assert self.copied(action, four, preview=True) == ["created"] * 4
        assert StatusAction.objects.count() == 1
        assert self.copied(action, [*four, status]) == ["created"] * 4 + ["skipped"]
        assert set(StatusAction.objects.values_list("name", flat=True)) == {"Do Not Contact"}

    def test_a_name_that_is_there_is_kept_replaced_or_skipped(self, status, four):
        action, there = make(status, NEVER), make(four[0], TAG, name="do not contact")
        assert self.copied(action, four[:1], "skip") == ["skipped"]
        assert self.copied(action, four[:1], "keep") == ["kept"]
        assert sorted(StatusAction.objects.filter(status=four[0]).values_list("name", flat=True)) == [
            "Do Not Contact (2)", "do not contact",
        ]  # fmt: skip
        assert self.copied(action, four[:1], "replace") == ["replaced"]
        there.refresh_from_db()
        assert (there.name, there.operations) == ("Do Not Contact", [NEVER])

    def test_in_another_pipeline_the_status_of_the_same_name_is_moved_to(self, status, lost, business):
        action = make(status, NEVER, to(lost))
        other = pipelines.create_pipeline(
            business=business, name="More leads", record_type="LEAD", by=MANAGER
        )
        open_ = pipelines.create_status(pipeline=other, data={"name": "Open"}, by=MANAGER)
        assert self.copied(action, [open_]) == ["refused"]
        gone = pipelines.create_status(
            pipeline=other, data={"name": "lost", "system_status": "dead"}, by=MANAGER
        )
        assert self.copied(action, [open_]) == ["created"]
        assert StatusAction.objects.get(status=open_).operations[1] == to(gone)

    def test_a_template_is_not_put_into_another_record_type(self, status, four, business):
        action = make(status, NEVER)
        other = pipelines.create_pipeline(
            business=business, name="Patients", record_type="patient", by=MANAGER
        )
        treated = pipelines.create_status(pipeline=other, data={"name": "Treated"}, by=MANAGER)
        with pytest.raises(Conflict) as conflict:
            self.copied(action, [*four, treated])
        assert conflict.value.code == "other_record_type"
        assert "“Treated” is a status of Patients, which is for patient" in str(conflict.value)
        assert StatusAction.objects.count() == 1

    def test_it_is_put_into_something(self, status):
        with pytest.raises(Invalid) as invalid:
            self.copied(make(status, NEVER), [])
        assert invalid.value.errors == {"statuses": "Name at least one status."}

    def test_a_saved_template_outlives_the_action(self, status, lost, four, business):
        action = make(status, NEVER, to(lost))
        kept = actions.save_template(action=action, by=MANAGER)
        kept = actions.save_template(action=action, by=MANAGER)
        actions.delete(action=action, by=MANAGER)
        source = actions.applying.Source.of_template(kept)
        results = actions.apply(
            business=business, source=source, statuses=[four[0].pk], on_conflict="skip", by=MANAGER
        )
        assert results[0].result == "created"
        assert StatusAction.objects.get().operations == [NEVER, to(lost)]


def test_a_removed_status_takes_its_actions_and_leaves_what_they_did(status, lost, lead):
    run(make(status, NEVER, to(lost)), lead)
    statuses.delete(status=status, by=MANAGER)
    assert not StatusAction.objects.exists()
    assert ActionRun.objects.get().status_name == "Open"


def test_whoever_looks_sees_why_an_action_is_not_there(status, lost, lead, business):
    make(status, NEVER)
    make(lost, TAG, name="Reopen")
    said = {one.action.name: one.refused and one.refused.code for one in actions.seen(lead, by=STAFF)}
    assert said == {"Do Not Contact": None, "Reopen": "other_status"}


def test_an_action_of_a_deleted_contact_or_another_business_is_not_run(status):
    action = make(status, NEVER)
    with pytest.raises(Contact.DoesNotExist):
        run(action, ContactFactory())


def test_a_dnc_ground_of_an_action_is_lifted_by_a_manager_with_a_note(status, lead):
    run(make(status, {"kind": "add_to_dnc", "channels": ["call"]}), lead)
    for by, note, code in ((STAFF, "agreed", "role_required"), (MANAGER, "", "note_required")):
        wish = dnd.Wish(outbound={"call": False}, note=note)
        with pytest.raises(dnd.Refused) as error:
            dnd.change_one(business=lead.business, contact=lead.pk, wish=wish, by=by)
        assert error.value.code == code
