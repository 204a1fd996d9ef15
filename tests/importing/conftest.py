"""A business, and files that go all the way: brought in, mapped by their headers, checked, imported."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from contacts.models import Business, Contact, Import, Job, JobRefusal
from contacts.services import importing, jobs
from tests.factories import MANAGER, BusinessFactory


@pytest.fixture
def business(db) -> Business:
    return BusinessFactory()


@dataclass
class Filed:
    """What became of a file."""

    source: Import

    @property
    def result(self) -> dict[str, int]:
        self.source.refresh_from_db()
        return self.source.result

    @property
    def found(self) -> dict[str, int]:
        self.source.refresh_from_db()
        return self.source.found

    def told(self, *, run: bool = True) -> dict[int, str]:
        """The sentence for each row that has one."""
        self.source.refresh_from_db()
        ids = [*self.source.check_jobs, *(self.source.run_jobs if run else ())]
        return dict(JobRefusal.objects.filter(job__in=ids).order_by("id").values_list("row", "detail"))

    def problems(self) -> str:
        """The file of rows that were not imported."""
        self.source.refresh_from_db()
        job = Job.objects.get(pk=(self.source.run_jobs or self.source.check_jobs)[-1])
        return b"".join(jobs.read(job, "not-imported.csv")).decode()


def bring(business: Business, text: str | bytes, **more: object) -> Import:
    data = text.encode() if isinstance(text, str) else text
    return importing.bring(
        business=business, filename="people.csv", file=io.BytesIO(data), size=len(data), by=MANAGER, **more
    )


def check(
    source: Import, *, targets: list[str] | None = None, match: str = "email", tags: tuple[str, ...] = ()
) -> Filed:
    importing.choose(
        source=source,
        targets=source.targets if targets is None else targets,
        match=match,
        tag_names=tags,
        starts=True,
        by=MANAGER,
    )
    work()
    return Filed(source)


def work() -> None:
    """Do every job to its end."""
    jobs.run_due(3600)
    failed = Job.objects.filter(state="failed").first()
    assert failed is None, failed.error


@pytest.fixture
def brought(business) -> Callable[..., Filed]:
    """`brought("email,dnd_sms\\n…")`: checked and imported, the columns as their headers say."""

    def do(text: str | bytes, **options: object) -> Filed:
        filed = check(bring(business, text), **options)
        importing.go(source=filed.source, by=MANAGER)
        work()
        return filed

    return do


def contact_of(email: str) -> Contact:
    return Contact.objects.get(points__value=email)
