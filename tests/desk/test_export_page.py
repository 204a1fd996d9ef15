"""Exporting from the list, with the filters that it shows."""

import csv
import io
import re

import pytest
from django.test import Client

from contacts.models import Job
from contacts.services import jobs, pipelines, statuses
from tests.factories import MANAGER, STAFF, ContactFactory, block


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


@pytest.fixture
def statuses_of(clinic):
    """Somebody in each of two statuses, the second a dead one; and somebody in none."""
    pipeline = pipelines.create_pipeline(business=clinic.business, name="Leads", by=MANAGER)
    made = []
    for name, kind in (("New", "open"), ("Lost", "dead")):
        status = pipelines.create_status(
            pipeline=pipeline, data={"name": name, "system_status": kind}, by=MANAGER
        )
        contact = ContactFactory(business=clinic.business, first_name=name, last_name="")
        statuses.change(business=clinic.business, contacts=[contact.pk], status=status.pk, by=STAFF)
        made.append(status.pk)
    ContactFactory(business=clinic.business, first_name="Mary", last_name="")
    return dict(zip(("new", "lost"), made, strict=True))


@pytest.mark.parametrize(
    ("query", "names", "words"),
    [
        (
            "",
            {"New", "Mary"},
            "<strong>2</strong> contacts that the list showed: without those in dead statuses.",
        ),
        ("dead=1", {"New", "Lost", "Mary"}, "<strong>3</strong> contacts in all"),
        ("status={new}", {"New"}, "<strong>1</strong> contact that the list showed: in the status “New”."),
        ("status={lost}", {"Lost"}, "in the status “Lost”."),
        ("q=mary", {"Mary"}, "found by “mary”, without those in dead statuses."),
        ("q=mary&dead=1", {"Mary"}, "found by “mary”."),
    ],
)
def test_whom_the_list_shows_by_status_is_said_and_is_in_the_file(
    signed_in, statuses_of, query, names, words
):
    client, query = signed_in("manager"), query.format(**statuses_of)
    listed = client.get(f"/admin/contacts/contact/?{query}").context["cl"].result_list
    assert {contact.first_name for contact in listed} == names

    page = client.get(f"/admin/exports/?{query}").text
    assert words in page
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    client.post("/admin/exports/", dict(hidden))
    jobs.run_due(60)

    content = b"".join(client.get(f"/admin/exports/{Job.objects.get().pk}/").streaming_content).decode()
    assert {row["first_name"] for row in csv.DictReader(io.StringIO(content))} == names
    assert not words.endswith("dead statuses.") or "/admin/exports/?dead=1" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("q=%00", "Search: Null characters are not allowed."),
        ("tag=a%00b", "Tag: Null characters are not allowed."),
        ("status=999999", "Status: There is no such status."),
        ("status=x", "Status: There is no such object."),
    ],
)
def test_what_cannot_be_looked_for_is_said_and_exports_nobody(clinic, signed_in, ada, query, sentence):
    client = signed_in("manager")

    for answer in (
        client.get(f"/admin/exports/?{query}"),
        client.post("/admin/exports/", query, "application/x-www-form-urlencoded"),
    ):
        assert answer.status_code == 422
        assert sentence in answer.text

    assert not Job.objects.exists()


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
