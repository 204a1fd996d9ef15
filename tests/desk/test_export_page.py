"""Exporting from the list, with the filters that it shows."""

import csv
import io

import pytest
from django.test import Client

from contacts.models import Job
from contacts.services import jobs
from tests.factories import ContactFactory, block


@pytest.fixture
def ada(clinic):
    ada = ContactFactory(business=clinic.business)
    block(ada, "sms")
    ContactFactory(business=clinic.business)
    return ada


def test_the_file_has_whom_the_list_shows(clinic, signed_in, ada):
    client = signed_in("manager")
    page = client.get("/admin/contacts/contact/?dnd_channel=sms&q=Ada").text
    assert "/admin/exports/?dnd_channel=sms&amp;q=Ada" in page
    page = client.get("/admin/exports/?dnd_channel=sms&q=Ada").text
    assert "<strong>1</strong> contact that the list showed" in page
    assert not Job.objects.exists()

    client.post("/admin/exports/", {"dnd_channel": "sms", "search": "Ada"})
    assert "every 2s" in client.get("/admin/exports/").text
    jobs.run_due(60)

    job = Job.objects.get()
    assert f"/admin/exports/{job.pk}/" in client.get("/admin/exports/").text
    content = b"".join(client.get(f"/admin/exports/{job.pk}/").streaming_content).decode()
    assert [row["id"] for row in csv.DictReader(io.StringIO(content))] == [str(ada.pk)]


def test_nonsense_in_the_address_filters_nothing(clinic, signed_in, ada):
    page = signed_in("manager").get("/admin/exports/?dnd_channel=fax&do_not_contact=2&colour=red").text

    assert "<strong>2</strong> contacts in all" in page


def test_who_may_export(clinic, elsewhere, signed_in, ada):
    signed_in("manager").post("/admin/exports/", {})
    jobs.run_due(60)
    job = Job.objects.get()
    stranger = Client()
    stranger.force_login(elsewhere.people["enterprise"])

    assert stranger.get(f"/admin/exports/{job.pk}/").status_code == 404
    assert signed_in("staff").get(f"/admin/exports/{job.pk}/").status_code == 403
    assert signed_in("staff").post("/admin/exports/", {}).status_code == 403
    assert "/admin/exports/" not in signed_in("staff").get("/admin/contacts/contact/").text
