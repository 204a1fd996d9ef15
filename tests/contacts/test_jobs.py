"""Long work: each piece once, whoever is killed, cancelled or doubled meanwhile."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.db import connection

from config.keys import BASE
from contacts.models import Job, JobFile, Note
from contacts.services import jobs
from contacts.services.errors import Conflict, RoleRequired
from tests.factories import MANAGER, STAFF, BusinessFactory, ContactFactory
from tests.processes import crowd, writing
from tests.processes.databases import address_of
from tests.processes.fleet import waited


@pytest.fixture
def business(db):
    return BusinessFactory()


def start(business, by=MANAGER, **params):
    return jobs.create(
        business=business, kind=writing.KIND, title="A note on everybody", params=params, by=by
    )


def run_until_ended(job):
    """As the ticks do: whoever is due goes on at once."""
    for _ in range(20):
        Job.objects.open().update(due_at=job.created_at)
        jobs.run_due(0)
        job.refresh_from_db()
        if not job.is_open:
            return
    raise AssertionError(f"{job.state} after {job.done} of {job.total}")


def notes(job):
    return Counter(Note.objects.filter(text=f"Job {job.pk}").values_list("contact", flat=True))


def test_a_job_does_everything_in_batches_and_counts_it(business):
    crowd.contacts(business, 25)
    job = start(business)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.total, job.done, job.changed, job.refused) == ("done", 25, 25, 25, 0)
    assert (job.percent, job.error, job.started_by) == (100, "", "Mia Manager")
    assert job.finished_at >= job.started_at >= job.created_at
    assert len(notes(job)) == 25


def test_what_it_leaves_is_read_piece_by_piece_in_order(business):
    ids = crowd.contacts(business, 25)
    job = start(business)
    jobs.run_due()

    assert b"".join(jobs.read(job, "notes.csv")).split() == [str(pk).encode() for pk in ids]
    assert [(file.name, file.size > 25) for file in jobs.files_of(job)] == [("notes.csv", True)]
    jobs.append(job, "large", b"x" * (1024 * 1024 + 1))
    assert JobFile.objects.filter(name="large").count() == 3
    jobs.append(job, "given", b"x", purpose="source")
    assert "given" not in [file.name for file in jobs.files_of(job)]
    jobs.drop(job)
    assert not JobFile.objects.exists()


def test_what_is_refused_is_kept_with_its_reason_and_the_rest_is_done(business):
    ContactFactory(business=business)
    odd = ContactFactory(business=business, first_name="Fault")
    job = start(business)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.done, job.changed, job.refused) == ("done", 2, 1, 1)
    assert list(job.refusals.values_list("contact", "code")) == [(odd.pk, "fault")]


def test_a_job_that_says_why_it_cannot_go_on_has_failed_with_that_sentence(business):
    crowd.contacts(business, 10)
    ContactFactory(business=business, first_name="Fault")
    job = start(business, strict=True)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.error, job.done) == ("failed", "There is a contact named Fault.", 10)
    assert len(notes(job)) == 10


def test_our_own_fault_is_tried_again_and_then_told_as_ours(business, caplog):
    ContactFactory(business=business, first_name="Crash")
    job = start(business)

    jobs.run_due(0)
    job.refresh_from_db()
    assert (job.state, job.due_at > job.started_at) == ("running", True)
    run_until_ended(job)

    assert (job.state, job.tries, Note.objects.count()) == ("failed", 5, 0)
    assert "on our side" in job.error
    assert "AssertionError" in caplog.text


def test_a_batch_that_kills_every_worker_ends_with_the_job_failed(business):
    crowd.contacts(business, 10)
    job = start(business)
    Job.objects.update(tries=5)

    run_until_ended(job)

    assert (job.state, Note.objects.count()) == ("failed", 0)


def test_a_job_of_a_kind_that_is_gone_fails_in_words(business):
    job = start(business)
    Job.objects.update(kind="forgotten")

    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.error) == (
        "failed",
        "This kind of job is not known any more. Start it again.",
    )


def test_a_cancelled_job_ends_at_once_and_keeps_what_was_done(business):
    crowd.contacts(business, 25)
    job = start(business)
    jobs.run_due(0)

    jobs.cancel(job=job, by=MANAGER)
    jobs.run_due()

    job.refresh_from_db()
    assert (job.state, job.done, job.ended_by) == ("cancelled", 10, "Mia Manager")
    assert len(notes(job)) == 10
    with pytest.raises(Conflict):
        jobs.cancel(job=job, by=MANAGER)


def test_a_batch_that_is_under_way_when_its_job_is_cancelled_is_undone(business, monkeypatch):
    crowd.contacts(business, 25)
    job = start(business)
    monkeypatch.setattr(writing.time, "sleep", lambda _: jobs.cancel(job=job, by=MANAGER))

    # One connection is both here, so that the cancelling is undone with the batch; what counts is that it was lost.
    jobs.run_due(0)

    job.refresh_from_db()
    assert (job.done, Note.objects.count(), JobFile.objects.count()) == (0, 0, 0)


def test_whoever_lost_the_job_undoes_what_it_did(business, monkeypatch):
    crowd.contacts(business, 25)
    job = start(business)
    monkeypatch.setattr(writing.time, "sleep", lambda _: Job.objects.update(fence=99))

    jobs.run_due(0)

    job.refresh_from_db()
    assert (job.done, Note.objects.count()) == (0, 0)


def test_jobs_take_turns(business):
    crowd.contacts(business, 25)
    first, second = start(business), start(business)

    for _ in range(4):
        jobs.run_due(0)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.done, second.done) == (20, 20)


def test_whoever_may_not_do_it_at_once_may_not_do_it_as_a_job(business):
    with pytest.raises(RoleRequired):
        start(business, by=STAFF)
    job = start(business)
    with pytest.raises(RoleRequired):
        jobs.cancel(job=job, by=STAFF)

    job.refresh_from_db()
    assert (job.state, Job.objects.count()) == ("queued", 1)


# --- with processes of their own ---


def worker(pause, role="work"):
    command = [sys.executable, "-m", "tests.processes.program", writing.__name__, role, "60", "1"]
    database = address_of(connection.settings_dict["NAME"])
    env = {**os.environ, "DATABASE_URL": database, "HEED_TEST_PAUSE": str(pause)}
    return subprocess.Popen(command, cwd=BASE, env=env)


def others():
    """Who else is connected to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def done(job):
    job.refresh_from_db()
    return job.done


