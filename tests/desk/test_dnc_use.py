"""An action on many, and the report of how the Do Not Contact list is used."""

import csv
import io

import pytest

from contacts.models import Job
from contacts.services import jobs, pipelines, statuses
from dnd.models import DncEntry
from tests.factories import MANAGER, STAFF, ContactFactory, block
from tests.workflows.building import work
from workflows import services as workflows
from workflows.services import actions

pytestmark = pytest.mark.django_db
NEVER = {"kind": "add_to_dnc", "channels": ["call"]}


@pytest.fixture
def pipeline(clinic):
    return pipelines.create_pipeline(business=clinic.business, name="Leads", by=MANAGER)


@pytest.fixture
def new(pipeline):
    return pipelines.create_status(pipeline=pipeline, data={"name": "New"}, by=MANAGER)


@pytest.fixture
def lost(pipeline):
    return pipelines.create_status(
        pipeline=pipeline, data={"name": "Lost", "system_status": "dead"}, by=MANAGER
    )


@pytest.fixture
def leads(clinic, new):
    some = ContactFactory.create_batch(4, business=clinic.business)
    statuses.change(business=clinic.business, contacts=[c.pk for c in some], status=new.pk, by=STAFF)
    return some


@pytest.fixture
def action(new):
    data = {"name": "Do Not Contact", "operations": [NEVER]}
    return actions.create(status=new, data=data, by=MANAGER)


def finish(job):
    while job.is_open:
        jobs.run_due()
        job.refresh_from_db()
    return job


class TestMany:
    def test_they_are_counted_and_confirmed_and_then_a_job_does_it(self, signed_in, action, leads, new):
        client = signed_in("staff")
        block(leads[0], "sms")
        asked = {"action": action.pk, "dnd_state": "off"}
        counted = client.get("/admin/pipelines/run/", asked).content.decode()
        assert "“Do Not Contact” on 3 contacts?" in counted
        assert "Add to the Do Not Contact list for calls" in counted
        assert not DncEntry.objects.exists()

        answer = client.post("/admin/pipelines/run/", asked)
        assert answer.url == f"/admin/jobs/{Job.objects.get().pk}/"
        job = finish(Job.objects.get())
        assert "“Do Not Contact” on 3 contacts in New" in client.get(answer.url).content.decode()
        assert (job.state, job.total, job.done, job.changed) == ("done", 3, 3, 3)
        assert job.title == "“Do Not Contact” on 3 contacts in New"
        assert set(DncEntry.objects.values_list("contact", flat=True)) == {c.pk for c in leads[1:]}

    def test_the_list_hands_over_what_it_is_filtered_by(self, signed_in, action, leads):
        listed = signed_in("staff").get("/admin/contacts/contact/?q=Ada&dnd_state=off").content.decode()
        assert "/admin/pipelines/run/?q=Ada&amp;dnd_state=off" in listed
        page = signed_in("staff").get("/admin/pipelines/run/?q=Ada&dnd_state=off").content.decode()
        assert 'value="Ada"' in page

    def test_actions_that_this_person_cannot_run_are_not_offered_and_not_started(
        self, signed_in, action, leads, new
    ):
        pipelines.update_status(status=new, data={"roles": ["manager"]}, by=MANAGER)
        client = signed_in("staff")
        assert "Run an action" not in client.get("/admin/contacts/contact/").content.decode()
        assert "Run an action" in signed_in("manager").get("/admin/contacts/contact/").content.decode()
        assert "Leads, New: Do Not Contact" not in client.get("/admin/pipelines/run/").content.decode()
        answer = client.post("/admin/pipelines/run/", {"action": action.pk})
        assert (answer.status_code, Job.objects.count()) == (422, 0)

    def test_who_refuses_is_told_and_a_job_that_goes_on_does_nothing_twice(self, clinic, new, leads):
        block(leads[1], "sms", reason="dnc_list", by=MANAGER)
        allow = {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": ["sms"]}
        data = {"name": "Allow", "operations": [allow, {"kind": "add_tag", "tag": "back"}]}
        action = actions.create(status=new, data=data, by=MANAGER)
        params = {"action": action.pk, "contacts": [c.pk for c in leads]}
        job = jobs.create(
            business=clinic.business, kind="status_action", title="Allow", params=params, by=STAFF
        )
        finish(job)
        assert (job.done, job.changed, job.refused) == (4, 3, 1)
        assert job.refusals.get().code == "role_required"

    def test_an_action_that_is_gone_ends_the_job_with_a_sentence(self, clinic, action, leads):
        params = {"action": action.pk, "filter": {}}
        job = jobs.create(business=clinic.business, kind="status_action", title="x", params=params, by=STAFF)
        actions.delete(action=action, by=MANAGER)
        assert finish(job).error == "The action was deleted meanwhile."


class TestTheReport:
    @pytest.fixture
    def used(self, clinic, action, leads, lost):
        actions.run(action=action, contact=leads[0].pk, by=STAFF)
        actions.run(action=action, contact=leads[1].pk, by=MANAGER)
        flow = workflows.create(
            business=clinic.business, data={"name": "Hang-ups", "steps": [NEVER]}, by=MANAGER
        )
        workflows.publish(workflow=flow, by=MANAGER)
        workflows.enroll(workflow=flow, contact=leads[2].pk, by=MANAGER)
        work()
        for contact in leads[1:2] + leads[3:]:
            statuses.change(business=clinic.business, contacts=[contact.pk], status=lost.pk, by=STAFF)
        return leads

    def test_which_action_by_whom_from_which_status(self, signed_in, used):
        lines = signed_in("staff").get("/admin/reports/do-not-contact/csv/").getvalue().decode()
        rows = [
            tuple(row[name] for name in ("action", "by", "from_status", "count"))
            for row in csv.DictReader(io.StringIO(lines))
        ]
        assert sorted(rows) == [
            ("Do Not Contact", "Mia Manager", "New", "1"),
            ("Do Not Contact", "Sam Staff", "New", "1"),
            ("Workflow: Hang-ups", "Hang-ups", "", "1"),
        ]

    def test_what_does_not_fit_is_shown(self, signed_in, used, pipeline):
        pipelines.create_status(pipeline=pipeline, data={"name": "Called"}, by=MANAGER)
        page = signed_in("staff").get("/admin/reports/do-not-contact/").content.decode()
        assert "3 in all" in page
        without, listed = page.index("Statuses without such an action"), page.index("On the list, and not")
        dead = page.index("In a dead status, and not on the list")
        assert "Leads: Called" in page[without:listed]
        assert "Leads: New" not in page[without:listed]
        assert [f"contact/{c.pk}/" in page[listed:dead] for c in used] == [True, False, True, False]
        assert [f"contact/{c.pk}/" in page[dead:] for c in used] == [False, False, False, True]

    def test_the_report_of_opt_outs_leaves_out_dead_statuses_and_says_so(self, signed_in, used):
        client = signed_in("staff")
        page = client.get("/admin/reports/").content.decode()
        assert ("are left out of the counts" in page, "2 in all" in page) == (True, True)
        period = {"first": "2020-01-01", "last": "2020-01-02", "dead": "on"}
        assert "are left out of the counts" not in client.get("/admin/reports/", period).content.decode()
