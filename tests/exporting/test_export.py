"""Contacts with their DND, as a file: all of them once, safe for a spreadsheet, and nothing for whoever may not."""

import csv
import io

import pytest

from config.desk.exporting import runner
from contacts.models import Contact, Job
from contacts.services import jobs, keys, people, pipelines, statuses, tags
from contacts.services.errors import Invalid, RoleRequired
from contacts.services.jobs import running
from contacts.spreadsheets import DANGEROUS
from dnd import exporting
from tests.api.client import Api
from tests.factories import MANAGER, STAFF, BusinessFactory, ContactFactory, add_phone, block
from tests.importing.conftest import bring, check, work


@pytest.fixture
def business(db):
    return BusinessFactory()


def exported(business, dead_too=True, **wanted) -> list[dict[str, str]]:
    job = runner.start(business=business, wanted=wanted, dead_too=dead_too, by=MANAGER)
    work()
    job.refresh_from_db()
    assert job.state == "done"
    return read(job)


def read(job: Job) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(jobs.read(job, "contacts.csv")).decode())))


def test_a_contact_with_all_that_stands_about_their_dnd(business):
    ada = ContactFactory(
        business=business, external_id="MRN-1", phone="+14155550100", email="ada@example.org",
        timezone="America/Chicago",
    )  # fmt: skip
    add_phone(ada, "+14155550101", preferred=True)
    tags.edit(business=business, contact=ada.pk, by=STAFF, add_names=["vip", "new"])
    block(ada, "sms", "email")
    block(ada, "sms", reason="dnc_list", by=MANAGER)

    (row,) = exported(business)

    since = ada.grounds.get(channel="sms", reason="dnc_list").since.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert row["id"] == str(ada.pk)
    assert (row["external_id"], row["first_name"], row["email"]) == ("MRN-1", "Ada", "ada@example.org")
    assert (row["phone"], row["other_phones"]) == ("'+14155550101", "'+14155550100")
    assert (row["tags"], row["timezone"]) == ("new; vip", "America/Chicago")
    assert (row["dnd_state"], row["dnd_sms"], row["dnd_email"], row["dnd_call"]) == (
        "partial",
        "yes",
        "yes",
        "no",
    )
    assert f"outbound sms: dnc_list by user since {since}" in row["dnd_grounds"]
    assert row["dnd_grounds"].count("outbound sms") == 2


@pytest.mark.parametrize("sign", DANGEROUS)
def test_no_cell_is_run_by_a_spreadsheet(business, sign):
    ContactFactory(
        business=business, first_name=f"{sign}cmd()", last_name="line\nbreak", external_id=f"{sign}1"
    )

    (row,) = exported(business)

    assert (row["first_name"], row["external_id"]) == (f"'{sign}cmd()", f"'{sign}1")
    assert row["last_name"] == "line\nbreak"


def test_the_filters_of_the_list(business):
    ada, _zoe = ContactFactory(business=business), ContactFactory(business=business)
    block(ada, "sms")
    other = ContactFactory()
    block(other, "sms")

    assert [row["id"] for row in exported(business, dnd_channel="sms")] == [str(ada.pk)]
    assert len(exported(business, dnd_state="off")) == 1
    assert exported(business, search="nobody") == []


def test_dead_statuses_are_left_out_where_that_was_asked_for_and_only_there(business):
    pipeline = pipelines.create_pipeline(business=business, name="Leads", by=MANAGER)
    lost = pipelines.create_status(
        pipeline=pipeline, data={"name": "Lost", "system_status": "dead"}, by=MANAGER
    )
    ada, zoe = ContactFactory(business=business), ContactFactory(business=business)
    statuses.change(business=business, contacts=[zoe.pk], status=lost.pk, by=STAFF)

    assert [row["id"] for row in exported(business, dead_too=False)] == [str(ada.pk)]
    assert len(exported(business)) == 2
    assert len(exported(business, status=lost.pk)) == 1


def test_an_export_that_was_queued_by_an_older_version_has_everybody(business):
    ContactFactory(business=business)
    job = runner.start(business=business, wanted={}, by=MANAGER)
    Job.objects.filter(pk=job.pk).update(params={"filter": {}})
    work()

    assert len(read(job)) == 1


def test_a_deleted_contact_is_in_no_file(business):
    people.delete(contact=ContactFactory(business=business), by=MANAGER)

    assert exported(business) == []


def test_everybody_once_in_batches_and_a_broken_one_is_not_written_twice(business, monkeypatch):
    monkeypatch.setattr(runner, "BATCH", 2)
    for _ in range(5):
        ContactFactory(business=business)
    job = runner.start(business=business, wanted={}, by=MANAGER)
    claimed = running._claim()
    running._batch(claimed)
    calls = iter([True])

    def once(contacts):
        if next(calls, False):
            raise ConnectionError
        return lines(contacts)

    lines = exporting.lines
    monkeypatch.setattr(exporting, "lines", once)
    with pytest.raises(ConnectionError):
        running._batch(claimed)
    Job.objects.update(due_at=job.created_at)
    work()

    job.refresh_from_db()
    assert [int(row["id"]) for row in read(job)] == sorted(Contact.objects.values_list("pk", flat=True))
    assert (job.done, job.total) == (5, 5)


def test_staff_may_not_export(business):
    with pytest.raises(RoleRequired):
        runner.start(business=business, wanted={}, by=STAFF)


def test_a_status_of_another_business_is_refused(business):
    with pytest.raises(Invalid, match="no such status"):
        runner.start(business=business, wanted={"status": 999}, by=MANAGER)


def test_an_export_brought_in_again_changes_nobody(business):
    ada = ContactFactory(business=business, external_id="MRN-1", first_name="=Ada")
    add_phone(ada, "+14155550101")
    block(ada, "sms")
    job = runner.start(business=business, wanted={}, by=MANAGER)
    work()
    content = b"".join(jobs.read(job, "contacts.csv"))

    source = bring(business, content)
    filed = check(source, targets=[target if target != "full_name" else "" for target in source.targets])

    assert filed.found == {"rows": 1, "unchanged": 1}


def test_over_rest_and_only_for_managers_of_the_business(business):
    ada = ContactFactory(business=business)
    block(ada, "sms")
    ContactFactory(business=business)
    manager, staff, stranger = (
        Api(keys.issue(business=owner, role=role, name=role)[1])
        for owner, role in ((business, "manager"), (business, "staff"), (BusinessFactory(), "enterprise"))
    )

    answer = manager.post("exports/", {"filter": {"dnd_channel": "sms"}})
    work()

    assert answer.status == 202
    path = f"jobs/{answer.body['job']}/files/contacts.csv"
    assert [row["id"] for row in read(Job.objects.get())] == [str(ada.pk)]
    file = manager.client.get(f"/api/v1/{path}", headers=manager.headers)
    assert b"".join(file.streaming_content).startswith(b"id,external_id,")
    assert staff.get(path).status == 403
    assert staff.post("exports/", {}).status == 403
    assert stranger.get(path).status == 404
    assert manager.get(f"jobs/{answer.body['job']}/files/other.csv").status == 404
