"""The Do Not Contact list in the desk: who is on it, off it with a note, and checking addresses."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from dnd import services as dnd
from dnd.models import DncEntry
from tests.factories import MANAGER, ContactFactory

NUMBER = "+14155550100"
CHECK = "/admin/dnc/check/"


@pytest.fixture
def entry(clinic):
    contact = ContactFactory(business=clinic.business, first_name="Ada", last_name="Byron", phone=NUMBER)
    (listed,) = dnd.add_to_dnc(
        business=clinic.business, contacts=[contact.pk], channels=["sms", "call"], by=MANAGER, action="Never again",
        note="Shouted",
    )  # fmt: skip
    dnd.note_hits([(clinic.business.pk, contact.pk, "sms", NUMBER)] * 3, DncEntry.objects.get().at)
    dnd.count_hits()
    return listed.entry


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_manager_takes_somebody_off_the_list_with_a_note(desk, entry, width):
    page = desk("manager", width=width).open("/admin/dnd/dncentry/")
    row = page.get_by_role("row").filter(has_text="Ada Byron")
    for words in (NUMBER, "Call and SMS", "Never again", "Mia Manager", "Shouted", "3"):
        expect(row).to_contain_text(words)
    row.get_by_role("link", name="Ada Byron").click()

    page.get_by_role("button", name="Take off the list").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    page.get_by_label("Note").fill("Signed a new consent")
    page.get_by_role("button", name="Take off the list").click()

    expect(page.get_by_text("Lifted", exact=True).first).to_be_visible()
    assert DncEntry.objects.get().lift_note == "Signed a new consent"


def test_staff_see_the_list_and_cannot_lift(signed_in, entry):
    client = signed_in("staff")

    assert "Take off" not in client.get(f"/admin/dnc/{entry}/").content.decode()
    assert client.post(f"/admin/dnc/{entry}/", {"note": "asked"}).status_code == 403
    assert DncEntry.objects.get().lifted_at is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=%2B14155550100", 1),
        ("q=byron", 1),
        ("q=nobody", 0),
        ("state=lifted", 0),
        ("channel=sms", 1),
        ("channel=gmb", 0),
    ],
)  # fmt: skip
def test_the_list_is_searched(signed_in, entry, query, found):
    page = signed_in("staff").get(f"/admin/dnd/dncentry/?{query}").content.decode()

    assert page.count("Never again") == found


def test_addresses_are_checked_from_a_text_and_a_file(signed_in, entry):
    client = signed_in("staff")
    file = SimpleUploadedFile("list.csv", b"address,name\n(415) 555-0100,Ada\nnonsense,x\n")

    page = client.post(CHECK, {"addresses": "+14155550101\n415-555-0100", "file": file}).content.decode()
    as_csv = client.post(CHECK, {"addresses": "+14155550101\n415-555-0100", "csv": "1"}).content.decode()

    assert "2 of 5 must not be used" in page
    assert "2 are neither a number nor an email" in page
    assert as_csv.splitlines()[1:] == [
        "'+14155550101,yes,,",
        "415-555-0100,no,Call and SMS,on the Do Not Contact list",
    ]


@pytest.mark.parametrize("data", [{}, {"addresses": "  "}])
def test_nothing_to_check_is_said(signed_in, clinic, data):
    answer = signed_in("staff").post(CHECK, data)

    assert answer.status_code == 422
    assert "at least one address" in answer.content.decode()


def test_a_file_that_is_no_text_is_said(signed_in, clinic):
    file = SimpleUploadedFile("list.csv", b"\xff\xfe\x00")

    assert "not a text file" in signed_in("staff").post(CHECK, {"file": file}).content.decode()
