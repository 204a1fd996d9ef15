"""Pipelines on the desk: managers build them, staff press their actions, and everybody sees why not."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from contacts.models import Contact, Pipeline, Status
from contacts.services import pipelines, statuses
from dnd.models import DncEntry
from tests.factories import MANAGER, ContactFactory
from workflows.models import ActionRun, ActionTemplate, StatusAction
from workflows.services import actions

pytestmark = pytest.mark.django_db
NEVER = {"kind": "add_to_dnc", "channels": "all"}


@pytest.fixture
def pipeline(clinic):
    return pipelines.create_pipeline(business=clinic.business, name="Leads", by=MANAGER)


def status(pipeline, name, **more):
    return pipelines.create_status(pipeline=pipeline, data={"name": name, **more}, by=MANAGER)


@pytest.fixture
def new(pipeline):
    return status(pipeline, "New", system_status="new")


@pytest.fixture
def lost(pipeline):
    return status(pipeline, "Lost", system_status="dead", colour="red")


@pytest.fixture
def lead(clinic, new):
    contact = ContactFactory(business=clinic.business)
    statuses.change(business=clinic.business, contacts=[contact.pk], status=new.pk, by=MANAGER)
    return contact


def make(status, *operations, name="Do Not Contact"):
    return actions.create(
        status=status,
        data={"name": name, "category": "do not contact", "operations": list(operations)},
        by=MANAGER,
    )


def to(status):
    return {"kind": "change_status", "status": str(status.pk)}


def page(client, path):
    return client.get(f"/admin/{path}").content.decode()


class TestByForms:
    """Every page works by its forms alone."""

    def test_a_manager_makes_a_pipeline_and_its_statuses(self, signed_in):
        client = signed_in("manager")
        client.post("/admin/pipelines/new/", {"name": "Leads", "record_type": "lead"})
        made = Pipeline.objects.get()
        form = {"system_status": "dead", "colour": "red", "runs": "manager", "restricts_contact": "on"}
        client.post(f"/admin/pipelines/{made.pk}/status/", {"name": "Lost", **form})
        status = Status.objects.get()
        assert (status.name, status.colour, status.restricts_contact) == ("Lost", "red", True)
        assert status.roles == ["manager", "enterprise"]
        assert "Lost" in page(client, "pipelines/")

    def test_a_mistake_is_said_at_its_field(self, signed_in, pipeline, new):
        form = {"name": "new", "system_status": "open", "colour": "grey", "runs": "staff"}
        answer = signed_in("manager").post(f"/admin/pipelines/{pipeline.pk}/status/", form)
        assert answer.status_code == 422
        assert "Another status of this pipeline has this name" in answer.content.decode()

    def test_statuses_move_up_and_down(self, signed_in, pipeline, new, lost):
        client = signed_in("manager")
        client.post(f"/admin/pipelines/status/{lost.pk}/shift/", {"up": "1"})
        assert list(pipeline.statuses.values_list("name", flat=True)) == ["Lost", "New"]
        client.post(f"/admin/pipelines/status/{lost.pk}/shift/", {"up": "1"})
        client.post(f"/admin/pipelines/status/{lost.pk}/shift/", {"up": "0"})
        assert list(pipeline.statuses.values_list("name", flat=True)) == ["New", "Lost"]

    def test_a_status_with_contacts_is_deleted_only_with_a_place_for_them(self, signed_in, new, lost, lead):
        client = signed_in("manager")
        assert "1 contact is in it" in page(client, f"pipelines/status/{new.pk}/remove/")
        answer = client.post(f"/admin/pipelines/status/{new.pk}/remove/", {"move_to": ""})
        assert answer.status_code == 422
        client.post(f"/admin/pipelines/status/{new.pk}/remove/", {"move_to": lost.pk})
        lead.refresh_from_db()
        assert (lead.status, Status.objects.count()) == (lost, 1)

    def test_staff_see_pipelines_and_change_nothing(self, signed_in, pipeline, new, lost):
        client, action = signed_in("staff"), make(new, NEVER)
        assert "New pipeline" not in page(client, "pipelines/")
        assert "New action" not in page(client, f"pipelines/status/{new.pk}/")
        refused = [
            client.post("/admin/pipelines/new/", {"name": "Mine", "record_type": "lead"}),
            client.post(f"/admin/pipelines/{pipeline.pk}/status/", {"name": "Mine"}),
            client.post(f"/admin/pipelines/status/{new.pk}/", {"name": "Mine"}),
            client.post(f"/admin/pipelines/status/{new.pk}/shift/", {"up": "1"}),
            client.post(f"/admin/pipelines/status/{new.pk}/remove/", {"move_to": lost.pk}),
            client.get(f"/admin/pipelines/status/{new.pk}/action/"),
            client.post(f"/admin/pipelines/action/{action.pk}/", {"definition": "{}"}),
            client.post(f"/admin/pipelines/action/{action.pk}/remove/"),
            client.post(f"/admin/pipelines/action/{action.pk}/copy/", {"statuses": [lost.pk]}),
            client.post(f"/admin/pipelines/action/{action.pk}/template/"),
        ]
        assert {answer.status_code for answer in refused} == {403}
        assert StatusAction.objects.count() == 1

    def test_nothing_of_another_business_is_there(self, signed_in, elsewhere):
        other = pipelines.create_pipeline(business=elsewhere.business, name="Theirs", by=MANAGER)
        theirs = status(other, "Theirs")
        action = make(theirs, NEVER)
        client = signed_in("enterprise")
        for path in (
            f"pipelines/{other.pk}/",
            f"pipelines/{other.pk}/status/",
            f"pipelines/status/{theirs.pk}/",
            f"pipelines/status/{theirs.pk}/remove/",
            f"pipelines/action/{action.pk}/",
            f"pipelines/action/{action.pk}/copy/",
        ):
            assert client.get(f"/admin/{path}").status_code == 404
        assert "Theirs" not in page(client, "pipelines/")

    def test_without_scripts_an_action_is_written_as_json(self, signed_in, new):
        client, where = signed_in("manager"), f"/admin/pipelines/status/{new.pk}/action/"
        wrong = client.post(where, {"definition": '{"name": "A", "operations": [{"kind": "send_sms"}]}'})
        assert (wrong.status_code, "sends nothing itself" in wrong.content.decode()) == (422, True)
        client.post(where, {"definition": '{"name": "A", "operations": [{"kind": "add_tag", "tag": "x"}]}'})
        assert StatusAction.objects.get().name == "A"

    def test_a_template_is_looked_at_and_then_put_into_statuses(self, signed_in, pipeline, new, lost):
        client, action = signed_in("manager"), make(new, NEVER, to(lost))
        targets = [status(pipeline, name).pk for name in ("Called", "Visited")]
        client.post(f"/admin/pipelines/action/{action.pk}/template/")
        where = f"/admin/pipelines/template/{ActionTemplate.objects.get().pk}/"
        form = {"statuses": targets, "on_conflict": "skip"}
        looked = client.post(where, {**form, "preview": "1"}).content.decode()
        assert (looked.count("Created"), StatusAction.objects.count()) == (2, 1)
        assert "Done: see each status above" in client.post(where, {**form, "apply": "1"}).content.decode()
        assert StatusAction.objects.count() == 3

    def test_a_template_offers_only_its_record_type_and_refuses_another(self, signed_in, new, clinic):
        action = make(new, NEVER)
        other = pipelines.create_pipeline(
            business=clinic.business, name="Patients", record_type="patient", by=MANAGER
        )
        treated = status(other, "Treated")
        client, where = signed_in("manager"), f"/admin/pipelines/action/{action.pk}/copy/"
        assert "Treated" not in client.get(where).content.decode()
        answer = client.post(where, {"statuses": [treated.pk], "on_conflict": "skip", "apply": "1"})
        assert (answer.status_code, StatusAction.objects.count()) == (422, 1)

    def test_staff_run_an_action_after_reading_what_it_does(self, signed_in, new, lost, lead):
        client, action = signed_in("staff"), make(new, NEVER, to(lost))
        shown = page(client, f"contacts/contact/{lead.pk}/actions/{action.pk}/")
        assert "Add to the Do Not Contact list for all channels" in shown
        assert "Change the status to “Lost” (Leads)" in shown
        client.post(f"/admin/contacts/contact/{lead.pk}/actions/{action.pk}/")
        client.post(f"/admin/contacts/contact/{lead.pk}/actions/{action.pk}/")
        lead.refresh_from_db()
        assert (lead.status, DncEntry.objects.count(), ActionRun.objects.count()) == (lost, 1, 1)
        assert "Moves so far" in page(client, f"contacts/contact/{lead.pk}/change/")

    def test_the_page_says_why_an_action_cannot_be_run(self, signed_in, new, lost, lead):
        make(new, NEVER)
        make(lost, {"kind": "add_tag", "tag": "again"}, name="Reopen")
        pipelines.update_status(status=new, data={"roles": ["manager"]}, by=MANAGER)
        staff = page(signed_in("staff"), f"contacts/contact/{lead.pk}/actions/")
        assert "Actions of “New” need the role manager." in staff
        assert "This action belongs to the status “Lost”; the contact is in “New”." in staff
        assert "1 action of this status cannot be run now." in page(
            signed_in("staff"), f"contacts/contact/{lead.pk}/change/"
        )

    def test_staff_change_a_status_by_hand(self, signed_in, new, lost, lead):
        client = signed_in("staff")
        client.post(f"/admin/contacts/contact/{lead.pk}/status/", {"status": lost.pk})
        client.post(f"/admin/contacts/contact/{lead.pk}/status/", {"status": ""})
        lead.refresh_from_db()
        assert lead.status is None


class TestTheList:
    @pytest.fixture
    def dead(self, clinic, lost):
        contact = ContactFactory(business=clinic.business, first_name="Gone")
        statuses.change(business=clinic.business, contacts=[contact.pk], status=lost.pk, by=MANAGER)
        return contact

    def test_it_leaves_out_dead_statuses_says_so_and_shows_them_when_asked(self, signed_in, lead, dead, lost):
        client = signed_in("staff")
        listed = page(client, "contacts/contact/")
        assert "Contacts in dead statuses are left out" in listed
        assert ("Gone Byron" in listed, "Ada Byron" in listed) == (False, True)
        assert "Gone Byron" in page(client, "contacts/contact/?dead=1")
        by_status = page(client, f"contacts/contact/?status={lost.pk}")
        assert ("Gone Byron" in by_status, "Ada Byron" in by_status) == (True, False)

    def test_without_a_dead_status_it_says_nothing_of_them(self, signed_in, lead):
        assert "are left out" not in page(signed_in("staff"), "contacts/contact/")


@pytest.mark.browser
def test_from_an_empty_desk_to_a_lead_that_is_never_contacted_again(desk, clinic):
    manager = desk("manager").open("/admin/pipelines/")
    manager.get_by_role("link", name="New pipeline").click()
    manager.get_by_label("Name").fill("Leads")
    manager.get_by_role("button", name="Save").click()
    for name, meaning in (("New", "new"), ("Called", "open"), ("Visited", "open"), ("Lost", "dead")):
        manager.get_by_label("Name").fill(name)
        manager.get_by_label("What it means").select_option(meaning)
        manager.get_by_role("button", name="Add").click()
        expect(manager.get_by_role("link", name=name, exact=True)).to_be_visible()
        manager.get_by_role("link", name="Add a status").first.click()
    manager.goto(manager.url.split("/admin/")[0] + "/admin/pipelines/")
    manager.get_by_role("link", name="New", exact=True).click()
    manager.get_by_role("link", name="New action").click()
    manager.get_by_text("Add a step", exact=False).first.click()
    manager.get_by_role("button", name="Add to Do Not Contact list").click()
    expect(manager.get_by_label("Name of the button")).to_have_value("Do Not Contact")
    manager.get_by_text("It moves nowhere").wait_for()
    manager.get_by_role("button", name="Move to Lost").click()
    manager.get_by_role("button", name="Save", exact=True).click()
    manager.wait_for_url("**/pipelines/status/*/")
    manager.get_by_role("button", name="Save as template").click()
    for name in ("Called", "Visited"):
        manager.get_by_label(f"Leads: {name}").check()
    manager.get_by_role("button", name="See what would be done").click()
    manager.get_by_role("button", name="Do it").click()
    manager.get_by_text("Done: see each status above").wait_for()

    lead = ContactFactory(business=clinic.business, phone="+14155550100")
    new = Status.objects.get(name="New")
    statuses.change(business=clinic.business, contacts=[lead.pk], status=new.pk, by=MANAGER)
    staff = desk("staff", width=390).contact(lead)
    staff.get_by_role("link", name="Do Not Contact…").click()
    staff.get_by_text("Change the status to “Lost”").wait_for()
    staff.get_by_role("button", name="Do it").click()
    staff.get_by_text("“Do Not Contact” done.").wait_for()
    lead = Contact.objects.get(pk=lead.pk)
    assert (lead.status.name, DncEntry.objects.get().action) == ("Lost", "Do Not Contact")
    assert StatusAction.objects.count() == 3


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_can_be_read_and_used_by_everybody(desk, new, lost, lead, width, scheme):
    make(new, {"kind": "add_to_dnc", "channels": ["call", "sms"]})
    action = make(new, {"kind": "add_tag", "tag": "x"}, name="Tag")
    browser = desk("manager", width=width)
    browser.page.emulate_media(color_scheme=scheme)
    for path in (
        "pipelines/",
        "pipelines/new/",
        f"pipelines/status/{new.pk}/",
        f"pipelines/status/{new.pk}/remove/",
        f"pipelines/action/{action.pk}/",
        f"pipelines/action/{action.pk}/copy/",
        f"contacts/contact/{lead.pk}/change/",
        f"contacts/contact/{lead.pk}/actions/",
        f"contacts/contact/{lead.pk}/actions/{action.pk}/",
        "contacts/contact/",
    ):
        shown = browser.open(f"/admin/{path}")
        found = Axe().run(shown).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == [], path
        assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
