"""Every page: readable by everybody, on a phone and in the dark; and the way in."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from compliance import free_text
from compliance.services import hearing, reviewing
from contacts.services import jobs, keys, tags, work
from dnd.models import Suppression
from messaging import services as messaging
from messaging.models import Audit, Connection, Message
from tests.desk.conftest import connect
from tests.factories import ENTERPRISE, MANAGER, STAFF, ContactFactory, block
from tests.processes import writing
from workflows import dispatch
from workflows import services as workflows
from workflows.engine.tick import tick

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STEPS = [
    {"kind": "send_sms", "body": "Hello {{contact.first_name}}"},
    {"kind": "if_else", "condition": {"field": "tag", "op": "is", "value": "vip"},
     "then": [{"kind": "add_tag", "tag": "seen"}], "else": [{"kind": "wait", "for": "1d"}]},
    {"kind": "create_task", "title": "Call"},
]  # fmt: skip
TRIGGER = {
    "type": "contact_dnd",
    "name": "Blocked",
    "filters": {"direction": "outbound", "flag": "enabled_specific", "channels": ["sms"]},
}


@pytest.fixture
def pages(clinic):
    """The address of every page, with something to be seen on each."""
    business = clinic.business
    connect(business)
    contact = ContactFactory(business=business)
    twin = ContactFactory(business=business, first_name="Augusta", phone=contact.points.first().value)
    definition = {"name": "Reminder", "triggers": [TRIGGER], "steps": STEPS}
    workflow = workflows.create(business=business, data=definition, by=MANAGER)
    workflows.publish(workflow=workflow, by=MANAGER)
    running = workflows.enroll(workflow=workflow, contact=contact.pk, by=MANAGER)
    while dispatch.dispatch_batch() + tick():
        pass
    block(contact, "email", reason="dnc_list", by=MANAGER)
    tags.edit(business=business, contact=contact.pk, by=STAFF, add_names=["vip"])
    work.create_tasks(business.pk, [(contact.pk, "Call back", None, "Reminder")])
    work.notify(business.pk, [("role:enterprise", "Look here", contact.pk)])
    key, _ = keys.issue(business=business, role="staff", name="CRM")
    sms = Connection.objects.get(channel="sms")
    messaging.disconnect(connection=sms, by=ENTERPRISE)
    under_review(business)
    listed = Suppression.objects.get(reason="dnc_list")
    Audit.objects.create(
        started_at=business.created_at, finished_at=business.created_at, messages=3, violations=["message 1"]
    )
    ContactFactory(business=business, first_name="Fault")
    ended = jobs.create(business=business, kind=writing.KIND, title="A note on all", params={}, by=MANAGER)
    jobs.run_due()
    waiting = jobs.create(business=business, kind=writing.KIND, title="Another", params={}, by=MANAGER)
    one, flow = f"/admin/contacts/contact/{contact.pk}", f"/admin/workflows/workflow/{workflow.pk}/edit"
    return [
        "/admin/", "/admin/notifications/", "/admin/contacts/contact/", "/admin/contacts/contact/?q=nobody",
        "/admin/contacts/contact/add/", f"{one}/change/", f"{one}/edit/", f"{one}/remove/", f"{one}/timeline/",
        "/admin/duplicates/", f"{one}/merge/?q=ada", f"{one}/merge/?other={twin.pk}",
        f"{one}/dnd/note/?change=outbound.email.allow", "/admin/workflows/workflow/", "/admin/workflows/workflow/new/",
        f"{flow}/", f"{flow}/publish/", f"{flow}/unpublish/", f"{flow}/remove/", "/admin/workflows/enrollment/",
        f"/admin/workflows/enrollment/{running.pk}/path/", "/admin/messaging/message/", "/admin/dnd/change/",
        "/admin/dnd/suppression/", "/admin/profile/", "/admin/messaging/connection/", "/admin/connections/add/",
        f"/admin/connections/{sms.pk}/", f"/admin/connections/{sms.pk}/switch/", "/admin/contacts/membership/",
        "/admin/people/add/", "/admin/teams/", "/admin/contacts/apikey/", "/admin/keys/add/",
        f"/admin/keys/{key.pk}/revoke/", "/accounts/2fa/", "/accounts/password/change/",
        "/admin/compliance/", "/admin/hours/", "/admin/hours/edit/?region=US-TX", "/admin/compliance/review/",
        "/admin/compliance/review/?state=", "/admin/suppressions/add/", "/admin/suppressions/import/",
        f"/admin/suppressions/{listed.pk}/lift/", "/admin/reports/", "/admin/imports/",
        "/admin/exports/?dnd_channel=sms", "/admin/contacts/job/", f"/admin/jobs/{ended.pk}/",
        f"/admin/jobs/{waiting.pk}/",
    ]  # fmt: skip


def under_review(business):
    """A text that reads like an opt-out and waits for a person."""
    text = "please stop texting me"
    statement, _ = hearing.hear(
        business=business, channel="sms", address="+14155550111", reason="free_text_opt_out",
        provider_id="SM1:free_text", received_at=business.created_at,
    )  # fmt: skip
    reviewing.open_review(statement, text, free_text.opt_out(text))


def faults(page):
    """What axe finds that is worse than minor."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        (one["id"], [node["target"] for node in one["nodes"]]) for one in found if one["impact"] != "minor"
    ]


