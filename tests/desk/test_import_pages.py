"""Bringing in a file of contacts on the desk: who may, what the check shows, and that nothing happens before the go."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from config.desk.importing import showing
from contacts.models import Contact, Import, Job
from contacts.services import jobs
from tests.factories import ContactFactory, block

TEXT = (
    "Name,E-mail,Mobile,dnd_sms,Pager opt out\n"
    "Ada Byron,ada@example.org,(415) 555-0100,no,\n"
    "Zoë Müller,zoe@example.org,(415) 555-0101,yes,\n"
    "Bad Row,nonsense,12,,\n"
)


def upload(client: Client, text: str = TEXT):
    file = SimpleUploadedFile("people.csv", text.encode(), content_type="text/csv")
    return client.post("/admin/imports/", {"file": file})


def columns_of(source: Import, **more: str) -> dict[str, str]:
    chosen = {f"column-{place}": target for place, target in enumerate(source.targets)}
    return {**chosen, "match": "email", "tags": "Spring", "starts": "on", **more}


@pytest.fixture
def ada(clinic):
    """Stopped texts."""
    ada = ContactFactory(business=clinic.business, email="ada@example.org", phone=False)
    block(ada, "sms")
    return ada


def test_from_the_file_to_the_contacts(clinic, signed_in, ada):
    client = signed_in("manager")
    response = upload(client)
    source = Import.objects.get()
    assert response.headers["Location"] == f"/admin/imports/{source.pk}/columns/"
    page = client.get(response.headers["Location"])
    assert "Pager opt out: this looks like Do Not Disturb and is left out" in page.text

    client.post(f"/admin/imports/{source.pk}/columns/", columns_of(source))
    assert "The file is being checked" in client.get(f"/admin/imports/{source.pk}/").text
    jobs.run_due(60)

    page = client.get(f"/admin/imports/{source.pk}/").text
    assert "Import 2 contacts" in page
    assert "SMS stays blocked: an import never lifts DND." in page
    assert "This is not an email address" in page
    assert Contact.objects.count() == 1

    client.post(f"/admin/imports/{source.pk}/go/")
    jobs.run_due(60)
    page = client.get(f"/admin/imports/{source.pk}/").text
    assert "Everybody of this file has the tag" in page
    rows = client.get(f"/admin/imports/{source.pk}/rows/")
    assert b"".join(rows.streaming_content).decode().splitlines()[0].startswith("row,what,problem,Name")
    assert sorted(Contact.objects.values_list("first_name", flat=True)) == ["Ada", "Zoë"]
    assert ada.standing.outbound == 2


def test_a_column_mapped_twice_is_said_at_the_column(clinic, signed_in):
    client = signed_in("manager")
    upload(client)
    source = Import.objects.get()

    page = client.post(f"/admin/imports/{source.pk}/columns/", columns_of(source, **{"column-2": "email"}))

    assert page.status_code == 422
    assert "Email is taken from “E-mail” already" in page.text
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The submitted file is empty"),
        ("email,phone\n", "a header and no rows"),
        ("PK\x03\x04", "no CSV file"),
    ],
)
def test_what_is_no_file_is_said_at_the_field(clinic, signed_in, content, sentence):
    page = upload(signed_in("manager"), content)

    assert page.status_code == 422
    assert sentence in page.text


def test_a_check_that_was_stopped_goes_on(clinic, signed_in):
    client = signed_in("manager")
    upload(client)
    source = Import.objects.get()
    client.post(f"/admin/imports/{source.pk}/columns/", columns_of(source))
    client.post(f"/admin/imports/{source.pk}/stop/")
    assert "The check was stopped" in client.get(f"/admin/imports/{source.pk}/").text

    client.post(f"/admin/imports/{source.pk}/go/")
    jobs.run_due(60)

    assert "This is what the import would do" in client.get(f"/admin/imports/{source.pk}/").text
    client.post(f"/admin/imports/{source.pk}/discard/")
    assert "The file was discarded" in client.get(f"/admin/imports/{source.pk}/").text


class Ending:
    """Does the jobs that are due, right after so many looks at the import and its jobs."""

    def __init__(self, looks):
        self.looks = looks

    def __call__(self, execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if "contacts_import" in sql or "contacts_job" in sql:
            self.looks -= 1
            if self.looks == 0:
                jobs.run_due(60)
        return found


@pytest.mark.parametrize("looks", range(1, 6))
def test_an_import_that_ends_while_its_page_is_made_is_not_shown_as_stopped(clinic, signed_in, looks):
    client = signed_in("manager")
    upload(client)
    source = Import.objects.get()
    client.post(f"/admin/imports/{source.pk}/columns/", columns_of(source))
    jobs.run_due(60)
    client.post(f"/admin/imports/{source.pk}/go/")

    with connection.execute_wrapper(Ending(looks)):
        page = client.get(f"/admin/imports/{source.pk}/").text

    assert "was stopped" not in page
    assert "every 1s" in page or ">Imported</h2>" in page
    assert ">Imported</h2>" in client.get(f"/admin/imports/{source.pk}/").text


def test_an_import_that_goes_on_while_its_page_is_made_is_shown_at_work(clinic, signed_in):
    client = signed_in("manager")
    upload(client)
    source = Import.objects.get()
    client.post(f"/admin/imports/{source.pk}/columns/", columns_of(source))
    jobs.run_due(60)
    client.post(f"/admin/imports/{source.pk}/go/")
    client.post(f"/admin/imports/{source.pk}/stop/")
    stopped = Import.objects.get()
    client.post(f"/admin/imports/{source.pk}/go/")

    assert showing.standing(stopped)["working"]


def test_staff_sees_no_import_and_nobody_one_of_another_business(clinic, elsewhere, signed_in):
    upload(signed_in("manager"))
    source = Import.objects.get()
    paths = ("", f"{source.pk}/", f"{source.pk}/columns/", f"{source.pk}/rows/")
    stranger = Client()
    stranger.force_login(elsewhere.people["enterprise"])

    for path in paths:
        assert signed_in("staff").get(f"/admin/imports/{path}").status_code == 403
    for path in paths[1:]:
        assert stranger.get(f"/admin/imports/{path}").status_code == 404
    for action in ("go", "stop", "discard", "columns"):
        assert stranger.post(f"/admin/imports/{source.pk}/{action}/").status_code == 404
        assert signed_in("staff").post(f"/admin/imports/{source.pk}/{action}/").status_code == 403
    assert "Import" not in signed_in("staff").get(reverse("admin:contacts_contact_changelist")).text


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_dry_run_in_the_browser(desk, clinic, ada, width, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(TEXT)
    page = desk("manager", width=width).open("/admin/imports/")
    accessible(page)
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Continue").click()
    accessible(page)
    page.get_by_label("Pager opt out").select_option("Leave it out")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="The file is being checked")).to_be_visible()
    accessible(page)

    jobs.run_due(60)

    expect(page.get_by_role("heading", name="This is what the import would do")).to_be_visible()
    expect(page.get_by_text("SMS stays blocked")).to_be_visible()
    assert Contact.objects.count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    accessible(page)
    page.get_by_role("button", name="Import 2 contacts").click()
    expect(page.get_by_role("heading", name="Contacts are being imported")).to_be_visible()
    jobs.run_due(60)
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    accessible(page)
    assert Contact.objects.count() == 2


def accessible(page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
