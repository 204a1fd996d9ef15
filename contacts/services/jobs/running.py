"""Claiming a job and doing its batches, so that a worker killed at any moment repeats nothing and loses nothing."""

import logging
import time
from collections.abc import Sequence

from django.db import connection, transaction

from contacts import rows
from contacts.models import Job, JobRefusal, JobState
from contacts.ring import ring
from contacts.services.jobs.creating import RUN
from contacts.services.jobs.registry import JobFailed, Progress, Refusal, runners

log = logging.getLogger(__name__)
LEASE = 60.0
SLICE = 3.0
"""Seconds for which a worker stays with jobs before it looks whether something else waits in its queue."""
MOST_TRIES = 5
OUR_FAULT = "Something went wrong on our side, and it was logged. What was done until then stays done."
UNKNOWN_KIND = "This kind of job is not known any more. Start it again."


class _Lost(Exception):
    """Somebody else has this job now, or it was cancelled: what this batch did is undone."""


def run_due(seconds: float = SLICE) -> None:
    """Work on what is due for about so long, jobs in turn; rings for the rest."""
    end = time.monotonic() + seconds
    while job := _claim():
        _work(job, end)
        if time.monotonic() >= end:
            ring(RUN)
            return


CLAIM = """
UPDATE contacts_job SET state = 'running', fence = fence + 1, tries = tries + 1,
       started_at = coalesce(started_at, clock_timestamp()), due_at = clock_timestamp() + make_interval(secs => %s)
 WHERE id = (SELECT id FROM contacts_job WHERE state IN ('queued', 'running') AND due_at <= clock_timestamp()
              ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


def _claim() -> Job | None:
    """The job that has waited longest, for the length of a lease, or None."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(CLAIM, [LEASE])
        found = cursor.fetchone()
        return Job.objects.select_related("business").get(pk=found[0]) if found else None


def _work(job: Job, end: float) -> None:
    """Batch after batch until the job ends, is lost to somebody else, or the time is over."""
    if job.kind not in runners:
        return _fail(job, UNKNOWN_KIND)
    if job.tries > MOST_TRIES:
        return _fail(job, OUR_FAULT)
    try:
        while _batch(job):
            if time.monotonic() >= end:
                return _due_in(job, 0.0)
    except _Lost:
        log.info("Job %s was cancelled or taken over", job.pk)
    except JobFailed as error:
        _fail(job, str(error))
    except Exception:
        log.exception("A batch of job %s (%s) failed, try %s", job.pk, job.kind, job.tries)
        _fail(job, OUR_FAULT) if job.tries >= MOST_TRIES else _due_in(job, 2.0**job.tries)
    return None


@transaction.atomic(durable=True)
def _batch(job: Job) -> bool:
    """The next batch, with where it ended; whether there is another."""
    runner = runners[job.kind]
    if job.total is None:
        job.total = runner.total(job)
    progress = runner.batch(job)
    _write_refusals(job, progress.refusals)
    _move(job, progress)
    return job.is_open


def _write_refusals(job: Job, refusals: Sequence[Refusal]) -> None:
    if refusals:
        rows.insert(
            JobRefusal,
            ("job_id", "contact_id", "row", "code", "detail"),
            [(job.pk, each.contact, each.row, each.code, each.detail[:400]) for each in refusals],
        )


MOVE = """
UPDATE contacts_job SET cursor = %s, total = %s, done = done + %s, changed = changed + %s, unchanged = unchanged + %s,
       refused = refused + %s, state = %s, finished_at = CASE WHEN %s THEN clock_timestamp() END,
       tries = 0, due_at = clock_timestamp() + make_interval(secs => %s)
 WHERE id = %s AND fence = %s AND state = 'running'
RETURNING done, changed, unchanged, refused, finished_at
"""


def _move(job: Job, progress: Progress) -> None:
    """Write how far it is, if it is still ours: this is the last statement of a batch, and what makes it count."""
    finished = progress.cursor is None
    cursor_now = job.cursor if progress.cursor is None else dict(progress.cursor)
    total = job.total if progress.total is None else progress.total
    state = JobState.DONE if finished else JobState.RUNNING
    refused = len(progress.refusals) if progress.refused is None else progress.refused
    counts = (progress.done, progress.changed, progress.unchanged, refused)
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            [rows.Json(cursor_now), total, *counts, state, finished, LEASE, job.pk, job.fence],
        )
        found = cursor.fetchone()
    if found is None:
        raise _Lost
    job.done, job.changed, job.unchanged, job.refused, job.finished_at = found
    job.cursor, job.total, job.state, job.tries = cursor_now, total, state, 0


def _fail(job: Job, sentence: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_job SET state = 'failed', error = %s, finished_at = clock_timestamp()"
            " WHERE id = %s AND fence = %s AND state = 'running'",
            [sentence[:400], job.pk, job.fence],
        )


def _due_in(job: Job, seconds: float) -> None:
    """Let go of the job until then; whoever is free goes on with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_job SET due_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = %s AND fence = %s AND state = 'running'",
            [seconds, job.pk, job.fence],
        )
