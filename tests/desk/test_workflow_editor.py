"""Workflows built by clicking: the three use cases from the first trigger to their effect, and what may go wrong."""

import json
import re
from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from contacts.models import Notification, Team
from contacts.services import tags
from messaging.models import Message
from tests.desk.conftest import connect
from tests.factories import MANAGER, ContactFactory, block
from workflows import dispatch
from workflows import services as workflows
from workflows.engine.tick import tick
from workflows.models import Enrollment, StepRun, Workflow

NEW = "/admin/workflows/workflow/new/"


@pytest.fixture
def contact(clinic):
    return ContactFactory(business=clinic.business, first_name="Ada", last_name="Byron")


def workflow(business, name, *steps, triggers=()):
    """One that was built and published before."""
    made = workflows.create(
        business=business, data={"name": name, "triggers": list(triggers), "steps": list(steps)}, by=MANAGER
    )
    workflows.publish(workflow=made, by=MANAGER)
    return made


def settle():
    """What the workers do, here and now, until nothing is due."""
    while dispatch.dispatch_batch() + tick():
        pass


def two_hours_later():
    Enrollment.objects.filter(due_at__isnull=False).update(due_at=F("due_at") - timedelta(hours=2))


def add_trigger(page: Page, label: str) -> None:
    page.locator("summary", has_text="Add a trigger").click()
    page.locator(".flow-choice", has_text=label).locator("visible=true").click()


def add_step(page: Page, label: str, *, where: str = "at the end") -> None:
    page.locator("summary", has_text=f"Add a step{where}").click()
    page.locator(".flow-add[open]").get_by_role("button", name=label, exact=True).click()


def card(page: Page, number: str):
    """The card of a step, by the number that it shows."""
    return page.locator(".flow-card", has=page.get_by_text(number, exact=True))


def save_and_publish(page: Page) -> None:
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("button", name=re.compile("Publish version")).click()
    expect(page.locator(".desk-messages")).to_contain_text("From now on it starts by itself.")


def begin(page: Page, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)


def on_dnd(page: Page, what: str, *channels: str) -> None:
    add_trigger(page, "Contact DND")
    page.get_by_label("Which way").select_option(label="What you send")
    page.get_by_label("What happened").select_option(label=what)
    for channel in channels:
        page.get_by_label(channel, exact=True).check()


def panel_switch(desk, contact, name: str) -> Page:
    page = desk.contact(contact)
    page.get_by_role("switch", name=name, exact=True).click()
    expect(page.locator("#desk-said")).to_contain_text(re.compile("blocked|allowed"))
    return page


# --- the three use cases ---


@pytest.mark.browser
def test_sms_opt_out_is_built_published_and_takes_effect(desk, clinic, contact):
    Team.objects.create(business=clinic.business, name="Marketing").members.add(clinic.people["staff"])
    connect(clinic.business)
    a_day, a_moment = {"kind": "wait", "for": "1d"}, {"kind": "wait", "for": "0s"}
    campaign = workflow(clinic.business, "SMS campaign", a_day, {"kind": "send_sms", "body": "x"})
    emails = workflow(
        clinic.business, "Email campaign", a_moment, {"kind": "send_email", "subject": "s", "body": "b"}
    )
    for running in (campaign, emails):
        workflows.enroll(workflow=running, contact=contact.pk, by=MANAGER)
    at = desk("manager")
    page = at.open(NEW)

    begin(page, "SMS opt-out")
    on_dnd(page, "DND turned on for certain channels", "SMS")
    add_step(page, "Add a tag")
    card(page, "1").get_by_label("Tag").fill("SMS Opt-Out")
    add_step(page, "Remove from workflows")
    card(page, "2").get_by_label("Workflow").select_option(label="SMS campaign")
    add_step(page, "Notify the team")
    card(page, "3").get_by_label("Who is told").select_option(label="Team Marketing")
    card(page, "3").get_by_label("Message").fill("{{contact.first_name}} opted out of SMS")
    save_and_publish(page)
    panel_switch(at, contact, "Block SMS")
    settle()

    assert tags.names_of(contact.pk) == ["SMS Opt-Out"]
    assert Enrollment.objects.get(workflow=campaign).exit_reason == "removed_by_external_workflow"
    assert Notification.objects.get().message == "Ada opted out of SMS"
    assert Message.objects.get(channel="email").state == "queued"
    page = at.contact(contact)
    expect(page.locator("#tags")).to_contain_text("SMS Opt-Out")
    expect(page.locator("#timeline")).to_contain_text("DND enabled by user for SMS")
    page.locator("#enrollments").get_by_role("link", name="SMS opt-out").click()
    for words in (
        "Add the tag “SMS Opt-Out”",
        "Remove from the workflow “SMS campaign”",
        "Notify the team “Marketing”",
    ):
        expect(page.locator(".path > li", has_text=words)).to_contain_text("Done")


