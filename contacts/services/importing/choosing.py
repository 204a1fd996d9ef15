"""What a person decides about a file: what its columns mean, that it is to be imported, or not."""

from collections.abc import Sequence

from django.db import transaction

from contacts.actors import Actor
from contacts.importing import columns
from contacts.models import Import, ImportPiece, ImportRow, Job
from contacts.services import jobs, tags
from contacts.services.errors import Conflict, Invalid
from contacts.services.importing.bringing import need_manager

CHECK, RUN = "import_check", "import"
"""The kinds of job."""
OPEN_TO_CHOICE = (Import.State.MAPPING, Import.State.CHECKING, Import.State.CHECKED)


@transaction.atomic
def choose(
    *, source: Import, targets: Sequence[str], match: str, tag_names: Sequence[str], starts: bool, by: Actor
) -> Job:
    """Settle what the columns mean and begin the check, which changes no contact.

    Raises Invalid (`columns.N`, `columns`, `match`, `tags`), and Conflict when the import has begun.
    """
    need_manager(by)
    source = _held(
        source, OPEN_TO_CHOICE, "This file has been imported: bring it in again to map it otherwise."
    )
    errors = {
        f"columns.{place}" if place >= 0 else "columns": sentence
        for place, sentence in columns.problems(source.headers, targets).items()
    }
    if len(targets) != len(source.headers):
        errors["columns"] = f"Give a meaning for each of the {len(source.headers)} columns, in their order."
    if match not in Import.Match.values:
        errors["match"] = f"Choose one of {', '.join(Import.Match.values)}."
    try:
        names = [tags.clean(name) for name in tag_names if name.strip()]
    except Invalid as invalid:
        errors["tags"] = str(invalid)
    if errors:
        raise Invalid(errors)
    _stop(source, by)
    if source.check_jobs:
        _begin_again(source)
    source.targets, source.match, source.starts = list(targets), match, starts
    source.tags = list({name.lower(): name for name in names}.values())
    return _start(source, CHECK, by)


@transaction.atomic
def go(*, source: Import, by: Actor) -> Job:
    """Import what the check found, or go on where a cancelled run stopped. Doing so twice starts one job."""
    need_manager(by)
    stages = (Import.State.CHECKING, Import.State.CHECKED, Import.State.RUNNING)
    source = _held(source, stages, "There is nothing to import: map the columns first.")
    checking = source.state == Import.State.CHECKING
    under_way = source.check_jobs if checking else source.run_jobs
    if open_job := Job.objects.open().filter(pk__in=under_way).first():
        return open_job
    return _start(source, CHECK if checking else RUN, by)


@transaction.atomic
def discard(*, source: Import, by: Actor) -> None:
    """Forget a file. What was imported of it stays."""
    need_manager(by)
    source = Import.objects.select_for_update(no_key=True).get(pk=source.pk)
    _stop(source, by)
    drop(source)
    if source.state != Import.State.DONE:
        source.state = Import.State.DISCARDED
        source.save(update_fields=["state"])


def drop(source: Import) -> None:
    """Remove the file and its rows: what they held is among the contacts, or is not wanted."""
    ImportRow.objects.filter(source=source)._raw_delete("default")
    ImportPiece.objects.filter(source=source)._raw_delete("default")
    source.samples = []
    source.save(update_fields=["samples"])


def _held(source: Import, stages: Sequence[str], otherwise: str) -> Import:
    held = Import.objects.select_for_update(no_key=True).select_related("business").get(pk=source.pk)
    if held.state not in stages:
        raise Conflict("import_state", otherwise)
    return held


def _stop(source: Import, by: Actor) -> None:
    for job in Job.objects.open().filter(pk__in=[*source.check_jobs, *source.run_jobs]):
        jobs.cancel(job=job, by=by)


def _begin_again(source: Import) -> None:
    """Other columns: what was read by the earlier ones goes."""
    ImportRow.objects.filter(source=source)._raw_delete("default")
    source.check_jobs = []
    source.read_to, source.read_bytes, source.read_whole = source.header_row, source.header_ends, False
    source.checked_to, source.found = 0, {}


def _start(source: Import, kind: str, by: Actor) -> Job:
    running = kind == RUN
    verb = "Import" if running else "Check"
    job = jobs.create(
        business=source.business,
        kind=kind,
        title=f"{verb} {source.filename}",
        params={"import": source.pk},
        by=by,
    )
    (source.run_jobs if running else source.check_jobs).append(job.pk)
    source.state = Import.State.RUNNING if running else Import.State.CHECKING
    source.save()
    return job
