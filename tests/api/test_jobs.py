"""Long work as programs see it."""

import csv
import io

from contacts.services import jobs
from tests.factories import MANAGER, ContactFactory
from tests.processes import writing


def start(business, **params):
    return jobs.create(business=business, kind=writing.KIND, title="Notes", params=params, by=MANAGER)


def test_a_job_says_how_far_it_is(api, business):
    for name in ("Ada", "Grace", "Fault"):
        ContactFactory(business=business, first_name=name)
    job = start(business)
    address = f"jobs/{job.pk}/"

    assert api.get(address).body == {
        "state": "queued", "total": 0, "done": 0, "changed": 0, "unchanged": 0, "refused": 0, "error": "",
    }  # fmt: skip
    jobs.run_due()

    assert api.get(address).body == {
        "state": "done", "total": 3, "done": 3, "changed": 2, "unchanged": 0, "refused": 1, "error": "",
    }  # fmt: skip


def test_a_job_that_failed_says_why(api, business):
    ContactFactory(business=business, first_name="Fault")
    job = start(business, strict=True)

    jobs.run_due()

    body = api.get(f"jobs/{job.pk}/").body
    assert (body["state"], body["error"]) == ("failed", "There is a contact named Fault.")


def test_what_it_refused_is_a_file_that_a_spreadsheet_can_open_without_harm(api, business):
    contact = ContactFactory(business=business, first_name="Fault", last_name="=1+1")
    job = start(business)
    jobs.run_due()

    answer = api.get(f"jobs/{job.pk}/refused.csv")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert list(csv.reader(io.StringIO(answer.body))) == [
        ["contact", "name", "row", "code", "detail"],
        [str(contact.pk), "Fault =1+1", "", "fault", "'=This one is named Fault."],
    ]


def test_a_job_without_refusals_has_an_empty_file(api, business):
    job = start(business)

    assert api.get(f"jobs/{job.pk}/refused.csv").body == "contact,name,row,code,detail\r\n"
    assert api.get("jobs/999/refused.csv").status == 404
