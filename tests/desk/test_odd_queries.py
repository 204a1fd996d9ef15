"""Days at the ends of the calendar and texts that no database takes, wherever an address or a form has one."""

import pytest

from contacts import moments
from contacts.models import Task
from messaging.models import Broadcast
from tests.factories import ContactFactory

TOO_FAR = "Give a day before the year 3000."
DAYS = (
    "/admin/reports/?first=2026-11-20&last",
    "/admin/reports/?last=2026-11-20&first",
    "/admin/reports/?first=9999-12-30&last",
    "/admin/reports/csv/?first=9999-12-30&last",
    "/admin/reports/do-not-contact/?first=9999-12-30&last",
    "/admin/reports/do-not-contact/csv/?first=9999-12-30&last",
    "/admin/ledger/?last",
    "/admin/ledger/?first",
)
TEXTS = (
    "/admin/contacts/contact/?q", "/admin/contacts/contact/?tag", "/admin/dnd/suppression/?q",
    "/admin/dnd/dncentry/?q", "/admin/messaging/message/?q", "/admin/ledger/?contact", "/admin/ledger/?actor",
    "/admin/ledger/?before", "/admin/exports/?q", "/admin/exports/?tag", "/admin/bulk/dnd/?all=1&q",
    "/admin/pipelines/run/?action=1&search", "/admin/pipelines/run/?q", "/admin/broadcasts/count/?search",
    "/admin/broadcasts/count/?tag", "/admin/duplicates/?after", "{one}merge/?q", "{one}as-of/?at",
    "{one}timeline/?before",
)  # fmt: skip


@pytest.fixture
def contact(clinic):
    clinic.business.timezone = "Asia/Tokyo"
    clinic.business.save()
    return ContactFactory(business=clinic.business)


@pytest.mark.parametrize("address", DAYS)
def test_a_day_at_the_end_of_the_calendar_is_said_at_the_form(signed_in, contact, address):
    answer = signed_in("enterprise").get(f"{address}=9999-12-31")

    assert answer.status_code == 422
    assert TOO_FAR in answer.text


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "2999-12-31"])
@pytest.mark.parametrize("address", ["/admin/reports/", "/admin/reports/csv/", "/admin/reports/do-not-contact/",
                                     "/admin/reports/do-not-contact/csv/", "/admin/ledger/"])  # fmt: skip
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_day_at_its_beginning_has_nothing(clinic, signed_in, contact, zone, address, day):
    clinic.business.timezone = zone
    clinic.business.save()

    assert signed_in("enterprise").get(f"{address}?first={day}&last={day}").status_code == 200


@pytest.mark.parametrize("text", ["%00", "a%00b", "9999-12-31T23:59", "0001-01-01T00:00"])
@pytest.mark.parametrize("address", TEXTS)
def test_no_text_in_an_address_is_a_fault_of_ours(signed_in, contact, address, text):
    one = f"/admin/contacts/contact/{contact.pk}/"

    answer = signed_in("enterprise").get(f"{address.format(one=one)}={text}")

    assert answer.status_code in (200, 302, 404, 422)


@pytest.mark.parametrize(
    "address", ["contacts/contact/?first_name", "dnd/suppression/?address", "messaging/message/?body"]
)
def test_a_zero_byte_in_any_lookup_of_a_list_shows_the_whole_list(signed_in, contact, address):
    answer = signed_in("enterprise").get(f"/admin/{address}=%00", follow=True)

    assert answer.status_code == 200


def test_a_card_that_a_page_does_not_have_is_not_found(signed_in, contact):
    assert signed_in("staff").get(f"/admin/contacts/contact/{contact.pk}/part/timeline/").status_code == 404


@pytest.mark.parametrize("at", ["9999-12-31T23:59", "0001-01-01T00:00"])
def test_a_time_that_could_not_be_read_again_is_not_kept(clinic, signed_in, contact, at):
    client, one = signed_in("manager"), f"/admin/contacts/contact/{contact.pk}/"
    broadcast = Broadcast.objects.create(business=clinic.business, name="Spring", text="Hello")

    task = client.post(f"{one}tasks/", {"title": "Call", "due_at": at}, headers={"HX-Request": "true"})
    sent = client.post(f"/admin/broadcasts/{broadcast.pk}/preview/", {"when": "later", "at": at})

    assert moments.TOO_FAR in task.text
    assert moments.TOO_FAR in sent.text
    assert not Task.objects.exists()
    assert Broadcast.objects.get().state == "draft"
