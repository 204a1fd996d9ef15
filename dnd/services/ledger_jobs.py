"""The ledger in the open: walking the chain of a whole business, and taking it out as a file, both as jobs."""

import csv
import hashlib
from collections.abc import Callable, Mapping, Sequence

from contacts import locks
from contacts.actors import Actor
from contacts.models import Business, Contact, Job
from contacts.services import jobs
from contacts.services.errors import Invalid
from contacts.spreadsheets import DANGEROUS, Line
from contacts.words import Role
from dnd import ledger, verification
from dnd.models import Change

VERIFY, EXPORT = "ledger_verify", "ledger_export"
CONTACTS = 500
COLUMNS = (*ledger.SEALED, "hash")
FORMATS = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


def verify_ledger(*, business: Business, by: Actor) -> Job:
    """Start a job that walks the chain of every contact; what does not hold stands among its refusals."""
    return jobs.create(business=business, kind=VERIFY, title="Verify the ledger", params={}, by=by)


def export_ledger(*, business: Business, form: str, by: Actor) -> Job:
    """Start a job that writes the whole ledger into a file: `jsonl` or `csv`. Raises Invalid for another form."""
    if form not in FORMATS:
        raise Invalid({"format": f"Give one of: {', '.join(FORMATS)}."})
    title = f"Export the ledger as {'CSV' if form == 'csv' else 'JSON lines'}"
    return jobs.create(business=business, kind=EXPORT, title=title, params={"format": form}, by=by)


class _ByContact:
    """Goes through all contacts that the business ever had, deleted ones too, in the order of their ids."""

    def total(self, job: Job) -> int:
        return Contact.objects.filter(business=job.business).count()

    def _next(self, job: Job) -> list[int]:
        rest = Contact.objects.filter(business=job.business, pk__gt=job.cursor.get("after", 0))
        return list(rest.order_by("pk").values_list("pk", flat=True)[:CONTACTS])


class Verify(_ByContact):
    least_role = Role.MANAGER.value

    def batch(self, job: Job) -> jobs.Progress:
        ids = self._next(job)
        locks.hold_contacts(ids)  # ledger and standing are to be of one moment
        report = verification.verify(contacts=ids)
        lines = job.cursor.get("lines", 0) + report.lines
        wrong = job.refused + len(report.violations)
        if len(ids) < CONTACTS:
            words = f"{job.done + len(ids):,} contacts, {lines:,} lines, {wrong:,} violations\n"
            jobs.append(job, "result.txt", words.encode(), content_type="text/plain; charset=utf-8")
        return jobs.Progress(
            cursor={"after": ids[-1], "lines": lines} if len(ids) == CONTACTS else None,
            done=len(ids),
            unchanged=len(ids),
            refusals=[jobs.Refusal("violation", sentence) for sentence in report.violations],
        )


class Export(_ByContact):
    """Each line with its hash, contact by contact; the last one seals all of them, so that none can be cut off."""

    least_role = Role.ENTERPRISE.value

    def batch(self, job: Job) -> jobs.Progress:
        form, ids = job.params["format"], self._next(job)
        seal, lines = job.cursor.get("seal", ""), job.cursor.get("lines", 0)
        written = [HEAD[form]] if not job.cursor else []
        for change in Change.objects.filter(contact__in=ids).order_by("contact_id", "version"):
            written.append(WRITERS[form](ledger.content(change) | {"hash": change.hash}))
            seal, lines = hashlib.sha256(f"{seal}{change.hash}".encode()).hexdigest(), lines + 1
        last = len(ids) < CONTACTS
        if last:
            written.append(ENDS[form](lines, seal))
        jobs.append(job, f"ledger.{form}", "".join(written).encode(), content_type=FORMATS[form])
        cursor = None if last else {"after": ids[-1], "seal": seal, "lines": lines}
        return jobs.Progress(cursor=cursor, done=len(ids), unchanged=len(ids))


def _json(values: Mapping[str, object]) -> str:
    return ledger.CANONICAL.encode(values) + "\n"


def _csv(values: Mapping[str, object]) -> str:
    return _row([_cell(values[column]) for column in COLUMNS])


def _row(cells: Sequence[object]) -> str:
    text: str = csv.writer(Line()).writerow(cells)
    return text


def _cell(value: object) -> str:
    """A text as it is, with an apostrophe before what a spreadsheet would run, and before an apostrophe; else JSON."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("'", *DANGEROUS)) else value
    return "" if value is None else ledger.CANONICAL.encode(value)


WRITERS: dict[str, Callable[[Mapping[str, object]], str]] = {"jsonl": _json, "csv": _csv}
HEAD = {"jsonl": "", "csv": _row(COLUMNS)}
ENDS: dict[str, Callable[[int, str], str]] = {
    "jsonl": lambda lines, seal: _json({"end": {"lines": lines, "seal": seal}}),
    "csv": lambda lines, seal: _row(["end", lines, seal]),
}