@pytest.mark.browser
def test_opting_back_in_is_built_published_and_takes_effect(desk, clinic, contact):
    Team.objects.create(business=clinic.business, name="Sales").members.add(clinic.people["staff"])
    nurture = workflow(
        clinic.business,
        "Nurture",
        {"kind": "create_task", "title": "Say hello"},
        {"kind": "wait", "for": "1d"},
    )
    tags.edit(business=clinic.business, contact=contact.pk, by=MANAGER, add_names=["Do Not Contact"])
    block(contact, "call", "sms", "email", "whatsapp", "facebook", "gmb")
    settle()
    at = desk("manager")
    page = at.open(NEW)

    begin(page, "Opt back in")
    on_dnd(page, "DND turned off for all channels")
    add_step(page, "Remove a tag")
    card(page, "1").get_by_label("Tag").fill("Do Not Contact")
    add_step(page, "Notify the team")
    card(page, "2").get_by_label("Who is told").select_option(label="Team Sales")
    card(page, "2").get_by_label("Message").fill("{{contact.name}} is back")
    add_step(page, "Add to a workflow")
    card(page, "3").get_by_label("Workflow").select_option(label="Nurture")
    save_and_publish(page)
    panel_switch(at, contact, "Block All outbound channels")
    settle()

    assert tags.names_of(contact.pk) == []
    assert Notification.objects.get().message == "Ada Byron is back"
    entered = Enrollment.objects.get(workflow=nurture)
    assert (entered.state, entered.position) == ("waiting", 1)
    page = at.contact(contact)
    expect(page.locator("#tasks")).to_contain_text("Say hello")
    expect(page.locator("#enrollments")).to_contain_text("Nurture")


@pytest.mark.browser
def test_email_dnd_in_the_middle_of_a_workflow_skips_the_email_and_nothing_else(desk, clinic, contact):
    connect(clinic.business)
    at = desk("manager")
    page = at.open(NEW)

    begin(page, "Appointment reminder")
    add_trigger(page, "Tag added")
    page.get_by_label("Only if the tag").select_option(label="is one of these")
    page.get_by_label("Tags").fill("booked")
    add_step(page, "Send SMS")
    card(page, "1").get_by_label("Text").fill("See you tomorrow, {{contact.first_name}}.")
    add_step(page, "Wait")
    card(page, "2").get_by_label("Number").fill("2")
    card(page, "2").get_by_label("Unit").select_option(label="hours")
    add_step(page, "Send email")
    card(page, "3").get_by_label("Subject").fill("Tomorrow")
    card(page, "3").get_by_label("Text").fill("Here is how to find us.")
    add_step(page, "Create a task")
    card(page, "4").get_by_label("What is to be done").fill("Call to confirm")
    save_and_publish(page)
    page = at.contact(contact)
    page.get_by_label("Add a tag").fill("booked")
    page.get_by_role("button", name="Add the tag").click()
    expect(page.locator("#tags-shown")).to_contain_text("booked")
    settle()
    assert list(StepRun.objects.values_list("kind", "outcome")) == [("send_sms", "done")]
    panel_switch(at, contact, "Block Email")
    two_hours_later()
    settle()

    outcomes = dict(StepRun.objects.values_list("kind", "outcome"))
    assert outcomes == {"send_sms": "done", "wait": "done", "send_email": "skipped", "create_task": "done"}
    assert Enrollment.objects.get().state == "completed"
    page = at.contact(contact)
    expect(page.locator("#tasks")).to_contain_text("Call to confirm")
    page.locator("#enrollments").get_by_role("link", name="Appointment reminder").click()
    skipped = page.locator(".path > li", has_text="Send email “Tomorrow”")
    expect(skipped).to_contain_text("Skipped")
    expect(skipped).to_contain_text("DND is active for Email")


