"""Long work, done in batches by the workers of the queue `bulk`. Call as `jobs.create(...)`.

**A job is a row.** The broker only rings: whoever is killed, the tick finds the job again when its lease is over,
and goes on where the last committed batch ended. A batch is one transaction that also moves the job's cursor and
counters, so that nothing is done twice and nothing is left out.

**To write a runner**, give a class these three and register it in the `ready()` of the AppConfig of its app:

    class BulkDnd:
        least_role = "manager"                   # who may start it, cancel it, and read what it leaves

        def total(self, job: Job) -> int:        # counted once, before the first batch
            return audience(job).count()

        def batch(self, job: Job) -> Progress:   # the next piece, in a transaction that is already open
            after = job.cursor.get("after", 0)   # {} the first time
            ids = …up to 500 ids greater than `after`, in their order…
            outcomes = dnd.change(business=job.business, contacts=ids, by=jobs.actor_of(job), …)
            return Progress(
                cursor={"after": ids[-1]} if ids else None,     # None: that was all
                done=len(ids), changed=…, unchanged=…,
                refusals=[Refusal(code="dnd_locked", detail="…", contact=pk), …],
            )

    jobs.register("bulk_dnd", BulkDnd())

The rules of a batch:
- Everything that it writes, it writes in that transaction: into tables, or with `jobs.append` into a file of the job.
  What leaves the system is a due row as everywhere, never a call from here.
- Locks in the usual order (addresses, contacts, the rest). The job's own row comes last, and no runner locks it.
- About a second at most, for others wait for the locks and a cancelled job rolls back no more than one batch.
- `job` is as the last batch left it; a runner changes nothing of it and keeps nothing between batches.
- The cursor goes through JSON. Go by something that does not change (an id, a line), not by an offset or a state.
- A contact or row that cannot be done is a refusal. `raise JobFailed("One sentence.")` ends the job as failed; any
  other exception is our own fault: it is logged, tried again, and in the end told as that.

To start one: `jobs.create(business=…, kind="bulk_dnd", title="Block SMS for 1,204 contacts", params={…}, by=actor)`
in the transaction of whatever belongs to it. `params` holds no personal data.
"""

from contacts.services.jobs.creating import actor_of, cancel, create, may_manage
from contacts.services.jobs.files import File, append, drop, drop_old, files_of, read
from contacts.services.jobs.refusals import refused_csv
from contacts.services.jobs.registry import JobFailed, Progress, Refusal, Runner, register
from contacts.services.jobs.running import run_due

__all__ = [
    "File",
    "JobFailed",
    "Progress",
    "Refusal",
    "Runner",
    "actor_of",
    "append",
    "cancel",
    "create",
    "drop",
    "drop_old",
    "files_of",
    "may_manage",
    "read",
    "refused_csv",
    "register",
    "run_due",
]
