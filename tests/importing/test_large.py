"""A large file with every fault planted, its import killed in the middle and gone on with.

HEED_IMPORT_ROWS says how large: 3,000 rows in every run of all tests, 200,000 for the figure in docs/guarantees.md.
"""

import csv
import io
import os
import subprocess
import sys
import time

import pytest
from django.db import connection

from config.keys import BASE
from contacts.actors import Actor
from contacts.models import Contact, ContactPoint, Event, Import, Job
from contacts.services import importing, jobs
from dnd import services as dnd
from dnd import verification
from tests.factories import MANAGER, BusinessFactory, ContactFactory
from tests.importing import faulty
from tests.importing.conftest import bring
from tests.processes.databases import address_of
from tests.processes.fleet import waited

ROWS = int(os.environ.get("HEED_IMPORT_ROWS", "3000"))
LONGEST = 60 + ROWS // 50


def worker() -> "subprocess.Popen[str]":
    """A process that works on whatever is due."""
    name = connection.settings_dict["NAME"]
    program = ("tests.processes.program", "tests.importing.working", "work", str(LONGEST), "1")
    command = [sys.executable, "-m", *program]
    env = {**os.environ, "DATABASE_URL": address_of(name), "HEED_IMPORT_ROWS": str(ROWS)}
    return subprocess.Popen(command, cwd=BASE, env=env, text=True)


def killed_in_the_middle(job: Job, seen) -> None:
    """Start a worker, kill it with its job half done, and let the next one have the job at once."""
    process = worker()
    try:
        waited(lambda: seen() or not Job.objects.get(pk=job.pk).is_open, "half of the job", within=LONGEST)
    finally:
        process.kill()
        process.wait()
    assert Job.objects.get(pk=job.pk).is_open, "It was done before it could be killed."
    Job.objects.filter(pk=job.pk).update(due_at=job.created_at)


def to_its_end(job: Job) -> None:
    process = worker()
    try:
        waited(lambda: not Job.objects.get(pk=job.pk).is_open, "the end of the job", within=LONGEST * 5)
    finally:
        process.kill()
        process.wait()
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


@pytest.mark.timeout(LONGEST * 12)
def test_killed_in_the_middle_every_good_row_is_imported_once(transactional_db):
    business = BusinessFactory()
    stopped = ContactFactory(business=business, external_id="MRN-24", email="ada24@example.org")
    dnd.change_address(
        business=business, channel="sms", address=faulty.STOPPED, block=True, reason="stop_keyword",
        by=Actor.contact(),
    )  # fmt: skip
    dnd.change_one(
        business=business,
        contact=stopped.pk,
        wish=dnd.Wish(outbound={"sms": True, "email": True}),
        by=MANAGER,
    )
    file = faulty.made(ROWS)
    begun = time.monotonic()
    source = bring(business, file.data)
    check = importing.choose(
        source=source, targets=source.targets, match="email", tag_names=["large"], starts=True, by=MANAGER
    )

    def now() -> Import:
        return Import.objects.get(pk=source.pk)

    killed_in_the_middle(check, lambda: now().read_to > ROWS // 3)
    killed_in_the_middle(check, lambda: now().checked_to > ROWS // 2)
    to_its_end(check)
    run = importing.go(source=source, by=MANAGER)
    for part in (4, 2):
        killed_in_the_middle(run, lambda part=part: now().written_to > ROWS // part)
    to_its_end(run)
    print(
        f"\n{ROWS:,} rows, killed four times, in {time.monotonic() - begun:.0f} s: {now().found} {now().result}"
    )

    mine = Contact.objects.of(business)
    assert set(mine.values_list("external_id", flat=True)) == file.good
    assert mine.count() == len(file.good)
    emails = ContactPoint.objects.filter(business=business, kind="email")
    assert emails.count() == emails.values("contact").distinct().count() == len(file.good)
    created = Event.objects.filter(business=business, kind="contact_created")
    assert created.count() == created.values("contact").distinct().count() == len(file.good) - 1
    told = list(csv.DictReader(io.StringIO(b"".join(jobs.read(run, "not-imported.csv")).decode())))
    assert [int(row["row"]) for row in told if row["what"] == "not imported"] == sorted(file.bad)
    assert {int(row["row"]) for row in told if row["what"] != "not imported"} == {26}
    blocked = mine.filter(standing__outbound__gt=0).exclude(pk=stopped.pk)
    assert set(blocked.values_list("external_id", flat=True)) == file.blocked
    stopped.refresh_from_db()
    assert (stopped.first_name, stopped.standing.outbound) == ("Ada", 6)
    assert verification.verify(business=business.pk).violations == []
