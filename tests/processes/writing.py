"""A kind of job that leaves a note on every contact, and processes that work on such jobs."""

import os
import time

from contacts import locks
from contacts.models import Contact, Job, Note
from contacts.services import jobs

KIND = "test_notes"
SIZE = 10
PAUSE = float(os.environ.get("HEED_TEST_PAUSE", "0"))
"""Seconds in the middle of each batch, so that somebody can come between."""


class LeaveNotes:
    """Each contact one note, in the order of their ids; a contact named Fault is refused, one named Crash raises."""

    least_role = "manager"

    def total(self, job: Job) -> int:
        return Contact.objects.of(job.business).count()

    def batch(self, job: Job) -> jobs.Progress:
        rest = Contact.objects.of(job.business).filter(pk__gt=job.cursor.get("after", 0)).order_by("pk")
        found = list(rest[:SIZE])
        if not found:
            return jobs.Progress(cursor=None)
        locks.lock_contacts(job.business_id, [contact.pk for contact in found])
        names = {contact.pk: contact.first_name for contact in found}
        if "Fault" in names.values() and job.params.get("strict"):
            raise jobs.JobFailed("There is a contact named Fault.")
        assert "Crash" not in names.values()
        fine = [contact for contact in found if contact.first_name != "Fault"]
        Note.objects.bulk_create(
            Note(business=job.business, contact=contact, text=f"Job {job.pk}") for contact in fine
        )
        jobs.append(job, "notes.csv", "".join(f"{contact.pk}\r\n" for contact in fine).encode())
        time.sleep(PAUSE)
        return jobs.Progress(
            cursor={"after": found[-1].pk},
            done=len(found),
            changed=len(fine),
            refusals=[
                jobs.Refusal("fault", "=This one is named Fault.", contact=pk)
                for pk, name in names.items()
                if name == "Fault"
            ],
        )


jobs.register(KIND, LeaveNotes())


def work() -> bool:
    """Work until no job is open any more."""
    jobs.run_due(3600)
    return not Job.objects.open().exists()


def serve() -> bool:
    """Wait for a job, and work until it has ended."""
    jobs.run_due(3600)
    return Job.objects.exists() and not Job.objects.open().exists()


ROLES = {"work": work, "serve": serve}
