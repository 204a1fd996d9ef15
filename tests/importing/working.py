"""A process that works on jobs, as a worker of the queue does."""

import os

from config.desk.importing import runners
from contacts.models import Job
from contacts.services import jobs
from contacts.services.importing import staging

# Small enough that even a small file has a middle in which to be killed.
STEP = max(50, int(os.environ["HEED_IMPORT_ROWS"]) // 60)
staging.BATCH = min(staging.BATCH, STEP)
runners.CHECKED_ROWS = min(runners.CHECKED_ROWS, STEP)
runners.WRITTEN_ROWS = min(runners.WRITTEN_ROWS, STEP)


def work() -> bool:
    """Work until no job is open any more."""
    jobs.run_due(3600)
    return not Job.objects.open().exists()


ROLES = {"work": work}
