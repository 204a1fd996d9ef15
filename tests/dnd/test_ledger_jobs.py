"""The ledger in the open: verified and exported as jobs, and an export that proves itself without Heed."""

import csv
import importlib.util
import subprocess
import sys

import pytest
from django.db import connection, transaction

from config.keys import BASE
from contacts.actors import Actor
from contacts.services import jobs
from contacts.services.errors import Invalid, RoleRequired
from dnd import services as dnd
from dnd.models import Change
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory, block
from tests.processes import crowd

SCRIPT = BASE / "docs" / "verify_export.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("verify_export", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def business(db):
    business = BusinessFactory()
    ada, grace = ContactFactory(business=business), ContactFactory(business=business)
    block(ada, "sms", by=Actor("user", '=Mia "M" O\'Neil,\nManager', "manager"))
    block(ada, "sms", reason="stop_keyword", by=Actor.contact("'Ada ☎"))
    block(grace, "email", by=MANAGER)
    return business


def run(job):
    jobs.run_due(60)
    job.refresh_from_db()
    return job


def exported(business, form, path):
    job = run(dnd.export_ledger(business=business, form=form, by=ENTERPRISE))
    assert (job.state, job.error) == ("done", "")
    content = b"".join(jobs.read(job, f"ledger.{form}"))
    (path / f"ledger.{form}").write_bytes(content)
    return path / f"ledger.{form}", content


def passes(script, path):
    try:
        return script.verify(str(path)) is not None
    except (ValueError, LookupError, TypeError, csv.Error):
        return False


def tamper(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)


def test_verifying_walks_everything_and_says_that_it_is_whole(business):
    crowd.contacts(business, 1100)

    job = run(dnd.verify_ledger(business=business, by=MANAGER))

    assert (job.state, job.total, job.done, job.refused) == ("done", 1102, 1102, 0)
    assert b"".join(jobs.read(job, "result.txt")) == b"1,102 contacts, 3 lines, 0 violations\n"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dnd_change SET reason = 'import' WHERE version = 1",
        "UPDATE dnd_change SET version = 3 WHERE version = 2",
        "UPDATE dnd_standing SET outbound = 0",
    ],
)
def test_what_was_tampered_with_is_among_the_refusals(business, sql):
    tamper(sql)

    job = run(dnd.verify_ledger(business=business, by=MANAGER))

    assert job.refused == job.refusals.count() > 0
    assert set(job.refusals.values_list("code", flat=True)) == {"violation"}


def test_another_business_is_not_looked_at(business):
    other = ContactFactory()
    block(other, "sms")

    job = run(dnd.verify_ledger(business=other.business, by=MANAGER))

    assert b"".join(jobs.read(job, "result.txt")) == b"1 contacts, 1 lines, 0 violations\n"


@pytest.mark.parametrize("by", [STAFF, MANAGER])
def test_only_enterprise_users_take_the_ledger_out(business, by):
    with pytest.raises(RoleRequired):
        dnd.export_ledger(business=business, form="csv", by=by)


def test_an_unknown_form_is_refused(business):
    with pytest.raises(Invalid):
        dnd.export_ledger(business=business, form="xml", by=ENTERPRISE)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_proves_itself_without_heed(business, form, tmp_path):
    crowd.contacts(business, 1100)
    path, content = exported(business, form, tmp_path)

    answer = subprocess.run(
        [sys.executable, "-I", SCRIPT, path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (answer.returncode, answer.stdout) == (0, "3 lines, all as they were written\n"), answer.stderr
    for change in Change.objects.filter(business=business):
        assert change.hash.encode() in content


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_every_change_of_a_single_byte_is_found(business, form, tmp_path, script):
    path, content = exported(business, form, tmp_path)
    missed = []
    for position in range(len(content)):
        for flip in (0x01, 0x20):
            path.write_bytes(bytes([*content[:position], content[position] ^ flip, *content[position + 1 :]]))
            if passes(script, path):
                missed.append((position, flip, content[max(0, position - 20) : position + 20]))

    assert missed == []


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_line_that_is_cut_off_doubled_or_moved_is_found(business, form, tmp_path, script):
    path, content = exported(business, form, tmp_path)
    lines = content.decode().splitlines(keepends=True)
    head, body = (lines[:1], lines[1:]) if form == "csv" else ([], lines)
    others = {
        "without its end": head + body[:-1],
        "without its last line": [*head, *body[:-2], body[-1]],
        "without its first line": head + body[1:],
        "with a line twice": [*head, body[-2], *body[-2:]],
        "with a line more": [*head, *body, body[-2]],
        "empty": [],
    }
    passed = []
    for name, changed in others.items():
        path.write_bytes("".join(changed).encode())
        passed += [name] if passes(script, path) else []

    assert passed == []


def test_a_spreadsheet_runs_nothing_of_it(business, tmp_path):
    _, content = exported(business, "csv", tmp_path)

    assert b"\"'=Mia" in content
