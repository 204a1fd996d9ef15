"""Contacts a second from a file, beside a raw COPY of the same contacts and the parsing of their phones alone."""

import csv
import io
import os
import random
import time
from pathlib import Path

import phonenumbers
from celery import current_app
from django.db import connection, transaction

from benchmarks import people, running
from benchmarks.result import Row, less_is_better, more_is_better
from benchmarks.running import Bench, wait_until
from config.supervisor import program
from contacts.models import Business, Import
from contacts.services import importing
from tests.factories import MANAGER

CONTACTS = int(os.environ.get("HEED_BENCH_CONTACTS", "200000"))
APART = 100_000_000
"""Between the ids of the imported and of the copied."""
TABLES = {
    "contacts_contact": "business_id = %s",
    "contacts_contactpoint": "business_id = %s",
    "contacts_contacttag": "contact_id IN (SELECT id FROM contacts_contact WHERE business_id = %s)",
}
MADE_ANEW = {("id", "contacts_contactpoint"), ("id", "contacts_contacttag")}
AREAS = (206, 209, 213, 310, 408, 415, 510, 619, 650, 707, 805, 916)
MEMORY_LIMIT = 300.0
HEADER = ("first_name", "last_name", "email", "phone", "external_id", "tags", "dnd_sms")


def measure(bench: Bench) -> list[Row]:
    path = bench.home / "contacts.csv"
    write_file(path, CONTACTS)
    phones = phone_seconds(path)
    owner = people.business("imports")
    options = "worker -Q bulk -c 1 -n bulk@bench --without-gossip --without-mingle"
    worker = bench.start(program.celery("worker-bulk", options, grace=8.0, turn=0))
    wait_until(lambda: bool(current_app.control.ping(timeout=0.5)), 60, "the worker's answer")
    seconds = import_seconds(owner, path)
    memory = running.peak_memory(worker.process.pid)
    bench.stop()
    check(owner)
    copied = copy_seconds(bench, owner)
    print(f"  reference: phones {phones:.1f} s, COPY {copied:.1f} s")
    beside = "raw COPY of the same rows, and phone parsing"
    return [
        more_is_better(
            "import", CONTACTS / seconds, "contacts/s", beside, CONTACTS / (phones + copied), 0.25
        ),
        less_is_better("import_memory", memory, "MB peak", "the limit", MEMORY_LIMIT, 1.0),
    ]


def write_file(path: Path, number: int) -> None:
    """Phones as people write them, of a region's dozen area codes; every twentieth opts out of texts."""
    chance = random.Random(1)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(number):
            digits = f"{chance.choice(AREAS)}{chance.randint(200, 999)}{n % 10_000:04d}"
            phone = f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if n % 2 else f"+1{digits}"
            row = ("Ada", f"Byron {n}", f"ada{n}@example.org", phone, f"MRN-{n}", "patient")
            writer.writerow((*row, "yes" if n % 20 == 0 else ""))


def copy_seconds(bench: Bench, owner: Business) -> float:
    """The same contacts once more, with their addresses and tags, by COPY into the tables that they belong in.

    In one transaction, with the indexes and foreign keys that any way in has to serve; no event, no DND, no check.
    """
    other = people.business("copied")
    moved = {"id": f"id + {APART}", "contact_id": f"contact_id + {APART}", "business_id": str(other.pk)}
    files = []
    with connection.cursor() as cursor:
        for table, mine in TABLES.items():
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
                [table],
            )
            names = ['"' + row[0] + '"' for row in cursor.fetchall() if (row[0], table) not in MADE_ANEW]
            given = ", ".join(moved.get(name.strip('"'), name) for name in names)
            path = bench.home / f"{table}.copy"
            with path.open("wb") as file:
                cursor.copy_expert(
                    cursor.mogrify(
                        f"COPY (SELECT {given} FROM {table} WHERE {mine}) TO STDOUT", [owner.pk]
                    ).decode(),
                    file,
                )
            files.append((f"COPY {table} ({', '.join(names)}) FROM STDIN", path))
    begun = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, path in files:
            with path.open("rb") as file:
                cursor.copy_expert(statement, file)
    return time.monotonic() - begun


def phone_seconds(path: Path) -> float:
    """What the library takes to read each as E.164, and nothing else."""
    with path.open(newline="") as file:
        numbers = [row["phone"] for row in csv.DictReader(file)]
    begun = time.monotonic()
    for text in numbers:
        number = phonenumbers.parse(text, "US")
        phonenumbers.is_possible_number(number)
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return time.monotonic() - begun


def import_seconds(owner: Business, path: Path) -> float:
    """From the file to the last contact: taken in, checked in a dry run, imported."""
    data = path.read_bytes()
    begun = time.monotonic()
    source = importing.bring(
        business=owner, filename=path.name, file=io.BytesIO(data), size=len(data), by=MANAGER
    )
    importing.choose(
        source=source, targets=source.targets, match="email", tag_names=(), starts=True, by=MANAGER
    )
    checked = wait_until(lambda: _state(source) == "checked", 600, "the check")
    importing.go(source=source, by=MANAGER)
    ended = wait_until(lambda: _state(source) == "done", 1200, "the import")
    print(f"  check {checked - begun:.1f} s, import {ended - checked:.1f} s")
    return ended - begun


def _state(source: Import) -> str:
    time.sleep(0.2)
    return str(Import.objects.values_list("state", flat=True).get(pk=source.pk))


def check(owner: Business) -> None:
    """Every row is a contact, and whoever asked for no texts gets none."""
    made = running.count("SELECT count(*) FROM contacts_contact WHERE business_id = %s", owner.pk)
    blocked = running.count(
        "SELECT count(*) FROM dnd_standing WHERE business_id = %s AND outbound = 2", owner.pk
    )
    if (made, blocked) != (CONTACTS, CONTACTS // 20):
        raise AssertionError(f"{made} contacts were made and {blocked} blocked")
