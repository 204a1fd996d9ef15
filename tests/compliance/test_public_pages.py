"""The unsubscribe and the preference page in a real browser: with scripts running, without, on a phone, in the dark."""

import pytest
from playwright.sync_api import expect

from compliance.services import links
from compliance.services.links import LinkFor
from contacts.models import Event
from dnd.models import Change, Ground, Standing, Suppression
from tests.desk.test_pages import faults, too_wide
from tests.factories import ENTERPRISE, ContactFactory, block

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.timeout(300)]
ADA = "ada@example.org"


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Straight from the source: nothing is collected for a test."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def contact():
    return ContactFactory(email=ADA, phone="+14155550100", timezone="America/Los_Angeles")


@pytest.fixture
def token(contact):
    return links.issue([LinkFor(contact.business_id, contact.pk, "email", ADA, 7)])[0]


def database():
    """What a visit could have changed."""
    tables = (Change, Ground, Standing, Suppression, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def grounds(contact):
    return set(Ground.objects.filter(contact=contact).values_list("channel", "reason"))


def test_with_scripts_running_a_visit_changes_nothing_and_a_click_unsubscribes(
    browser_page, live_server, contact, token
):
    before = database()
    page = browser_page
    page.goto(f"{live_server.url}/u/{token}", wait_until="networkidle")
    assert page.evaluate("1 + 1") == 2
    page.reload(wait_until="networkidle")
    page.get_by_role("link", name="Choose what you receive instead").click()
    expect(page.get_by_role("heading", name="What you receive")).to_be_visible()
    page.go_back(wait_until="networkidle")
    assert database() == before

    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert grounds(contact) == {("email", "email_unsubscribe")}
    assert page.context.cookies() == []

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    assert grounds(contact) == set()


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_the_pages_are_accessible_and_fit(browser_page, live_server, contact, token, width, scheme):
    page, found = browser_page, {}
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)

    def look(stage):
        assert page.locator("h1").count() == 1, stage
        if wrong := faults(page) + (["too wide"] if too_wide(page) else []):
            found[stage] = wrong

    def press(name, exact=False):
        """Each button here leads to a page, at the very address that one is at."""
        with page.expect_navigation():
            page.get_by_role("button", name=name, exact=exact).click()

    page.goto(f"{live_server.url}/u/{token}")
    look("asking")
    press("Unsubscribe")
    look("unsubscribed")
    press("Undo")
    look("undone")
    block(contact, "call", reason="user_request", by=ENTERPRISE)
    page.goto(f"{live_server.url}/p/{token}?lang=es")
    look("preferences in Spanish")
    page.goto(f"{live_server.url}/p/{token}")
    page.get_by_label("Pause until").fill("2000-01-01")
    page.locator("form.aside").first.evaluate("form => form.noValidate = true")
    press("Pause", exact=True)
    look("a day that is over")
    page.get_by_role("group", name="WhatsApp").get_by_label("Off").check()
    press("Save")
    look("saved")
    press("Stop everything")
    look("stopped")

    assert found == {}
    assert Standing.objects.get(contact=contact).outbound == 63


def test_on_a_phone_without_scripts_everything_can_be_chosen(browser, live_server, contact, token):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live_server.url}/p/{token}")

    page.get_by_role("group", name="Text messages (SMS)").get_by_label("Off").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Text messages (SMS): Off")
    assert grounds(contact) == {("sms", "preference_page")}

    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_role("status")).to_contain_text("Phone calls: Off")
    assert len(grounds(contact)) == 6
    context.close()