# --- the editor ---


@pytest.mark.browser
def test_mistakes_come_back_at_their_fields_and_nothing_is_lost(desk, clinic):
    page = desk("manager").open(NEW)
    begin(page, "Broken")
    on_dnd(page, "DND turned on for certain channels")
    add_step(page, "If / else")
    add_step(page, "Send SMS", where="to 1a")
    card(page, "1a.1").get_by_label("Text").fill("Hello {{contact.nickname}}")
    add_step(page, "Add to a workflow")

    page.get_by_role("button", name="Save", exact=True).click()

    summary = page.locator(".desk-summary")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_text(
        ["Tick at least one channel.", "Give a text of 1 to 200 characters.", "Choose a workflow."]
    )
    expect(page.locator("#f-steps-1-workflow")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-steps-1-workflow-error")).to_have_text("Choose a workflow.")
    assert not Workflow.objects.exists()

    page.get_by_label("SMS", exact=True).check()
    page.locator("#f-steps-0-condition-value").fill("vip")
    page.get_by_role("button", name="Remove step 2").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#f-steps-0-then-0-body-error")).to_contain_text("contact.nickname")
    expect(page.locator("#f-steps-0-then-0-body")).to_have_value("Hello {{contact.nickname}}")
    page.locator("#f-steps-0-then-0-body").fill("Hello {{contact.first_name}}")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page).to_have_url(re.compile(r"/edit/$"))
    saved = Workflow.objects.get()
    assert saved.triggers[0]["filters"]["channels"] == ["sms"]
    assert saved.steps == [
        {
            "kind": "if_else",
            "condition": {"field": "tag", "op": "is", "value": "vip"},
            "then": [{"kind": "send_sms", "body": "Hello {{contact.first_name}}"}],
            "else": [],
        }
    ]


@pytest.mark.browser
def test_steps_are_moved_into_and_out_of_branches_by_keyboard(desk, clinic):
    made = workflow(
        clinic.business,
        "Tree",
        {"kind": "add_tag", "tag": "first"},
        {
            "kind": "if_else",
            "condition": {"field": "dnd.sms", "op": "is", "value": True},
            "then": [{"kind": "stop"}],
            "else": [],
        },
    )
    page = desk("manager").open(f"/admin/workflows/workflow/{made.pk}/edit/")

    page.get_by_role("button", name="Move step 1 down").focus()
    places = []
    for _ in range(4):
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
        places.append(page.evaluate("document.activeElement.innerText.match(/step (\\S+)/)[1]"))
        if len(places) == 3:
            expect(page.locator(":focus")).to_have_text(re.compile("down"))

    # Into the first branch, past its step, into the second branch, and out at the end, where it can go no further.
    assert places[:3] == ["1a.1", "1a.2", "1b.1"]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    made.refresh_from_db()
    assert [step["kind"] for step in made.steps] == ["if_else", "add_tag"]


@pytest.mark.browser
def test_a_removed_step_can_be_put_back(desk, clinic):
    made = workflow(clinic.business, "Two", {"kind": "add_tag", "tag": "a"}, {"kind": "add_tag", "tag": "b"})
    page = desk("manager").open(f"/admin/workflows/workflow/{made.pk}/edit/")

    page.get_by_role("button", name="Remove step 1").click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")

    expect(card(page, "1")).to_contain_text("a")
    expect(card(page, "2")).to_contain_text("b")
    expect(page.get_by_text("Everything is saved")).to_be_visible()


