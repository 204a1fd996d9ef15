"""Starting and cancelling, by people and programs."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from contacts.actors import Actor
from contacts.models import Business, Job
from contacts.ring import ring
from contacts.services.errors import Conflict, RoleRequired
from contacts.services.jobs.registry import runners
from contacts.words import role_reaches

RUN = "contacts.tasks.run_jobs"


def create(
    *,
    business: Business,
    kind: str,
    title: str,
    params: Mapping[str, Any],
    by: Actor,
    total: int | None = None,
) -> Job:
    """Queue a job, in the caller's transaction. Raises RoleRequired for whoever may not start this kind."""
    _need(kind, by)
    job = Job.objects.create(
        business=business,
        kind=kind,
        title=title[:200],
        params=dict(params),
        total=total,
        started_by=by.label,
        user_id=by.user_id,
        role=by.role or "",
        source=by.source,
    )
    ring(RUN)
    return job


def cancel(*, job: Job, by: Actor) -> None:
    """End it now. A batch that is under way is undone; what earlier ones did stays. Conflict when it has ended."""
    _need(job.kind, by)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_job SET state = 'cancelled', finished_at = clock_timestamp(), ended_by = %s"
            " WHERE id = %s AND state IN ('queued', 'running')",
            [by.label or by.source, job.pk],
        )
        if not cursor.rowcount:
            raise Conflict("job_ended", "This job has ended: there is nothing to cancel any more.")


def may_manage(job: Job, role: str | None) -> bool:
    """Whether this role may cancel it and read the files that it left."""
    return job.kind in runners and role_reaches(role, runners[job.kind].least_role)


def actor_of(job: Job) -> Actor:
    """Whoever started it, with the role that they had."""
    return Actor(job.source, job.started_by, job.role or None, job.user_id)


def _need(kind: str, by: Actor) -> None:
    least = runners[kind].least_role
    if not role_reaches(by.role, least):
        raise RoleRequired(least)
