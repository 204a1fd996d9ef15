"""The DND panel: what it says, what it changes, and that it needs neither a mouse nor JavaScript."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from contacts import locks
from contacts.actors import Actor
from contacts.models import Business
from contacts.services import people
from dnd import services as dnd
from dnd.models import Change, Ground
from tests.factories import ENTERPRISE, ContactFactory, block

EVERY = ("call", "sms", "email", "whatsapp", "facebook", "gmb")


@pytest.fixture
def contact(clinic):
    return ContactFactory(business=clinic.business, first_name="Ada", last_name="Byron")


def stop(contact):
    """They text STOP."""
    wish = dnd.Wish(outbound={"sms": True}, reason="stop_keyword")
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=Actor.contact("Ada Byron"))


def bounce(contact):
    wish = dnd.Wish(outbound={"email": True}, reason="email_bounce")
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=Actor.provider("Mailer"))


def blocked(contact, direction="outbound"):
    return sorted(
        Ground.objects.filter(contact=contact, direction=direction).values_list("channel", flat=True)
    )


def switch(page, name):
    return page.get_by_role("switch", name=name, exact=True)


# --- in a browser ---


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_channel_is_blocked_and_allowed_again_by_keyboard_alone(desk, contact, width):
    page = desk("staff", width=width).contact(contact)
    status = page.locator("#desk-said")

    switch(page, "Block SMS").focus()
    page.keyboard.press("Space")

    expect(switch(page, "Block SMS")).to_have_attribute("aria-checked", "true")
    expect(switch(page, "Block SMS")).to_be_focused()
    expect(status).to_have_text(re.compile("SMS blocked."))
    expect(page.locator("#row-outboundsms")).to_contain_text("Blocked")
    expect(page.locator("#row-outboundsms")).to_contain_text("Asked us, set by Staff of Harbour")
    expect(page.locator("#dnd")).to_contain_text("Partial: SMS blocked")
    assert blocked(contact) == ["sms"]

    page.keyboard.press("Enter")

    expect(switch(page, "Block SMS")).to_have_attribute("aria-checked", "false")
    expect(switch(page, "Block SMS")).to_be_focused()
    expect(status).to_have_text(re.compile("SMS allowed."))
    assert blocked(contact) == []


@pytest.mark.browser
def test_every_switch_is_reached_by_tab_in_the_order_of_the_page(desk, contact):
    page = desk("enterprise").contact(contact)
    names = [
        "Block All outbound channels", "Block Call", "Block SMS", "Block Email", "Block WhatsApp", "Block Facebook",
        "Block Google Business", "Block Inbound calls and SMS", "Block Inbound calls", "Block Inbound SMS",
        "Pause automations",
    ]  # fmt: skip
    switch(page, names[0]).focus()

    for name in names:
        expect(switch(page, name)).to_be_focused()
        page.keyboard.press("Tab")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_the_master_switch_blocks_every_outbound_channel_and_allows_them_again(desk, contact, width):
    page = desk("staff", width=width).contact(contact)

    switch(page, "Block All outbound channels").click()

    expect(page.locator("#dnd")).to_contain_text("On: everything blocked")
    assert blocked(contact) == sorted(EVERY)

    switch(page, "Block All outbound channels").click()

    expect(page.locator("#dnd")).to_contain_text("Off: everything allowed")
    assert blocked(contact) == []


@pytest.mark.browser
def test_inbound_calls_and_sms_are_switched_together_or_apart(desk, contact):
    page = desk("staff").contact(contact)

    switch(page, "Block Inbound calls and SMS").click()
    expect(page.locator("#row-inboundcall")).to_contain_text("Blocked")
    expect(page.locator("#row-inboundsms")).to_contain_text("Blocked")
    assert (blocked(contact, "inbound"), blocked(contact)) == (["call", "sms"], [])

    switch(page, "Block Inbound calls").click()
    expect(page.locator("#row-inboundcall")).to_contain_text("Allowed")
    assert blocked(contact, "inbound") == ["sms"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_lift_that_needs_a_note_asks_for_it_in_a_dialog(desk, contact, width):
    bounce(contact)
    page = desk("staff", width=width).contact(contact)
    dialog = page.get_by_role("dialog", name="Allow Email again?")

    switch(page, "Block Email").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Note")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(switch(page, "Block Email")).to_be_focused()
    assert blocked(contact) == ["email"]

    page.keyboard.press("Enter")
    page.keyboard.type("She confirmed the address on the phone.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#row-outboundemail")).to_contain_text("Allowed")
    expect(dialog).to_be_hidden()
    expect(switch(page, "Block Email")).to_be_focused()
    assert blocked(contact) == []
    assert Change.objects.latest("version").text.note == "She confirmed the address on the phone."


@pytest.mark.browser
def test_the_dialog_does_not_take_an_empty_note(desk, contact):
    bounce(contact)
    page = desk("staff").contact(contact)

    switch(page, "Block Email").click()
    page.get_by_role("button", name="Allow again").click()

    expect(page.get_by_role("dialog")).to_be_visible()
    assert blocked(contact) == ["email"]


@pytest.mark.browser
def test_a_switch_that_is_locked_says_why_and_stays_as_it_is(desk, contact):
    stop(contact)
    page = desk("enterprise").contact(contact)
    row = page.locator("#row-outboundsms")

    expect(row).to_contain_text("Texted STOP, set by the contact")
    expect(row).to_contain_text("Only the contact can lift this, by texting START.")
    expect(switch(page, "Block SMS")).to_have_attribute("aria-disabled", "true")
    switch(page, "Block SMS").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#desk-said")).to_contain_text("SMS not changed. Only the contact can lift this")
    expect(row.locator("#error-outboundsms")).to_have_text(
        re.compile("Only the contact can lift this, by texting START.")
    )
    expect(switch(page, "Block SMS")).to_have_attribute("aria-checked", "true")
    assert blocked(contact) == ["sms"]


@pytest.mark.browser
def test_every_reason_of_a_blocked_channel_is_told(desk, contact):
    stop(contact)
    block(contact, "sms")

    row = desk("staff").contact(contact).locator("#row-outboundsms")

    expect(row).to_contain_text("Texted STOP, set by the contact")
    expect(row).to_contain_text("Also: Asked us, set by Sam Staff")


@pytest.mark.browser
def test_what_cannot_be_saved_is_said_and_changes_nothing(desk, contact):
    page = desk("staff").contact(contact)
    page.route("**/dnd/", lambda route: route.abort())

    switch(page, "Block SMS").click()

    expect(page.locator("#desk-said")).to_contain_text("Heed cannot be reached. Nothing was changed.")
    expect(switch(page, "Block SMS")).to_have_attribute("aria-checked", "false")
    assert blocked(contact) == []


@pytest.mark.browser
def test_without_javascript_the_panel_works_by_whole_pages(desk, contact, browser):
    bounce(contact)
    context = browser.new_context(java_script_enabled=False)
    page = desk("staff", page=context.new_page()).contact(contact)

    switch(page, "Block SMS").click()
    expect(page.locator(".desk-messages")).to_contain_text("SMS blocked.")
    expect(page.locator("#row-outboundsms")).to_contain_text("Blocked")

    switch(page, "Block Email").click()
    expect(page).to_have_url(re.compile(r"/dnd/note/\?change=outbound\.email\.allow$"))
    page.get_by_label("Note").fill("Checked at the desk")
    page.get_by_role("button", name="Allow again").click()
    expect(page.locator(".desk-messages")).to_contain_text("Email allowed.")
    assert blocked(contact) == ["sms"]
    context.close()


# --- by requests alone ---


def change(client, contact, what, **more):
    return client.post(f"/admin/contacts/contact/{contact.pk}/dnd/", {"change": what, **more})


def shown(client, contact):
    text = client.get(f"/admin/contacts/contact/{contact.pk}/dnd/panel/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.django_db
def test_an_email_complaint_is_never_lifted_by_staff(signed_in, contact):
    wish = dnd.Wish(outbound={"email": True}, reason="email_complaint")
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=Actor.provider("Mailer"))
    client = signed_in("enterprise")

    answer = change(client, contact, "outbound.email.allow", note="please")

    assert blocked(contact) == ["email"]
    assert "they marked an email as spam" in client.get(answer.url).content.decode()


@pytest.mark.django_db
def test_the_master_switch_changes_all_or_nothing(signed_in, contact):
    block(contact, *EVERY)
    stop(contact)
    client = signed_in("enterprise")

    change(client, contact, "outbound.all.allow")

    assert set(blocked(contact)) == set(EVERY)
    assert "You cannot allow everything at once: SMS cannot be lifted here." in shown(client, contact)


@pytest.mark.django_db
def test_only_a_manager_lifts_what_the_do_not_contact_list_set(signed_in, contact):
    block(contact, "call", reason="dnc_list")

    assert "Lifting this needs the role manager." in shown(signed_in("staff"), contact)
    assert "You can lift this with a note that says how you know." in shown(signed_in("manager"), contact)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "moves"), [("staff", False), ("manager", False), ("enterprise", True)])
def test_only_enterprise_users_pause_automations(signed_in, contact, role, moves):
    client = signed_in(role)

    change(client, contact, "automations.do_not_contact.block")

    standing = getattr(contact, "standing", None)
    assert bool(standing and standing.do_not_contact) is moves
    assert ("Only an enterprise user can change this." in shown(client, contact)) is not moves


@pytest.mark.django_db
def test_the_pause_is_shown_only_where_the_business_allows_it(signed_in, clinic, contact):
    client = signed_in("enterprise")
    assert "Pause automations (Do Not Contact)" in shown(client, contact)

    Business.objects.filter(pk=clinic.business.pk).update(allow_do_not_contact=False)

    assert "Pause automations" not in shown(client, contact)


@pytest.mark.django_db
def test_a_record_system_owns_the_pause_while_preferences_are_synced(signed_in, clinic, contact):
    Business.objects.filter(pk=clinic.business.pk).update(preferences_source="synced")
    client = signed_in("enterprise")

    answer = client.post(
        f"/admin/contacts/contact/{contact.pk}/dnd/",
        {"change": "automations.do_not_contact.block"},
        headers={"HX-Request": "true"},
    )

    assert not hasattr(contact, "standing")
    assert "Automations not changed. The record system owns this" in answer.content.decode()
    assert "Pause automations" not in shown(client, contact)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "what",
    ["", "outbound", "outbound.sms", "outbound.sms.toggle", "outbound.fax.block", "inbound.email.block",
     "sideways.sms.block", "automations.all.block", "outbound.sms.block.x", "outbound.\0.block"],
)  # fmt: skip
def test_a_change_that_the_panel_never_asks_for_is_refused(signed_in, contact, what):
    answer = change(signed_in("enterprise"), contact, what)

    assert answer.status_code == 400
    assert not Change.objects.exists()


@pytest.mark.django_db
def test_a_note_of_the_wrong_size_changes_nothing(signed_in, contact):
    bounce(contact)
    client = signed_in("staff")

    blank = change(client, contact, "outbound.email.allow", note=" \0 ")
    too_long = change(client, contact, "outbound.email.allow", note="x" * 2001)

    assert blank.url == f"/admin/contacts/contact/{contact.pk}/dnd/note/?change=outbound.email.allow"
    assert too_long.status_code == 400
    assert blocked(contact) == ["email"]


@pytest.mark.django_db
def test_saying_the_same_twice_writes_nothing(signed_in, contact):
    client = signed_in("staff")
    change(client, contact, "outbound.sms.block")

    answer = change(client, contact, "outbound.sms.block")

    assert Change.objects.count() == 1
    assert "Nothing to change: SMS already blocked." in client.get(answer.url).content.decode()


@pytest.mark.django_db
def test_a_ground_with_an_end_says_until_when(signed_in, contact):
    wish = dnd.Wish(outbound={"sms": True}, ends_at=locks.now() + timedelta(days=3, minutes=5))
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=ENTERPRISE)

    assert re.search(r", until .* \(in 3 days\)", shown(signed_in("staff"), contact))


@pytest.mark.browser
def test_a_contact_that_was_deleted_meanwhile_is_said_to_be(desk, contact):
    page = desk("staff").contact(contact)
    people.delete(contact=contact, by=ENTERPRISE)

    switch(page, "Block SMS").click()

    expect(page.locator("#desk-said")).to_have_text(
        "This contact was deleted meanwhile. Nothing was changed."
    )
    expect(switch(page, "Block SMS")).to_have_attribute("aria-checked", "false")


@pytest.mark.browser
def test_after_undo_the_focus_is_on_what_was_undone(desk, contact):
    page = desk("staff").contact(contact)
    switch(page, "Block SMS").press("Space")

    page.locator("#dnd-undo").press("Enter")

    expect(page.locator("#desk-said")).to_contain_text("Undone")
    expect(switch(page, "Block SMS")).to_be_focused()


@pytest.mark.browser
def test_undo_works_from_the_moment_it_is_shown(desk, contact):
    page = desk("staff").contact(contact)
    page.evaluate(
        """new MutationObserver((_, seen) => {
            const undo = document.getElementById("dnd-undo");
            if (undo) { seen.disconnect(); undo.click(); }
        }).observe(document.body, {childList: true, subtree: true})"""
    )

    switch(page, "Block SMS").click()

    # Its place on the page is kept: it is no whole new page.
    expect(page.locator("#desk-said")).to_contain_text("Undone")
    expect(switch(page, "Block SMS")).to_be_focused()
