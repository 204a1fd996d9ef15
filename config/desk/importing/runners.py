"""The two jobs of an import: the check, which changes no contact, and the run."""

from collections import Counter
from collections.abc import Iterable, Mapping

from config.desk.importing import wishes
from contacts import rows
from contacts.actors import Actor
from contacts.models import Import, Job
from contacts.services import importing, jobs
from contacts.services.importing import choosing, staging, windows
from contacts.services.importing.windows import Window
from contacts.services.jobs import Progress, Refusal
from contacts.words import Role, Source

CHECKED_ROWS = 1_000
WRITTEN_ROWS = 500
PROBLEMS = "not-imported.csv"


def register() -> None:
    jobs.register(choosing.CHECK, Check())
    jobs.register(choosing.RUN, Run())


def _source(job: Job) -> Import:
    """The import that the job is about, for one batch.

    A batch need not wait for the disk: should the database lose the last of them, it loses the job's cursor
    with them, and they are done again.
    """
    rows.leave_to_the_disk()
    source = Import.objects.select_related("business").get(pk=job.params["import"])
    if source.state in (Import.State.DISCARDED, Import.State.DONE):
        raise jobs.JobFailed("The file was discarded.")
    return source


def _add(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(counts) + Counter(more))


class Check:
    """Reads every row, finds rows about one contact, and counts what the run would do. Each batch is one of these."""

    least_role = Role.MANAGER.value

    def total(self, job: Job) -> int:
        return 2 * _source(job).lines

    def batch(self, job: Job) -> Progress:
        source = _source(job)
        if not source.read_whole:
            return self._read(source)
        if "rows" not in source.found:
            importing.find_repeats(source)
            source.found["rows"] = source.rows.count()
            source.save(update_fields=["found"])
            return Progress(cursor={})
        if "file" not in job.cursor:
            return self._count(source)
        progress = _tell(source, job, source.check_jobs)
        if progress.cursor is None:
            source.state = Import.State.CHECKED
            source.save(update_fields=["state"])
        return progress

    def _read(self, source: Import) -> Progress:
        staged = importing.stage(source, wishes.reasons())
        unread = {"unread": len(staged.refusals)}
        source.found = _add(source.found, unread)
        source.save(update_fields=["found"])
        return Progress(cursor={}, done=staged.rows, refusals=staged.refusals)

    def _count(self, source: Import) -> Progress:
        window = windows.window(source, source.checked_to, CHECKED_ROWS)
        if window is None:
            return Progress(cursor=_from_the_top(source))
        window.find_known()
        repeats = [
            Refusal("repeated", wishes.REPEATED.format(same_as), row=number)
            for number, same_as in window.repeats()
        ]
        plan = importing.plans(source, staging.rows_of(source, window.known))
        fresh = window.fresh()
        counts, refusals = wishes.foresee(source, plan, fresh)
        source.found = _add(source.found, counts | {"repeated": len(repeats)})
        source.checked_to = window.last
        source.save(update_fields=["found", "checked_to"])
        done = len(repeats) + len(plan.changes) + len(fresh)
        return Progress(cursor={}, done=done, refusals=[*repeats, *refusals])


class Run:
    """Writes the rows that were checked, each exactly once, then the file of those that were not imported."""

    least_role = Role.MANAGER.value

    def total(self, job: Job) -> int:
        source = _source(job)
        return source.rows.filter(same_as=None, number__gt=source.written_to).count()

    def batch(self, job: Job) -> Progress:
        source = _source(job)
        if "file" in job.cursor:
            progress = _tell(source, job, [*source.check_jobs, *source.run_jobs])
            if progress.cursor is None:
                source.state = Import.State.DONE
                source.save(update_fields=["state"])
                choosing.drop(source)
            return progress
        window = windows.window(source, source.written_to, WRITTEN_ROWS, counting=True)
        return self._write(window, job) if window else Progress(cursor=_from_the_top(source))

    def _write(self, window: Window, job: Job) -> Progress:
        source = window.source
        by = Actor(Source.IMPORT.value, job.started_by, job.role or None, job.user_id)
        written = importing.write(window, by)
        blocked, refusals = wishes.grant(source, written, by)
        counts = {
            "created": written.created,
            "updated": written.updated,
            "unchanged": written.unchanged,
            "blocked": blocked,
            **Counter(refusal.code for refusal in refusals),
        }
        source.result = _add(source.result, counts)
        before, source.written_to = source.written_to, window.last
        source.save(update_fields=["result", "written_to"])
        importing.keep_counted(before, source.written_to)
        return Progress(
            cursor={},
            done=written.rows,
            changed=written.created + written.updated,
            unchanged=written.unchanged,
            refusals=refusals,
        )


def _from_the_top(source: Import) -> dict[str, object]:
    return {"file": [source.header_ends, source.header_row]}


def _tell(source: Import, job: Job, told_by: Iterable[int]) -> Progress:
    """The next part of the file of rows that were not imported."""
    place, after = job.cursor["file"]
    content, place, last = importing.problems_file(source, list(told_by), place, after)
    if content:
        jobs.append(job, PROBLEMS, content)
    done = last == after
    return Progress(cursor=None if done else {"file": [place, last]}, total=job.done if done else None)
