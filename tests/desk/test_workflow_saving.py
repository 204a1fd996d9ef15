"""Saving in the workflow editor: what was not touched stays, and what stands in the way is said."""

import json
import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from contacts.services import pipelines
from tests.factories import MANAGER
from workflows import services as workflows
from workflows.models import Workflow
from workflows.services import actions

WITH_COMMAS = {
    "name": "Commas",
    "triggers": [
        {
            "type": "contact_dnd",
            "filters": {"tags": {"op": "none_of", "values": ["a,b", "c", 'the "d"', '"e"']}},
        },
        {"type": "message_received", "filters": {"keywords": ["yes, please", "yes, please"]}},
        {"type": "message_failed", "filters": {"codes": ["smtp:5,5", "30003"]}},
    ],
    "steps": [
        {"kind": "if_else", "condition": {"field": "tag", "op": "any_of", "value": ["x,y", "z"]}},
        {"kind": "if_else", "condition": {"field": "tag", "op": "is", "value": "x,y"}},
    ],
}


def editor(desk, made: Workflow) -> Page:
    return desk("manager").open(f"/admin/workflows/workflow/{made.pk}/edit/")


def drawn(business, *steps, **more) -> Workflow:
    data = {"name": "Welcome", "steps": list(steps)} | more
    return workflows.create(business=business, data=data, by=MANAGER)


def save(page: Page, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.mark.browser
def test_values_with_commas_stay_as_they_are_and_can_be_written(desk, clinic):
    made = drawn(clinic.business, **WITH_COMMAS)
    page = editor(desk, made)

    save(page, "Renamed")
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    before = made.triggers, made.steps
    made.refresh_from_db()
    assert (made.name, made.triggers, made.steps) == ("Renamed", *before)

    page.get_by_role("button", name="Message received").first.click()
    page.get_by_label("Only if the whole message is").fill('stop, "yes, please", "no",')
    save(page, "Again")
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    made.refresh_from_db()
    assert made.triggers[1]["filters"]["keywords"] == ["stop", "yes, please", "no"]


@pytest.mark.browser
def test_what_a_colleague_changed_meanwhile_is_not_undone_by_saving(desk, clinic):
    made = drawn(clinic.business, {"kind": "stop"})
    page = editor(desk, made)
    workflows.update(workflow=made, data={"steps": [{"kind": "add_tag", "tag": "new"}]}, by=MANAGER)

    save(page, "Renamed")

    expect(page.locator(".desk-summary")).to_contain_text(
        "Somebody has changed this workflow meanwhile: reload to see it. What you wrote is still here."
    )
    expect(page.get_by_label("Name", exact=True)).to_have_value("Renamed")
    made.refresh_from_db()
    assert (made.name, made.steps) == ("Welcome", [{"kind": "add_tag", "tag": "new"}])

    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    for name in ("Once", "Twice"):
        save(page, name)
        expect(page.get_by_text("Everything is saved")).to_be_visible()
    made.refresh_from_db()
    assert (made.name, made.steps) == ("Twice", [{"kind": "add_tag", "tag": "new"}])


@pytest.mark.django_db
def test_without_scripts_a_colleagues_change_is_not_undone_either(signed_in, clinic):
    made = drawn(clinic.business, {"kind": "stop"})
    address = f"/admin/workflows/workflow/{made.pk}/edit/"
    form = {"definition": '{"name": "Renamed", "steps": []}', "changed_at": made.changed_at.isoformat()}
    workflows.update(workflow=made, data={"steps": [{"kind": "add_tag", "tag": "new"}]}, by=MANAGER)
    client = signed_in("manager")

    for _ in range(2):
        answer = client.post(address, form)
        assert "Somebody has changed this workflow meanwhile" in answer.content.decode()
        assert f'name="changed_at" value="{form["changed_at"]}"' in answer.content.decode()

    made.refresh_from_db()
    assert made.name == "Welcome"


@pytest.mark.django_db
def test_an_action_that_a_colleague_changed_meanwhile_is_not_overwritten(signed_in, clinic):
    pipeline = pipelines.create_pipeline(business=clinic.business, name="Leads", by=MANAGER)
    status = pipelines.create_status(pipeline=pipeline, data={"name": "New"}, by=MANAGER)
    data = {"name": "Quiet", "operations": [{"kind": "add_tag", "tag": "a"}]}
    action = actions.create(status=status, data=data, by=MANAGER)
    drawn_at = action.changed_at.isoformat()
    actions.update(action=action, data={"category": "other", "name": "Calm"}, by=MANAGER)

    answer = signed_in("manager").post(
        f"/admin/pipelines/action/{action.pk}/",
        json.dumps({"name": "Loud", "category": "other", "steps": []}),
        content_type="application/json",
        headers={"X-Changed-At": drawn_at},
    )

    assert answer.status_code == 409
    assert answer.json()["errors"][""].startswith("Somebody has changed this action meanwhile: reload")
    action.refresh_from_db()
    assert action.name == "Calm"


@pytest.mark.django_db
def test_who_reads_a_workflow_or_publishes_it_sees_what_is_asked_and_who_is_told(signed_in, clinic):
    tell = {"kind": "internal_notification", "to": "user:staff@harbour.example", "message": "m"}
    asked = {"field": "tag", "op": "is", "value": "vip"}
    made = drawn(clinic.business, {"kind": "if_else", "condition": asked, "then": [tell]})

    for role, page in (("staff", ""), ("manager", "publish/")):
        shown = signed_in(role).get(f"/admin/workflows/workflow/{made.pk}/edit/{page}").content.decode()
        assert "If the contact has the tag “vip”" in shown
        assert "Notify Staff of Harbour" in shown


@pytest.mark.django_db
def test_warnings_before_publishing_number_the_steps_as_the_editor_does(signed_in, clinic):
    asked = {"field": "tag", "op": "is", "value": "vip"}
    sms, tag = {"kind": "send_sms", "body": "x"}, {"kind": "add_tag", "tag": "a"}
    made = drawn(
        clinic.business, sms, {"kind": "if_else", "condition": asked, "then": [tag], "else": [tag, sms]}
    )

    shown = signed_in("manager").get(f"/admin/workflows/workflow/{made.pk}/edit/publish/").content.decode()

    for step in ("1", "2b.2"):
        assert f"Step {step} fails: the business has no connection for SMS." in shown
    assert "2b. Otherwise" in shown


def asking_to_publish(client, made: Workflow) -> str:
    page = client.get(f"/admin/workflows/workflow/{made.pk}/edit/publish/").content.decode()
    return " ".join(page.split())


@pytest.mark.django_db
def test_what_cannot_be_published_says_why_and_has_no_button(signed_in, clinic):
    shown = asking_to_publish(signed_in("manager"), drawn(clinic.business))

    assert "It cannot be published yet. This workflow has no steps: add at least one." in shown
    assert "Publish version 1" not in shown
    assert "is frozen" not in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ("manual", "From now on contacts can be added to it; it does not start by itself."),
        ("contact_created", "From now on it starts by itself."),
    ],
)
def test_only_what_has_a_trigger_of_its_own_is_said_to_start_by_itself(signed_in, clinic, trigger, words):
    made = drawn(clinic.business, {"kind": "stop"}, triggers=[{"type": trigger}])
    client = signed_in("manager")

    assert f"Version 1 is frozen as it is saved now. {words}" in asking_to_publish(client, made)
    answer = client.post(f"/admin/workflows/workflow/{made.pk}/edit/publish/", follow=True)
    assert f"Published as version 1. {words}" in answer.content.decode()


