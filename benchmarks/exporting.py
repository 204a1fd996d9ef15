"""Contacts a second into a file, with DND state, grounds and sources, beside a raw COPY out of the same rows."""

import time

from celery import current_app
from django.db import connection

from benchmarks import people, running
from benchmarks.result import Row, less_is_better, more_is_better
from benchmarks.running import Bench, wait_until
from config.desk.exporting import runner
from config.supervisor import program
from contacts.models import Business, Job
from contacts.services import jobs
from tests.factories import MANAGER

CONTACTS = 200_000
BLOCKED = 10_000
MEMORY_LIMIT = 300.0
TABLES = {
    "contacts_contact": "business_id = %s",
    "contacts_contactpoint": "business_id = %s",
    "contacts_contacttag": "contact_id IN (SELECT id FROM contacts_contact WHERE business_id = %s)",
    "dnd_standing": "business_id = %s",
    "dnd_ground": "business_id = %s",
}


def measure(bench: Bench) -> list[Row]:
    owner = people.business("exports")
    ids = people.contacts(owner, CONTACTS)
    tag(owner)
    people.block(owner, ids[:: CONTACTS // BLOCKED], "sms")
    people.analyze()
    reference = CONTACTS / copy_seconds(bench, owner)
    options = "worker -Q bulk -c 1 -n bulk@bench --without-gossip --without-mingle"
    worker = bench.start(program.celery("worker-bulk", options, grace=8.0, turn=0))
    wait_until(lambda: bool(current_app.control.ping(timeout=0.5)), 60, "the worker's answer")
    seconds = export_seconds(owner)
    memory = running.peak_memory(worker.process.pid)
    bench.stop()
    beside = "raw COPY out of the same tables' rows"
    return [
        more_is_better("export", CONTACTS / seconds, "contacts/s", beside, reference, 0.15),
        less_is_better("export_memory", memory, "MB peak", "the limit", MEMORY_LIMIT, 1.0),
    ]


def tag(owner: Business) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH tag AS (INSERT INTO contacts_tag (business_id, name) VALUES (%s, 'patient') RETURNING id)"
            " INSERT INTO contacts_contacttag (contact_id, tag_id)"
            " SELECT c.id, tag.id FROM contacts_contact c, tag WHERE c.business_id = %s",
            [owner.pk, owner.pk],
        )


def copy_seconds(bench: Bench, owner: Business) -> float:
    """Every column of every table that the export reads, one table after the other."""
    begun = time.monotonic()
    with (bench.home / "raw.csv").open("wb") as file, connection.cursor() as cursor:
        for table, mine in TABLES.items():
            query = cursor.mogrify(f"SELECT * FROM {table} WHERE {mine}", [owner.pk]).decode()
            cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv)", file)
    return time.monotonic() - begun


def export_seconds(owner: Business) -> float:
    begun = time.monotonic()
    job = runner.start(business=owner, wanted={}, by=MANAGER)
    ended = wait_until(lambda: _state(job) not in ("queued", "running"), 600, "the export")
    lines = sum(piece.count(b"\n") for piece in jobs.read(job, runner.FILE))
    if (_state(job), lines) != ("done", CONTACTS + 1):
        raise AssertionError(f"{_state(job)} with {lines} lines")
    return ended - begun


def _state(job: Job) -> str:
    time.sleep(0.05)
    return str(Job.objects.values_list("state", flat=True).get(pk=job.pk))
