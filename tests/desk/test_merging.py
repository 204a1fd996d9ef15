"""Duplicates and merging on the desk, and taking back a slip of the hand."""

import re

import pytest
from playwright.sync_api import expect

from contacts.models import Contact
from dnd.models import Change, Ground
from tests.desk.test_pages import faults, too_wide
from tests.factories import ContactFactory, block

ONE = "/admin/contacts/contact/"


@pytest.fixture
def pair(clinic):
    """Two with the same number and another email; the second has asked for no texts."""
    mine = ContactFactory(business=clinic.business, phone="+14155550101", email="ada@example.org")
    theirs = ContactFactory(
        business=clinic.business, first_name="Augusta", phone="+14155550101", email="augusta@example.org"
    )
    block(theirs, "sms")
    return mine, theirs


def test_who_shares_a_number_or_an_email_is_listed_with_links(signed_in, pair, clinic, elsewhere):
    ContactFactory(business=clinic.business, first_name="Nobody")
    ContactFactory(business=elsewhere.business, first_name="Stranger", phone="+14155550101")
    page = signed_in().get("/admin/duplicates/").content.decode()
    mine, theirs = pair
    assert f"/admin/contacts/contact/{mine.pk}/merge/?other={theirs.pk}" in page
    assert "+1 415-555-0101" in page
    assert "Nobody" not in page
    assert "Stranger" not in page


def test_the_duplicates_are_read_in_parts(signed_in, clinic):
    for n in range(27):
        for _ in range(2):
            ContactFactory(business=clinic.business, phone=f"+1415555{n:04d}", email=False)
    first = signed_in().get("/admin/duplicates/")
    second = signed_in().get("/admin/duplicates/", {"after": "phone|+14155550024"})
    assert b"?after=phone%7C%2B14155550024" in first.content
    assert [len(answer.context["found"]) for answer in (first, second)] == [25, 2]
    assert signed_in().get("/admin/duplicates/", {"after": "x\0|"}).status_code == 200


def test_a_shared_number_says_so_on_the_contact_s_page(signed_in, pair):
    mine, theirs = pair
    page = signed_in().get(f"{ONE}{mine.pk}/change/").content.decode()
    assert "is also of" in page
    assert f'<a href="{ONE}{theirs.pk}/change/">Augusta Byron</a>' in page


def test_the_other_is_found_by_what_they_share_and_by_a_search(signed_in, pair):
    mine, theirs = pair
    client = signed_in()
    assert f"?other={theirs.pk}" in client.get(f"{ONE}{mine.pk}/merge/").content.decode()
    assert f"?other={theirs.pk}" in client.get(f"{ONE}{mine.pk}/merge/?q=augusta").content.decode()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_two_are_compared_and_become_one(desk, pair, width):
    mine, theirs = pair
    page = desk("staff", width=width).open(f"{ONE}{mine.pk}/merge/?other={theirs.pk}")
    expect(page.locator(".merge-dnd tr", has_text="SMS").first).to_contain_text("Blocked: asked us")
    assert faults(page) == []
    assert not too_wide(page)

    page.get_by_label("augusta@example.org").check()
    page.get_by_role("button", name="Merge into Ada Byron").click()

    expect(page.locator(".desk-messages")).to_contain_text("Augusta Byron is part of this contact now.")
    expect(page.locator("#row-outboundsms")).to_contain_text("Blocked")
    expect(page.locator("#timeline")).to_contain_text("Merged with Augusta Byron")
    expect(page.locator("#timeline")).to_contain_text("Not kept: first name Augusta; email ada@example.org")
    assert Contact.objects.get(pk=theirs.pk).merged_into_id == mine.pk
    page.goto(page.url.replace(f"/{mine.pk}/", f"/{theirs.pk}/"))
    expect(page).to_have_url(re.compile(f"/{mine.pk}/change/$"))


@pytest.mark.parametrize(
    ("other", "status", "sentence"), [("{mine}", 422, "with itself"), ("999999", 404, "")]
)
def test_what_cannot_be_merged_says_why(signed_in, pair, other, status, sentence):
    mine, _ = pair
    for method in ("get", "post"):
        answer = getattr(signed_in(), method)(f"{ONE}{mine.pk}/merge/", {"other": other.format(mine=mine.pk)})
        assert answer.status_code == status
        assert sentence in answer.content.decode()


# --- undoing ---


def blocked(contact):
    return sorted(Ground.objects.filter(contact=contact).values_list("channel", flat=True))


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_change_is_undone_by_keyboard_from_the_toast(desk, clinic, width):
    contact = ContactFactory(business=clinic.business)
    page = desk("staff", width=width).contact(contact)
    page.keyboard.press("d")
    expect(page.get_by_role("switch", name="Block All outbound channels", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#desk-said")).to_contain_text("SMS blocked.")
    assert faults(page) == []

    page.keyboard.press("u")
    page.keyboard.press("Enter")

    expect(page.locator("#desk-said")).to_have_text("check_circleUndone: everything is as it was.")
    expect(page.locator("#row-outboundsms")).to_contain_text("Allowed")
    assert blocked(contact) == []
    assert Change.objects.filter(contact=contact).count() == 2


@pytest.mark.browser
def test_without_javascript_the_page_has_a_button_for_it(desk, clinic, browser):
    contact = ContactFactory(business=clinic.business)
    context = browser.new_context(java_script_enabled=False)
    page = desk("staff", page=context.new_page()).contact(contact)
    page.get_by_role("switch", name="Block SMS", exact=True).click()
    expect(page.locator(".desk-messages")).to_contain_text("SMS blocked.")

    page.get_by_role("button", name="Undo the last change").click()

    expect(page.locator(".desk-messages")).to_contain_text("Undone: everything is as it was.")
    assert blocked(contact) == []
    context.close()


def test_what_has_changed_since_is_not_undone(signed_in, clinic):
    contact = ContactFactory(business=clinic.business)
    client = signed_in()
    client.post(f"{ONE}{contact.pk}/dnd/", {"change": "outbound.sms.block"})
    block(contact, "email")
    answer = client.post(f"{ONE}{contact.pk}/dnd/undo/", {"undo": "1"}, headers={"HX-Request": "true"})
    assert b"Nothing was undone. Something else has changed since" in answer.content
    assert blocked(contact) == ["email", "sms"]
    assert client.post(f"{ONE}{contact.pk}/dnd/undo/", {"undo": "x"}).status_code == 400


# --- erasing ---


def test_erasing_asks_for_the_name_and_is_for_enterprise_users(signed_in, clinic):
    contact = ContactFactory(business=clinic.business)
    address = f"{ONE}{contact.pk}/erase/"
    assert signed_in("manager").post(address, {"confirm": "Ada Byron"}).status_code == 403
    client = signed_in("enterprise")
    assert b"Or erase the person" in client.get(f"{ONE}{contact.pk}/remove/").content
    assert b"Or erase the person" not in signed_in("staff").get(f"{ONE}{contact.pk}/remove/").content
    opened = client.get(address)
    assert (opened.status_code, opened.headers["Location"]) == (302, f"{ONE}{contact.pk}/remove/")
    wrong = client.post(address, {"confirm": "yes"})
    assert (wrong.status_code, b"Type the name as it is shown" in wrong.content) == (422, True)
    assert client.post(address, {"confirm": "ada byron"}).status_code == 302
    contact.refresh_from_db()
    assert (contact.first_name, bool(contact.deleted_at)) == ("", True)