EVERYTHING = {
    "name": "Everything",
    "settings": {"allow_reentry": True, "remove_when_all_dnd": False},
    "triggers": [
        {
            "type": "contact_dnd",
            "name": "All of it",
            "filters": {
                "direction": "inbound",
                "flag": "disabled_specific",
                "channels": ["call"],
                "tags": {"op": "none_of", "values": ["vip", "test"]},
                "sources": ["api"],
                "reasons": ["user_request"],
            },
        },
        {"type": "tag_removed", "name": "", "filters": {"tags": {"op": "equals", "values": ["x"]}}},
        {"type": "do_not_contact_changed", "name": "", "filters": {"enabled": False}},
        {"type": "contact_created", "name": "", "filters": {}},
        {
            "type": "message_failed",
            "name": "",
            "filters": {"channels": ["call", "sms"], "codes": ["30003", "no-answer"]},
        },
        {"type": "email_event", "name": "", "filters": {"events": ["complaint", "soft_bounce"]}},
        {"type": "manual", "name": "", "filters": {}},
    ],
    "steps": [
        {"kind": "send_preferred", "text": "A text", "email": {"subject": "Hello", "body": "An email"}},
        {"kind": "send_preferred", "call": "A call"},
        {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": "all", "note": "asked"},
        {"kind": "set_dnd", "direction": "inbound", "enable": True, "channels": ["sms"]},
        {"kind": "make_call", "say": "Your visit is tomorrow."},
        {"kind": "send_whatsapp", "body": "By WhatsApp"},
        {"kind": "send_facebook", "body": "By Messenger"},
        {"kind": "send_gmb", "body": "By Google"},
        {"kind": "wait", "for": "90m"},
        {"kind": "wait", "until": "2030-01-02T09:30:00Z"},
        {"kind": "remove_from_workflow", "which": "all_except_current"},
        {"kind": "create_task", "title": "Call", "due_in": "2h"},
        {"kind": "create_task", "title": "Some day"},
        {
            "kind": "if_else",
            "condition": {
                "any": [
                    {"field": "dnd.email", "op": "is_not", "value": True},
                    {"field": "dnd.state", "op": "any_of", "value": ["on", "partial"]},
                    {"field": "contact.email", "op": "is_empty"},
                ]
            },
            "then": [
                {
                    "kind": "if_else",
                    "condition": {"all": [{"any": [{"field": "tag", "op": "contains", "value": "v"}]}]},
                    "then": [],
                    "else": [{"kind": "stop"}],
                }
            ],
            "else": [{"kind": "internal_notification", "to": "managers", "message": "m"}],
        },
    ],
}


@pytest.mark.browser
def test_whatever_the_api_can_save_comes_out_of_the_editor_as_it_went_in(desk, clinic):
    made = workflows.create(business=clinic.business, data=EVERYTHING, by=MANAGER)
    page = desk("manager").open(f"/admin/workflows/workflow/{made.pk}/edit/")
    expect(page.get_by_text("Everything is saved")).to_be_visible()

    page.get_by_label("Name", exact=True).fill("Renamed")
    expect(page.get_by_text("Unsaved changes")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Everything is saved")).to_be_visible()

    before = {key: getattr(made, key) for key in EVERYTHING}
    made.refresh_from_db()
    assert {key: getattr(made, key) for key in EVERYTHING} == before | {"name": "Renamed"}


@pytest.mark.browser
def test_leaving_with_unsaved_changes_is_asked_about(desk, clinic):
    made = workflow(clinic.business, "Draft", {"kind": "stop"})
    page = desk("manager").open(f"/admin/workflows/workflow/{made.pk}/edit/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    page.get_by_role("link", name="Contacts").click()
    page.go_back()
    page.get_by_label("Name", exact=True).fill("Other")
    page.get_by_role("link", name="Contacts").click()
    expect(page).to_have_url(re.compile("/contact/$"))

    assert asked == ["beforeunload"]


@pytest.mark.browser
def test_a_saved_change_is_told_apart_from_what_is_published(desk, clinic):
    made = workflow(clinic.business, "Live", {"kind": "add_tag", "tag": "a"})
    page = desk("manager").open(f"/admin/workflows/workflow/{made.pk}/edit/")
    expect(page.locator("#workflow-status")).to_contain_text("Version 1 published")

    page.get_by_role("button", name=re.compile("1 Add a tag")).click()
    card(page, "1").get_by_label("Tag").fill("b")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("#workflow-status")).to_contain_text("What is saved differs from what is published.")
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.locator("#workflow-status")).to_contain_text("Version 2 published")
    expect(page.locator("#workflow-status")).not_to_contain_text("differs")
    assert workflows.published_version(made).steps[0]["tag"] == "b"


@pytest.mark.browser
def test_without_javascript_a_workflow_is_edited_as_json(desk, clinic, browser):
    context = browser.new_context(java_script_enabled=False)
    page = desk("manager", page=context.new_page()).open(NEW)
    field = page.get_by_label("JSON")

    field.fill('{"name": "By hand", "triggers": [], "steps": [{"kind": "add_tag"}]}')
    page.get_by_role("button", name="Save").click()
    expect(page.locator("noscript p.desk-summary")).to_contain_text("steps.0.tag: Give the name of a tag")
    field.fill('{"name": "By hand", "triggers": [], "steps": [{"kind": "stop"}]}')
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".desk-messages")).to_contain_text("Saved.")
    assert Workflow.objects.get().steps == [{"kind": "stop"}]
    context.close()