def said(page: Page):
    return page.locator(".desk-summary")


@pytest.mark.browser
def test_whoever_is_signed_out_meanwhile_signs_in_elsewhere_and_saves_again(desk, clinic):
    made = drawn(clinic.business, {"kind": "stop"})
    at = desk("manager")
    page = at.open(f"/admin/workflows/workflow/{made.pk}/edit/")
    Session.objects.all().delete()

    save(page, "Renamed")
    expect(said(page)).to_contain_text("You are signed out: sign in in another tab, then save again.")

    clinic.people["manager"].set_password("a-long-password-1")
    clinic.people["manager"].save()
    other = page.context.new_page()
    other.goto(f"{at.base}/admin/")
    other.get_by_label("Email").fill("manager@harbour.example")
    other.get_by_label("Password").fill("a-long-password-1")
    other.get_by_role("button", name="Sign in").click()
    expect(other).to_have_url(re.compile("/admin/$"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Everything is saved")).to_be_visible()
    made.refresh_from_db()
    assert made.name == "Renamed"


@pytest.mark.browser
def test_a_workflow_that_was_deleted_meanwhile_is_said_to_be(desk, clinic):
    made = drawn(clinic.business, {"kind": "stop"})
    page = editor(desk, made)
    workflows.delete(workflow=made, by=MANAGER)

    save(page, "Renamed")

    expect(said(page)).to_contain_text("This was deleted meanwhile: copy what you need.")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Renamed")


@pytest.mark.browser
def test_a_card_says_that_dnd_is_inbound(desk, clinic):
    block = {"kind": "set_dnd", "enable": True, "channels": "all"}
    page = editor(
        desk,
        drawn(clinic.business, block | {"direction": "inbound"}, block | {"direction": "outbound"}),
    )

    expect(page.locator(".flow-title small")).to_have_text(
        ["Block all channels (inbound)", "Block all channels"]
    )


# --- where the keyboard is ---


@pytest.mark.browser
def test_the_focus_stays_where_somebody_works_by_keyboard(desk, clinic):
    made = drawn(clinic.business, {"kind": "add_tag", "tag": "a"}, {"kind": "stop"})
    page = editor(desk, made)
    button = page.get_by_role("button", name="Save", exact=True)

    button.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_attached()
    expect(button).to_be_focused()

    page.get_by_role("button", name="Move step 2 up").press("Enter")
    expect(page.get_by_role("button", name="Move step 1 down")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move step 2 up")).to_be_focused()

    for name in ("Add a step", "Add a trigger"):
        summary = page.locator("summary", has_text=name)
        summary.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(summary).to_be_focused()
        expect(page.locator(".flow-add[open]")).to_have_count(0)
