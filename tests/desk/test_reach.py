"""How a person would be reached, the preferred contact, and what a record system says of both."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from contacts.actors import Actor
from contacts.models import Business, Event
from dnd import services as dnd
from dnd.services.syncing import Message, Spoken
from messaging.models import Connection
from tests.desk.conftest import connect
from tests.factories import ENTERPRISE, MANAGER, ContactFactory, add_phone, block

pytestmark = pytest.mark.django_db
MOBILE, LANDLINE = "+14155550101", "+14155550102"


@pytest.fixture
def contact(clinic):
    connect(clinic.business)
    Connection.objects.create(business=clinic.business, channel="call", driver="twilio", config={})
    contact = ContactFactory(business=clinic.business, phone=False, email="ada@example.org")
    add_phone(contact, MOBILE, "mobile")
    add_phone(contact, LANDLINE, "landline")
    return contact


def shown(client, contact, part):
    answer = client.get(f"/admin/contacts/contact/{contact.pk}/part/{part}/")
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def prefer(client, contact, number):
    return client.post(
        f"/admin/contacts/contact/{contact.pk}/preferred/", {"number": number}, headers={"HX-Request": "true"}
    )


def preferred(contact):
    return list(contact.points.filter(preferred=True).values_list("value", flat=True))


def sync(contact, **said):
    Business.objects.filter(pk=contact.business_id).update(preferences_source="synced")
    business = Business.objects.get(pk=contact.business_id)
    return dnd.sync(business=business, contact=contact.pk, message=Message(**said), by=MANAGER)


# --- in a browser ---


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_choosing_a_landline_by_keyboard_turns_automations_into_calls(desk, contact, width):
    page = desk("staff", width=width).contact(contact)
    card, line = page.locator("#preferred"), page.locator(".reach-line", has_text="Automations")
    expect(page.locator(".reach-line", has_text="Every message")).to_contain_text("TEXT +1 415-555-0101")
    expect(card).to_contain_text("An email address cannot be preferred")
    expect(card.get_by_role("radio", name="ada@example.org")).to_be_disabled()

    card.get_by_role("radio", name="No preference").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    expect(page.locator("#desk-said")).to_contain_text("Preferred contact saved.")
    expect(line).to_contain_text("CALL +1 415-555-0102")
    rest = page.locator(".reach-line", has_text="Broadcasts, campaigns, messages that you write")
    expect(rest).to_contain_text("TEXT +1 415-555-0101")
    assert preferred(contact) == [LANDLINE]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("synced", [False, True])
def test_the_cards_are_accessible_and_fit_the_screen(desk, contact, width, theme, synced, browser_page):
    block(contact, "sms", "call")
    if synced:
        sync(
            contact,
            general=Spoken("voice", LANDLINE),
            appointment=Spoken("dnc", appointment="A-17", ends_at=datetime.now(UTC) + timedelta(days=2)),
            block=["email"],
            raw_code="PHN",
            message_id="HL7-81",
        )
        sync(contact, general=Spoken("PIGEON"))
    browser_page.emulate_media(color_scheme=theme)
    page = desk("staff", width=width).contact(contact)
    page.evaluate(
        "document.querySelectorAll('#reach details, #preferred details').forEach(d => d.open = true)"
    )

    findings = Axe().run(page, context="#reach, #preferred")

    assert findings.violations_count == 0, findings.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# --- without ---


def test_each_class_says_its_way_and_why_no_other(signed_in, contact):
    block(contact, "sms")
    told = shown(signed_in(), contact, "reach")

    assert "Every message call CALL +1 415-555-0101" in told
    assert "TEXT DND is active for SMS: asked us." in told
    assert "EMAIL Not needed: a call goes out." in told


def test_classes_of_which_different_things_hold_stand_apart(signed_in, contact):
    prefer(signed_in(), contact, LANDLINE)
    dnd.change_one(
        business=contact.business, contact=contact.pk, wish=dnd.Wish(do_not_contact=True), by=ENTERPRISE
    )
    told = shown(signed_in(), contact, "reach")

    assert "Automations block Not at all" in told
    assert "TEXT This contact prefers a landline, which cannot be texted." in told
    assert "EMAIL Do Not Contact is on: no automations." in told
    assert "Broadcasts, campaigns, messages that you write sms TEXT +1 415-555-0101" in told


def test_sms_consent_counts_the_numbers(signed_in, contact):
    assert "SMS consent: Opted in" in shown(signed_in(), contact, "reach")

    dnd.change_address(
        business=contact.business, channel="sms", address=LANDLINE, block=True, by=MANAGER, reason="dnc_list"
    )
    dnd.change_one(
        business=contact.business,
        contact=contact.pk,
        wish=dnd.Wish(outbound={"sms": False}, note="asked"),
        by=MANAGER,
    )
    block(contact, "sms")
    assert "SMS consent: Opted out of 2 numbers" in shown(signed_in(), contact, "reach")


def test_a_line_whose_carrier_cannot_reach_it_is_called(signed_in, contact):
    contact.points.filter(value=MOBILE).update(line_type="unknown")
    assert "TEXT +1 415-555-0101 Unknown" in shown(signed_in(), contact, "preferred")
    dnd.change_address(
        business=contact.business,
        channel="sms",
        address=MOBILE,
        block=True,
        by=Actor.provider("Twilio"),
        reason="carrier_unreachable",
    )

    assert "CALL +1 415-555-0101 Unknown" in shown(signed_in(), contact, "preferred")


@pytest.mark.parametrize("role", ["staff", "manager", "enterprise"])
def test_every_role_chooses_the_preferred_contact(signed_in, contact, role):
    assert "Preferred contact saved." in prefer(signed_in(role), contact, LANDLINE).content.decode()

    assert preferred(contact) == [LANDLINE]
    event = Event.objects.get(contact=contact, kind="contact_updated")
    assert event.summary == "Contact updated: preferred number"

    prefer(signed_in(role), contact, "")
    assert preferred(contact) == []


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("ada@example.org", "An email address cannot be preferred"),
        ("+14155550999", "This contact does not have the number +14155550999"),
        ("\0", "Nothing to change."),
    ],
)
def test_what_cannot_be_preferred_is_said_and_changes_nothing(signed_in, contact, number, says):
    assert says in prefer(signed_in(), contact, number).content.decode().replace("&#x27;", "'")
    assert preferred(contact) == []


def test_what_the_record_system_says_is_shown_and_not_edited(signed_in, contact):
    sync(contact, general=Spoken("dnc"), raw_code="NOC", message_id="81")
    client = signed_in("enterprise")

    told = shown(client, contact, "preferred")
    assert "Synced from the record system, which owns it: change it there." in told
    assert "Nothing by automation" in told
    assert "Do not contact (code NOC)" in told
    assert "by the record system: no automations." in shown(client, contact, "reach")
    page = client.get(f"/admin/contacts/contact/{contact.pk}/change/").content.decode()
    assert "switch-automations" not in page

    answer = prefer(client, contact, MOBILE)
    assert "The record system owns the preferred number: change it there." in answer.content.decode()
    assert preferred(contact) == []


def test_a_pause_that_staff_had_set_before_is_shown_as_theirs(signed_in, contact):
    wish = dnd.Wish(do_not_contact=True)
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=ENTERPRISE)
    sync(contact, general=Spoken("sms"))
    client = signed_in("staff")

    assert "since before preferences were synced" in shown(client, contact, "preferred")
    assert "Do Not Contact is on: no automations." in shown(client, contact, "reach")


def test_the_contact_form_does_not_change_what_the_record_system_owns(signed_in, contact):
    sync(contact, general=Spoken(number=MOBILE))
    client = signed_in("enterprise")
    rows = {
        "phones-TOTAL_FORMS": "2", "phones-INITIAL_FORMS": "2", "phones-0-number": MOBILE, "phones-1-number": LANDLINE,
        "phones-0-line_type": "mobile", "phones-1-line_type": "landline",
    }  # fmt: skip

    answer = client.post(f"/admin/contacts/contact/{contact.pk}/edit/", rows | {"preferred": "1"})

    assert answer.status_code == 422
    assert "The record system owns the preferred number" in answer.content.decode()
    assert preferred(contact) == [MOBILE]
    form = client.get(f"/admin/contacts/contact/{contact.pk}/edit/").content.decode()
    assert "owned by the record system" in form
    kept = client.post(
        f"/admin/contacts/contact/{contact.pk}/edit/", rows | {"first_name": "Eve", "preferred": "0"}
    )
    assert kept.status_code == 302


def test_the_business_profile_keeps_how_messages_go(signed_in, clinic):
    data = {"name": "N", "country": "US", "timezone": "UTC", "delivery_policy": "literal",
            "calls_after_sms_opt_out": "blocked", "preferences_source": "synced"}  # fmt: skip
    client = signed_in("enterprise")

    client.post("/admin/profile/", data)
    client.post("/admin/profile/", {"name": "M", "country": "US", "timezone": "UTC"})

    business = Business.objects.get(pk=clinic.business.pk)
    assert (business.delivery_policy, business.calls_after_sms_opt_out) == ("literal", "blocked")
    assert (business.preferences_source, business.name) == ("synced", "M")