def too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_is_accessible_and_fits(desk, pages, width, scheme):
    at = desk("enterprise", width=width)
    at.page.emulate_media(color_scheme=scheme)
    found = {}
    for address in pages:
        page = at.open(address)
        assert page.locator("h1").count() == 1, address
        if wrong := faults(page) + (["too wide"] if too_wide(page) else []):
            found[address] = wrong

    assert Message.objects.exists()
    assert found == {}


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_the_main_pages_are_accessible_in_use(desk, clinic, pages, width, scheme):
    """With the dialog, the editor's forms, its mistakes and the menu open."""
    at = desk("enterprise", width=width)
    at.page.emulate_media(color_scheme=scheme)
    contact, flow = pages[5], pages[15]

    page = at.open(contact)
    page.get_by_role("switch", name="Block Email", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("switch", name="Block Call", exact=True).click()
    expect(page.locator("#desk-said")).to_contain_text("Call blocked.")
    assert faults(page) == []

    page = at.open(flow)
    for card in page.locator(".flow-open").all():
        card.click()
    page.locator("summary", has_text="at the end").click()
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".desk-summary")).to_be_focused()
    assert faults(page) == []
    assert not too_wide(page)


def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(desk, clinic):
    page = desk("staff", width=390).open("/admin/")
    contacts = page.locator("nav").get_by_role("link", name="Contacts")
    expect(contacts).to_be_hidden()

    page.get_by_role("button", name="Open the menu").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close the menu")).to_be_focused()
    page.keyboard.press("Escape")
    expect(contacts).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    contacts.click()

    expect(page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()


def test_a_contact_is_found_from_anywhere_with_the_slash_key(desk, clinic):
    ContactFactory(business=clinic.business, first_name="Grace", last_name="Hopper")
    page = desk("staff").open("/admin/")

    page.keyboard.press("/")
    page.keyboard.type("hopper")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Grace Hopper")).to_be_visible()


def test_the_first_tab_leads_past_the_menu(desk, clinic):
    page = desk("staff").open("/admin/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_colours_can_be_chosen_and_stay(desk, clinic):
    page = desk("staff").open("/admin/")
    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html.dark")).to_have_count(1)
    page.reload()
    expect(page.locator("html.dark")).to_have_count(1)


def test_signing_in_and_out(browser_page, live_server, clinic):
    user = clinic.people["staff"]
    user.set_password("a long and fine password")
    user.save()
    page = browser_page
    page.goto(f"{live_server.url}/admin/contacts/contact/")
    assert faults(page) == []

    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(
        page.get_by_text("The email address and/or password you specified are not correct.")
    ).to_be_visible()
    page.get_by_label("Password").fill("a long and fine password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()

    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{live_server.url}/admin/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_javascript_the_menu_and_the_lists_are_there(desk, clinic, browser):
    ContactFactory(business=clinic.business, first_name="Grace", last_name="Hopper")
    context = browser.new_context(java_script_enabled=False)
    page = desk("staff", width=390, page=context.new_page()).open("/admin/")

    page.get_by_role("link", name="Contacts", exact=True).click()
    page.get_by_label("DND", exact=True).select_option(label="Off: no channel")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("link", name="Grace Hopper")).to_be_visible()
    context.close()
