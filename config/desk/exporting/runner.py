"""The job of an export: in the order of ids, a batch at a time, each in the transaction that says how far it is."""

from typing import cast

from django.db.models import QuerySet

from contacts.actors import Actor
from contacts.models import Business, Contact, Job
from contacts.services import jobs
from contacts.services.errors import Invalid
from contacts.services.jobs import Progress
from contacts.words import Role
from dnd import audience, exporting
from dnd import services as dnd
from dnd.audience import Wanted

KIND = "export"
FILE = "contacts.csv"
BATCH = 10_000


def start(*, business: Business, wanted: Wanted, dead_too: bool = True, by: Actor) -> Job:
    """Queue the export of the contacts that meet every filter, without `dead_too` none in a dead status.

    Managers may. Raises Invalid for a wrong status.
    """
    chosen(business, wanted, dead_too=dead_too)
    return jobs.create(
        business=business,
        kind=KIND,
        title="Export contacts",
        params={"filter": dict(wanted), "dead_too": dead_too},
        by=by,
    )


def chosen(business: Business, wanted: Wanted, *, dead_too: bool) -> QuerySet[Contact]:
    """Whom the file has. Raises Invalid for a status that the business does not have."""
    audience.matching(business, wanted)
    return dnd.Whom(wanted=wanted, dead_too=dead_too).found(business)


class Export:
    """Contacts that come while it runs come last, and are in it too."""

    least_role = Role.MANAGER.value

    def total(self, job: Job) -> int:
        return self._all(job).count()

    def batch(self, job: Job) -> Progress:
        after = job.cursor.get("after", 0)
        rest = self._all(job).filter(pk__gt=after).order_by("pk")
        ids = list(rest.values_list("pk", flat=True)[:BATCH])
        content = b"" if after else exporting.header()
        content += exporting.lines(ids) if ids else b""
        if content:
            jobs.append(job, FILE, content)
        more = len(ids) == BATCH
        return Progress(cursor={"after": ids[-1]} if more else None, done=len(ids), changed=len(ids))

    def _all(self, job: Job) -> QuerySet[Contact]:
        """An export that was queued before `dead_too` was known has everybody."""
        wanted, dead_too = cast("Wanted", job.params["filter"]), job.params.get("dead_too", True)
        try:
            return chosen(job.business, wanted, dead_too=dead_too)
        except Invalid as invalid:
            raise jobs.JobFailed(str(invalid)) from invalid
