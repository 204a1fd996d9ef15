"""Changing DND for many contacts from the list: ticked or all that it shows, in words first, then as a job."""

import pytest
from playwright.sync_api import expect

from contacts.actors import Actor
from contacts.models import Job
from contacts.services import jobs
from dnd.models import Ground
from tests.factories import ContactFactory, block

ADDRESS = "/admin/bulk/dnd/"


@pytest.fixture
def three(clinic):
    return [
        ContactFactory(business=clinic.business, first_name=name, last_name="")
        for name in ("Ada", "Grace", "Mary")
    ]


def blocked():
    return sorted(Ground.objects.values_list("contact__first_name", "channel"))


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_those_who_are_ticked_are_changed_after_it_was_said_in_words(desk, three, width):
    page = desk("manager", width=width).open("/admin/contacts/contact/")
    page.get_by_label("Choose Ada").check()
    page.get_by_label("Choose Mary").check()
    page.get_by_role("button", name="Change DND for those ticked").click()
    expect(page.get_by_role("heading", name="Chosen: 2 contacts")).to_be_visible()

    page.get_by_label("Email", exact=True).check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Block Email for 2 contacts?")).to_be_visible()
    assert not Job.objects.exists()
    page.get_by_role("button", name="Yes, for 2 contacts").click()
    expect(page.get_by_role("heading", name="Block Email for 2 contacts")).to_be_visible()
    jobs.run_due(60)

    expect(page.locator("#job")).to_contain_text("2 of 2")
    assert blocked() == [("Ada", "email"), ("Mary", "email")]


@pytest.mark.browser
def test_all_that_a_filter_shows_are_changed_without_javascript(desk, three, browser):
    context = browser.new_context(java_script_enabled=False)
    page = desk("manager", page=context.new_page()).open("/admin/contacts/contact/?q=a")
    page.get_by_role("button", name="Change DND for all found").click()
    expect(page.get_by_role("heading", name="Everybody whom the list shows: 3 contacts")).to_be_visible()

    page.get_by_label("SMS", exact=True).first.check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Change something").click()
    expect(page.get_by_label("SMS", exact=True).first).to_be_checked()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Yes").click()
    jobs.run_due(60)

    assert [name for name, _ in blocked()] == ["Ada", "Grace", "Mary"]
    context.close()


def test_allowing_again_needs_a_note_and_says_what_stays(signed_in, three):
    block(three[0], "sms")
    block(three[1], "sms", reason="stop_keyword", by=Actor.contact())
    client, data = signed_in("manager"), {"do": "allow", "outbound": ["sms"]}

    without = client.post(f"{ADDRESS}?all=1", data)
    words = client.post(f"{ADDRESS}?all=1", data | {"note": "Signed"}).content.decode()
    client.post(f"{ADDRESS}?all=1", data | {"note": "Signed", "start": "1"})
    jobs.run_due(60)

    assert (without.status_code, "needs a note" in without.content.decode()) == (422, True)
    assert "Allow SMS for 3 contacts?" in words
    assert "opted out by themselves" in words
    assert blocked() == [("Grace", "sms")]
    assert Job.objects.get().refused == 1


@pytest.mark.parametrize(
    "query",
    [
        "",
        "contact=x",
        "contact=999999",
        "all=1&dnd_state=nonsense",
        "all=1&status=x",
        "all=1&do_not_contact=2",
    ],
)
def test_nobody_chosen_or_a_filter_that_cannot_be_read_changes_nobody(signed_in, three, query):
    answer = signed_in("manager").post(
        f"{ADDRESS}?{query}", {"do": "block", "outbound": ["sms"], "start": "1"}
    )

    assert "Nobody is chosen" in answer.content.decode()
    assert not Job.objects.exists()


def test_contacts_of_another_business_cannot_be_chosen(signed_in, three, elsewhere):
    theirs = ContactFactory(business=elsewhere.business)

    answer = signed_in("manager").get(f"{ADDRESS}?contact={theirs.pk}&contact={three[0].pk}")

    assert "Chosen: 1 contact<" in answer.content.decode()


def test_staff_are_not_offered_it_and_cannot_do_it(signed_in, three):
    client = signed_in("staff")

    assert "Change DND" not in client.get("/admin/contacts/contact/").content.decode()
    assert client.get(f"{ADDRESS}?all=1").status_code == 403
    assert (
        client.post(f"{ADDRESS}?all=1", {"do": "block", "outbound": ["sms"], "start": "1"}).status_code == 403
    )
    assert not Job.objects.exists()
