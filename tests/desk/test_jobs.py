"""The page of long work: how far it is, what it left, and cancelling it."""

import pytest
from playwright.sync_api import expect

from contacts.services import jobs
from tests.factories import MANAGER, ContactFactory
from tests.processes import crowd, writing


def start(clinic):
    return jobs.create(
        business=clinic.business, kind=writing.KIND, title="A note on everybody", params={}, by=MANAGER
    )


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_progress_is_seen_as_it_comes(desk, clinic, width):
    crowd.contacts(clinic.business, 20)
    ContactFactory(business=clinic.business, first_name="Fault")
    job = start(clinic)
    page = desk("manager", width=width).open("/admin/contacts/job/")
    expect(page.get_by_role("row", name="A note on everybody")).to_contain_text("Waiting")

    jobs.run_due(0)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "47")
    page.get_by_role("link", name="A note on everybody").click()
    expect(page.locator("#job")).to_contain_text("10 of 21")
    expect(page.locator("#job")).to_contain_text("Mia Manager")
    jobs.run_due()

    expect(page.get_by_text("Done", exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name="notes.csv")).to_be_visible()
    expect(page.locator("#job")).to_contain_text("This one is named Fault.")
    expect(page.get_by_role("button", name="Cancel this job")).to_have_count(0)
    job.refresh_from_db()
    assert job.state == "done"


@pytest.mark.browser
def test_a_job_is_cancelled_by_keyboard_while_its_page_moves(desk, clinic):
    crowd.contacts(clinic.business, 20)
    job = start(clinic)
    page = desk("manager").open(f"/admin/jobs/{job.pk}/")
    page.get_by_role("button", name="Cancel this job").focus()
    jobs.run_due(0)
    expect(page.locator("#job")).to_contain_text("10 of 20")

    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_contain_text("Cancelled")
    job.refresh_from_db()
    assert (job.state, job.done) == ("cancelled", 10)


def test_files_are_for_those_who_may_do_such_a_job(signed_in, clinic):
    ContactFactory(business=clinic.business)
    job = start(clinic)
    jobs.run_due()
    address = f"/admin/jobs/{job.pk}/files/notes.csv/"

    answer = signed_in("manager").get(address)

    assert answer.headers["Content-Disposition"] == 'attachment; filename="notes.csv"'
    assert b"".join(answer) == b"".join(jobs.read(job, "notes.csv"))
    assert signed_in("staff").get(address).status_code == 404
    assert "notes.csv" not in signed_in("staff").get(f"/admin/jobs/{job.pk}/").content.decode()


def test_staff_see_jobs_and_cannot_cancel_them(signed_in, clinic):
    job = start(clinic)
    client = signed_in("staff")

    assert "Cancel" not in client.get(f"/admin/jobs/{job.pk}/").content.decode()
    assert client.post(f"/admin/jobs/{job.pk}/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.state == "queued"


def test_cancelling_what_has_ended_says_so(signed_in, clinic):
    job = start(clinic)
    jobs.run_due()

    answer = signed_in("manager").post(f"/admin/jobs/{job.pk}/cancel/", follow=True)

    assert "nothing to cancel any more" in answer.content.decode()


def test_without_jobs_the_list_says_what_would_be_there(signed_in, clinic):
    assert "No jobs yet" in signed_in("staff").get("/admin/contacts/job/").content.decode()


def test_what_was_refused_is_fetched_as_csv(signed_in, clinic):
    ContactFactory(business=clinic.business, first_name="Fault")
    job = start(clinic)
    jobs.run_due()

    answer = signed_in("staff").get(f"/admin/jobs/{job.pk}/refused/")

    assert b"'=This one is named Fault." in b"".join(answer)
