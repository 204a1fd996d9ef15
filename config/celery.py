"""Celery: four queues, and the ticks that find what is due.

The broker only rings. Everything that must happen stands in PostgreSQL, and the ticks look there every second,
so nothing here needs late acknowledgement, results, retries or a broker that remembers.
"""

import os
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("heed")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["config"])


def _tick(task: str, queue: str, *args: str, every: float = 1.0) -> dict[str, Any]:
    """A tick that waited longer than two seconds is dropped: the next one is already there."""
    return {"task": task, "schedule": every, "args": args, "options": {"queue": queue, "expires": 2}}


app.conf.beat_schedule = {
    "dispatch": _tick("workflows.tasks.dispatch_due", "events"),
    "run": _tick("workflows.tasks.run_due", "engine"),
    "deliver-system": _tick("messaging.tasks.deliver_lane", "delivery", "system"),
    "deliver-interactive": _tick("messaging.tasks.deliver_lane", "delivery", "interactive"),
    "deliver-bulk": _tick("messaging.tasks.deliver_lane", "delivery", "bulk"),
    "reap": _tick("messaging.tasks.reap", "events"),
    "dnd": _tick("dnd.tasks.tick", "events"),
    "beat-seen": _tick("config.tasks.beat_seen", "events"),
    "audit": _tick("messaging.tasks.audit", "bulk", every=600.0)
    | {"options": {"queue": "bulk", "expires": 500}},
}


@signals.task_prerun.connect
@signals.task_postrun.connect
def keep_good_connections(**_: Any) -> None:
    """As Django does around a request: drop a database connection that broke or aged, keep the others.

    Celery's own fixup would open a new one for every task; CELERY_DB_REUSE_MAX in the settings holds it off.
    """
    close_old_connections()