@pytest.fixture
def everybody(transactional_db):
    business = BusinessFactory()
    crowd.contacts(business, 120)
    return business


@pytest.mark.timeout(120)
def test_a_killed_job_goes_on_where_it_was_and_repeats_nothing(everybody):
    job = start(everybody)
    first = worker(0.1)
    try:
        waited(lambda: done(job) >= 50, "some of the job", within=60)
    finally:
        first.kill()
        first.wait()
    so_far = done(job)
    assert 50 <= so_far < 120
    assert sum(notes(job).values()) == so_far
    jobs.run_due()
    assert done(job) == so_far, "its lease is not over"

    run_until_ended(job)

    assert (job.state, job.done, job.changed) == ("done", 120, 120)
    assert set(notes(job).values()) == {1}
    assert len(b"".join(jobs.read(job, "notes.csv")).split()) == 120


@pytest.mark.timeout(120)
def test_two_workers_on_one_job_do_each_piece_once(everybody):
    """The lease is over again and again while both are at work, so that each takes the job from the other."""
    crew = [worker(0.15, "serve"), worker(0.15, "serve")]
    try:
        waited(lambda: others() >= 2, "both workers", within=60)
        job = start(everybody)
        waited(
            lambda: Job.objects.open().update(due_at=job.created_at) == 0, "the job", within=60, every=0.25
        )
    finally:
        for one in crew:
            one.wait(60)

    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 120)
    assert job.fence > 2
    assert set(notes(job).values()) == {1}
    assert len(notes(job)) == 120