# --- by requests alone ---


def put(client, address, data):
    return client.post(
        address, data if isinstance(data, str) else json.dumps(data), content_type="application/json"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "data",
    [" ", "[]", "{", '"text"', "[" * 100_000, '{"name": "\\u0000"}', '{"name": "x", "steps": "no"}',
     '{"name": "x", "steps": [{"kind": "wait", "until": "tomorrow"}]}', "{}", '{"name": "x", "steps": [[]]}',
     '{"name": "x", "colour": 1}', '{"name": "x" }' + " " * 1_000_001],
)  # fmt: skip
def test_what_is_no_workflow_is_refused_and_not_saved(signed_in, clinic, data):
    answer = put(signed_in("manager"), NEW, data)

    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert not Workflow.objects.exists()


@pytest.mark.django_db
def test_a_time_to_wait_until_is_given_in_the_time_zone_of_the_business(signed_in, clinic):
    step = {"kind": "wait", "until": "2030-07-01T09:00"}

    put(signed_in("manager"), NEW, {"name": "Summer", "triggers": [], "steps": [step]})

    assert clinic.business.timezone == "America/New_York"
    assert Workflow.objects.get().steps == [{"kind": "wait", "until": "2030-07-01T13:00:00Z"}]


@pytest.mark.django_db
def test_publishing_says_beforehand_who_stays_in_the_earlier_version(signed_in, clinic, contact):
    made = workflow(clinic.business, "Live", {"kind": "wait", "for": "1d"})
    workflows.enroll(workflow=made, contact=contact.pk, by=MANAGER)
    workflows.update(workflow=made, data={"steps": [{"kind": "send_sms", "body": "x"}]}, by=MANAGER)
    client = signed_in("manager")

    shown = " ".join(
        client.get(f"/admin/workflows/workflow/{made.pk}/edit/publish/").content.decode().split()
    )

    assert "1 contact in version 1 keeps that version until they are through." in shown
    assert "the business has no connection for SMS" in shown
    assert "SMS</strong>: 1 would get it." in shown
    assert workflows.published_version(made).number == 1


@pytest.mark.django_db
def test_an_empty_workflow_is_not_published_and_says_why(signed_in, clinic):
    made = workflows.create(
        business=clinic.business, data={"name": "Empty", "triggers": [], "steps": []}, by=MANAGER
    )

    answer = signed_in("manager").post(f"/admin/workflows/workflow/{made.pk}/edit/publish/", follow=True)

    assert "Not published. This workflow has no steps: add at least one." in answer.content.decode()
    assert not workflows.is_published(made)


@pytest.mark.django_db
def test_unpublishing_and_deleting_ask_first(signed_in, clinic, contact):
    made = workflow(clinic.business, "Live", {"kind": "wait", "for": "1d"})
    running = workflows.enroll(workflow=made, contact=contact.pk, by=MANAGER)
    client = signed_in("manager")
    page = f"/admin/workflows/workflow/{made.pk}/edit/"

    assert "1 contact in it now stays in it" in " ".join(
        client.get(f"{page}unpublish/").content.decode().split()
    )
    assert workflows.is_published(made)
    client.post(f"{page}unpublish/")
    assert not workflows.is_published(made)
    assert client.get(f"{page}remove/").status_code == 200
    client.post(f"{page}remove/")
    running.refresh_from_db()
    assert (client.get(page).status_code, running.exit_reason) == (404, "removed_by_user")


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status", "state"), [("staff", 403, "active"), ("manager", 302, "removed")])
def test_a_contact_is_taken_out_by_managers_only(signed_in, clinic, contact, role, status, state):
    made = workflow(clinic.business, "Live", {"kind": "wait", "for": "1d"})
    running = workflows.enroll(workflow=made, contact=contact.pk, by=MANAGER)
    client = signed_in(role)
    page = f"/admin/workflows/enrollment/{running.pk}/path/"

    assert ("Take out of the workflow" in client.get(page).content.decode()) is (role == "manager")
    assert client.post(page).status_code == status

    running.refresh_from_db()
    assert running.state == state
