"""What the pages of an import show: its columns with their samples, and where it stands in figures and sentences."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from config.desk import words
from contacts.importing import columns
from contacts.models import Import, Job, JobRefusal
from contacts.services import jobs
from contacts.services.importing import choosing
from workflows.models import Version

SHOWN_FAULTS = 50
PHONES = ("phone", "phone:mobile", "phone:home", "phone:work")
CHOICES = (
    ("Who it is", ("first_name", "last_name", "full_name", "email", *PHONES, "external_id")),
    ("More about them", ("tags", "timezone", "status")),
    ("Do Not Disturb", (*columns.DND, columns.DND_ALL, columns.DND_LIST, columns.DND_REASON)),
)
CODES = {
    "unread": "Not imported",
    "repeated": "Not imported",
    "refused": "Not imported",
    "left": "DND left as it is",
}
CAUSES = ("contact_created", "tag_added")


def mapping(source: Import, given: QueryDict | None, errors: Mapping[str, str]) -> dict[str, Any]:
    """The page on which columns get their meaning."""
    shown = columns.names(source.headers)
    targets = [
        given.get(f"column-{place}", "") if given else target for place, target in enumerate(source.targets)
    ]
    lines = [
        {
            "place": place,
            "header": header,
            "samples": [row[place] for row in source.samples if place < len(row) and row[place]],
            "groups": _groups(target),
            "error": errors.get(f"columns.{place}", ""),
        }
        for place, (header, target) in enumerate(zip(shown, targets, strict=True))
    ]
    return {
        "source": source,
        "lines": lines,
        "doubtful": columns.doubtful(source.headers, targets),
        "errors": errors,
        "match": given.get("match", "") if given else _last_match(source),
        "matches": Import.Match.choices,
        "tags": given.get("tags", "") if given else ", ".join(source.tags) or _day_tag(),
        "starts": given.get("starts") == "on" if given else source.starts,
    }


def _groups(chosen: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    groups = [
        (title, [(target, columns.title(target), target == chosen) for target in targets])
        for title, targets in CHOICES
    ]
    if chosen.startswith("phone:") and chosen not in PHONES and columns.known(chosen):
        groups[0][1].append((chosen, columns.title(chosen), True))
    return groups


def _last_match(source: Import) -> str:
    """How the business matched the last time."""
    if source.check_jobs:
        return source.match
    last = Import.objects.of(source.business_id).exclude(check_jobs=[]).order_by("-pk").first()
    return last.match if last else source.match


def _day_tag() -> str:
    """By which everybody of the file can be found again."""
    return f"Import {timezone.localdate().isoformat()}"


def standing(source: Import) -> dict[str, Any]:
    """The page of one import, in whatever state it is now."""
    job = _newest_job(source)
    working = job is not None and job.is_open
    faults = JobRefusal.objects.filter(job__in=[*source.check_jobs, *source.run_jobs])
    return {
        "source": source,
        "job": job,
        "working": working,
        "stopped": not working and source.state in (Import.State.CHECKING, Import.State.RUNNING),
        "percent": (job.percent or 0) if job else 0,
        "figures": _figures(source),
        "faults": [
            (fault.row, CODES.get(fault.code, fault.code), fault.detail)
            for fault in faults.order_by("row", "id")[:SHOWN_FAULTS]
        ],
        "more_faults": f"{more:,}" if (more := faults.count() - SHOWN_FAULTS) > 0 else "",
        "has_file": job is not None and any(jobs.files_of(job)),
        "starting": _starting(source),
        "meanings": _meanings(source),
        "will": _people(_count(source.found, "created", "updated")),
        "when": words.at(source.created_at),
        "checking": job is not None and job.kind == choosing.CHECK,
    }


def _newest_job(source: Import) -> Job | None:
    """The job that it is about, and the source brought to no earlier a moment.

    The last batch ends both at once. Who reads the source first may see it before and the job after, which
    looks like a job that was cancelled.
    """
    while True:
        newest = _newest(source)
        job = Job.objects.filter(pk__in=newest).first()
        source.refresh_from_db()
        if newest == _newest(source):
            return job


def _newest(source: Import) -> list[int]:
    return (source.run_jobs or source.check_jobs)[-1:]


def _count(counts: Mapping[str, int], *names: str) -> int:
    return sum(counts.get(name, 0) for name in names)


def _people(number: int) -> str:
    return f"{number:,} contact{'' if number == 1 else 's'}" if number else ""


def _figures(source: Import) -> list[tuple[str, str, str]]:
    """(words, how many, what it means) of the check before the run, and of the run after it."""
    ran = source.state in (Import.State.RUNNING, Import.State.DONE)
    counts = source.result if ran else source.found
    found = source.found
    lines = [
        ("New contacts", _count(counts, "created"), ""),
        ("Changed contacts", _count(counts, "updated"), ""),
        ("Unchanged contacts", _count(counts, "unchanged"), "they are as the file says already"),
        ("Get a block", _count(counts, "blocked"), "a channel is blocked for them by this file"),
        ("DND left as it is", _count(counts, "left"), "the file says allowed, and an import never lifts DND"),
        (
            "Rows left out",
            _count(found, "unread", "repeated") + _count(counts, "refused"),
            "each is listed with the reason",
        ),
    ]
    if not ran and found.get("suppressed"):
        why = "they have an address on the suppression list"
        lines.insert(4, ("Stopped by the suppression list", found["suppressed"], why))
    return [(words, f"{number:,}", meaning) for words, number, meaning in lines]


def _starting(source: Import) -> list[str]:
    """The published workflows that a new or tagged contact would start."""
    if not source.starts or source.state != Import.State.CHECKED:
        return []
    published = Version.objects.published().filter(business=source.business_id, workflow__deleted_at=None)
    return [
        name
        for name, triggers in published.order_by("workflow__name").values_list("workflow__name", "triggers")
        if any(trigger.get("type") in CAUSES for trigger in triggers)
    ]


def _meanings(source: Import) -> list[tuple[str, str]]:
    shown = zip(columns.names(source.headers), source.targets, strict=True)
    return [(header, columns.title(target) if target else "left out") for header, target in shown]
