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
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["config"])


QUEUES = {
    "workflows.tasks.dispatch_due": "events",
    "workflows.tasks.run_due": "engine",
    "messaging.tasks.deliver_lane": "delivery",
    "messaging.tasks.queue_broadcasts": "bulk",
    "messaging.tasks.work_inbound": "events",
    "messaging.tasks.work_feedback": "events",
    "messaging.tasks.empty_feedback": "bulk",
    "messaging.tasks.empty_inbound": "bulk",
    "messaging.tasks.ask_times": "delivery",
    "messaging.tasks.reconcile": "bulk",
    "messaging.tasks.reap": "events",
    "messaging.tasks.audit": "bulk",
    "contacts.tasks.run_jobs": "bulk",
    "contacts.tasks.empty_jobs": "bulk",
    "dnd.tasks.tick": "events",
    "config.tasks.beat_seen": "events",
}
"""Where each task goes, whoever rings for it."""

app.conf.task_routes = {task: {"queue": queue} for task, queue in QUEUES.items()}


def _tick(task: str, *args: str, every: float = 1.0, expires: float = 2.0) -> dict[str, Any]:
    """A tick that waited longer than two seconds is dropped: the next one is already there."""
    return {
        "task": task,
        "schedule": every,
        "args": args,
        "options": {"queue": QUEUES[task], "expires": expires},
    }


app.conf.beat_schedule = {
    "dispatch": _tick("workflows.tasks.dispatch_due"),
    "run": _tick("workflows.tasks.run_due"),
    "deliver-system": _tick("messaging.tasks.deliver_lane", "system"),
    "deliver-interactive": _tick("messaging.tasks.deliver_lane", "interactive"),
    "deliver-bulk": _tick("messaging.tasks.deliver_lane", "bulk"),
    "broadcasts": _tick("messaging.tasks.queue_broadcasts"),
    "inbound": _tick("messaging.tasks.work_inbound"),
    "feedback": _tick("messaging.tasks.work_feedback"),
    "empty-feedback": _tick("messaging.tasks.empty_feedback", every=3600.0, expires=1800.0),
    "empty-inbound": _tick("messaging.tasks.empty_inbound", every=3600.0, expires=1800.0),
    "ask-times": _tick("messaging.tasks.ask_times"),
    "reconcile": _tick("messaging.tasks.reconcile", every=15.0, expires=10.0),
    "reap": _tick("messaging.tasks.reap"),
    "dnd": _tick("dnd.tasks.tick"),
    "jobs": _tick("contacts.tasks.run_jobs"),
    "empty-jobs": _tick("contacts.tasks.empty_jobs", every=3600.0, expires=1800.0),
    "beat-seen": _tick("config.tasks.beat_seen"),
    "audit": _tick("messaging.tasks.audit", every=600.0, expires=500.0),
}


@signals.celeryd_init.connect
@signals.beat_init.connect
def check_servers(**_: Any) -> None:
    from config.environment import need_servers  # settings are read only once Celery itself has begun

    need_servers()


@signals.setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """Celery would otherwise add handlers of its own, with other words and without the redaction."""


@signals.task_prerun.connect
@signals.task_postrun.connect
def keep_good_connections(**_: Any) -> None:
    """As Django does around a request: drop a database connection that broke or aged, keep the others.

    Celery's own fixup would open a new one for every task; CELERY_DB_REUSE_MAX in the settings holds it off.
    """
    close_old_connections()
