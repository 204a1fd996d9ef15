"""What a job refused, as a file."""

from collections.abc import Iterator

from contacts import spreadsheets
from contacts.models import Job, JobRefusal

COLUMNS = ("contact", "name", "row", "code", "detail")


def refused_csv(job: Job) -> Iterator[str]:
    """Each refusal as a line of CSV, in the order of the work, with the name that the contact has now."""
    refusals = JobRefusal.objects.filter(job=job).select_related("contact").order_by("pk").iterator(2000)
    rows = (
        (each.contact_id, each.contact and each.contact.name, each.row, each.code, each.detail)
        for each in refusals
    )
    return spreadsheets.lines(COLUMNS, rows)
