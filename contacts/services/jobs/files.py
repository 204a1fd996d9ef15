"""The files of jobs, kept in PostgreSQL piece by piece: nothing lies on one machine's disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Max, Min, Sum
from django.db.models.functions import Length, Now

from contacts.models import Job, JobFile

PIECE = 512 * 1024
KEPT = timedelta(days=30)
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content_type: str
    size: int


def append(
    job: Job,
    name: str,
    content: bytes,
    *,
    content_type: str = CSV,
    purpose: str = JobFile.Purpose.RESULT.value,
) -> None:
    """Add to the end of a file of this job, in the caller's transaction; the first time makes it."""
    last = JobFile.objects.filter(job=job, name=name).aggregate(last=Max("number"))["last"]
    first = 0 if last is None else last + 1
    JobFile.objects.bulk_create(
        JobFile(
            job=job,
            name=name,
            purpose=purpose,
            content_type=content_type,
            number=first + number,
            content=content[start : start + PIECE],
        )
        for number, start in enumerate(range(0, len(content), PIECE))
    )


def files_of(job: Job) -> list[File]:
    """What the job left, by name; not what it was given."""
    found = JobFile.objects.filter(job=job, purpose=JobFile.Purpose.RESULT).values("name")
    summed = found.annotate(kind=Min("content_type"), size=Sum(Length("content"))).order_by("name")
    return [File(row["name"], row["kind"], row["size"]) for row in summed]


def read(job: Job, name: str) -> Iterator[bytes]:
    """The pieces of a file in their order, one in memory at a time. None of a file that is not there."""
    pieces = JobFile.objects.filter(job=job, name=name).order_by("number")
    for content in pieces.values_list("content", flat=True).iterator(1):
        yield bytes(content)


def drop(job: Job) -> None:
    """Remove every file of this job, given and left."""
    JobFile.objects.filter(job=job).delete()


def drop_old() -> None:
    """Files are for fetching, not for keeping: they go a month after their job has ended."""
    JobFile.objects.filter(job__finished_at__lt=Now() - KEPT).delete()
