"""Blocking a channel for many contacts as a job, beside raw INSERT … SELECT of the same rows into the same tables."""

import os
import time

from django.db import connection

from benchmarks import people
from benchmarks.result import Row, less_is_better
from benchmarks.running import Bench, count
from contacts.services import jobs
from dnd import services as dnd
from dnd import verification
from tests.factories import MANAGER

CONTACTS = int(os.environ.get("HEED_BENCH_BULK", "100000"))
CHANGE = (
    "version, kind, direction, enabled, scope, channels, grounds, ends_at, source, actor, reason, evidence,"
    " text_digest, recorded_at, previous_hash, hash"
)
COPIES = (
    f"INSERT INTO dnd_change (business_id, contact_id, {CHANGE})"
    f" SELECT business_id, contact_id + %(by)s, {CHANGE} FROM dnd_change WHERE contact_id <= %(last)s",
    "INSERT INTO dnd_changetext (change_id, salt, note, evidence)"
    " SELECT copied.id, t.salt, t.note, t.evidence FROM dnd_changetext t JOIN dnd_change c ON c.id = t.change_id"
    " JOIN dnd_change copied ON copied.contact_id = c.contact_id + %(by)s WHERE c.contact_id <= %(last)s",
    "INSERT INTO dnd_ground"
    " (business_id, contact_id, direction, channel, reason, source, since, ends_at, opened_by_id)"
    " SELECT g.business_id, g.contact_id + %(by)s, g.direction, g.channel, g.reason, g.source, g.since, g.ends_at,"
    " copied.id FROM dnd_ground g JOIN dnd_change copied ON copied.contact_id = g.contact_id + %(by)s"
    " WHERE g.contact_id <= %(last)s",
    "INSERT INTO dnd_standing (contact_id, business_id, version, last_hash, outbound, inbound, do_not_contact)"
    " SELECT contact_id + %(by)s, business_id, version, last_hash, outbound, inbound, do_not_contact"
    " FROM dnd_standing WHERE contact_id <= %(last)s",
    "INSERT INTO contacts_event (business_id, contact_id, kind, at, state, source, actor, summary, data, tags, depth)"
    " SELECT business_id, contact_id + %(by)s, kind, at, state, source, actor, summary, data, tags, depth"
    " FROM contacts_event WHERE contact_id <= %(last)s",
    "INSERT INTO dnd_effective (change_id, at)"
    " SELECT copied.id, e.at FROM dnd_effective e JOIN dnd_change c ON c.id = e.change_id"
    " JOIN dnd_change copied ON copied.contact_id = c.contact_id + %(by)s WHERE c.contact_id <= %(last)s",
)


def measure(bench: Bench) -> list[Row]:
    owner = people.business("many")
    first = people.contacts(owner, CONTACTS)
    second = people.contacts(people.business("copied"), CONTACTS)
    people.analyze()

    took = _as_a_job(owner, first)
    raw = _raw(by=second[0] - first[0], last=first[-1])
    if _rows(first) != _rows(second):
        raise AssertionError(f"{_rows(first)} rows by the job, {_rows(second)} by the copy")
    for contact in first[::1000]:
        if violations := verification.verify(contact=contact).violations:
            raise AssertionError(violations[0])
    return [
        less_is_better("bulk_dnd", took, "s", f"raw INSERT … SELECT of {CONTACTS:,} contacts' rows", raw, 0.3)
    ]


def _as_a_job(owner: people.Business, ids: list[int]) -> float:
    wish = dnd.Wish(outbound={"sms": True}, note="list of May")
    job = dnd.change_in_bulk(business=owner, whom=dnd.Whom(wanted={}), wish=wish, by=MANAGER)
    begun = time.monotonic()
    jobs.run_due(3600)
    took = time.monotonic() - begun
    job.refresh_from_db()
    if (job.state, job.changed) != ("done", len(ids)):
        raise AssertionError(f"{job.state}: {job.changed} of {len(ids)} changed. {job.error}")
    return took


def _raw(by: int, last: int) -> float:
    begun = time.monotonic()
    with connection.cursor() as cursor:
        for sql in COPIES:
            cursor.execute(sql, {"by": by, "last": last})
    return time.monotonic() - begun


def _rows(ids: list[int]) -> list[int]:
    between = (ids[0], ids[-1])
    own = [
        count(f"SELECT count(*) FROM {table} WHERE contact_id BETWEEN %s AND %s", *between)
        for table in ("dnd_change", "dnd_ground", "dnd_standing", "contacts_event")
    ]
    beside = [
        count(
            f"SELECT count(*) FROM {table} t JOIN dnd_change c ON c.id = t.change_id"
            " WHERE c.contact_id BETWEEN %s AND %s",
            *between,
        )
        for table in ("dnd_changetext", "dnd_effective")
    ]
    return own + beside
