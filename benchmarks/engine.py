"""Steps a second of the engine, beside no-op tasks a second of Celery, by the same worker on the same broker."""

from typing import Any

import redis
from celery import current_app
from django.db import connection

from benchmarks import people, running
from benchmarks.noop import noop
from benchmarks.result import Row, less_is_better, more_is_better
from benchmarks.running import Bench, wait_until
from config.supervisor import program
from config.supervisor.parts import Part
from messaging.models import Connection
from tests.factories import MANAGER
from workflows import services as workflows
from workflows.models import Enrollment, Version

ENROLLMENTS = 20_000
TASKS = 10_000
STEPS = [
    {"kind": "add_tag", "tag": "Reached"},
    {
        "kind": "send_sms",
        "body": "Hello {{contact.first_name}}, your appointment is on Monday.",
    },
    {
        "kind": "send_email",
        "subject": "Monday",
        "body": "Hello {{contact.first_name}}, see you on Monday.",
    },
    {"kind": "wait", "for": "0s"},
    {"kind": "create_task", "title": "Call {{contact.first_name}}"},
]
MEMORY_LIMIT = 250.0


def measure(bench: Bench) -> list[Row]:
    tasks = tasks_per_second(bench)
    steps, memory = steps_per_second(bench)
    return [
        more_is_better(
            "engine",
            steps,
            "steps/s",
            "no-op Celery tasks/s, same worker and broker",
            tasks,
            5.0,
        ),
        less_is_better("worker_memory", memory, "MB peak", "the limit", MEMORY_LIMIT, 1.0),
    ]


def worker() -> Part:
    """The engine's worker as `make run` starts it: two processes, here on its own queue alone."""
    options = "worker -Q engine -c 2 -n engine@bench --without-gossip --without-mingle -I benchmarks.noop"
    return program.celery("worker-engine", options, grace=8.0, turn=0)


def tasks_per_second(bench: Bench) -> float:
    """The queue is filled before the worker starts, and the clock runs from its first task to its last."""
    queue = redis.Redis.from_url(running.redis_url())
    with current_app.producer_pool.acquire(block=True) as producer:
        for number in range(TASKS):
            noop.apply_async((number,), queue="engine", producer=producer, serializer="json")
    bench.start(worker())
    begun = wait_until(lambda: queue.llen("engine") < TASKS, 60, "the first no-op task")
    ended = wait_until(lambda: queue.llen("engine") == 0, 120, "the last no-op task")
    bench.stop()
    return TASKS / (ended - begun)


def steps_per_second(bench: Bench) -> tuple[float, float]:
    """Every enrollment becomes due at once; it counts until the last has ended, its messages queued."""
    owner = people.business("engine")
    ids = people.contacts(owner, ENROLLMENTS)
    people.block(owner, ids[::3], "sms")
    for channel, config in CONNECTIONS.items():
        Connection.objects.create(business=owner, channel=channel, **config)
    workflow = workflows.create(
        business=owner,
        data={"name": "Bench", "triggers": [], "steps": STEPS},
        by=MANAGER,
    )
    version = workflows.publish(workflow=workflow, by=MANAGER)
    _enroll(ids, version)
    people.analyze()
    one = bench.start(worker())
    wait_until(lambda: bool(current_app.control.ping(timeout=0.5)), 60, "the worker's answer")
    begun = wait_until(_make_due, 10, "enrolling")
    ended = wait_until(lambda: not _running(version), 300, "the last step")
    memory = running.peak_memory(one.process.pid)
    bench.stop()
    _check(version)
    return ENROLLMENTS * len(STEPS) / (ended - begun), memory


CONNECTIONS: dict[str, dict[str, Any]] = {
    "sms": {
        "driver": "twilio",
        "config": {
            "account_sid": "AC" + "0" * 32,
            "auth_token": "0" * 32,
            "from_number": "+14155550199",
        },
    },
    "email": {
        "driver": "smtp",
        "config": {"url": "smtp://127.0.0.1:2525", "from_email": "desk@example.org"},
    },
}


def _enroll(ids: list[int], version: Version) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_enrollment (business_id, workflow_id, version_id, contact_id, state, exit_reason,"
            " exit_detail, entered_by, entered_at, position, kind, due_at, depth, context)"
            " SELECT %s, %s, %s, id, 'active', '', '', 'bench', now(), 0, 'add_tag', now() + interval '1 day', 0, '{}'"
            " FROM unnest(%s::bigint[]) id",
            [version.business_id, version.workflow_id, version.pk, ids],
        )


def _make_due() -> bool:
    Enrollment.objects.running().update(due_at="2000-01-01T00:00:00Z")
    for _ in range(2):
        current_app.send_task("workflows.tasks.run_due")
    return True


def _running(version: Version) -> int:
    return running.count(
        "SELECT count(*) FROM workflows_enrollment WHERE due_at IS NOT NULL AND version_id = %s",
        version.pk,
    )


def _check(version: Version) -> None:
    """A figure counts only if everything that it stands for was done."""
    steps = running.count(
        "SELECT count(*) FROM workflows_steprun WHERE business_id = %s",
        version.business_id,
    )
    queued = running.count(
        "SELECT count(*) FROM messaging_message WHERE business_id = %s AND state = 'queued'",
        version.business_id,
    )
    blocked = -(-ENROLLMENTS // 3)
    if (steps, queued) != (ENROLLMENTS * len(STEPS), 2 * ENROLLMENTS - blocked):
        raise AssertionError(f"{steps} step runs and {queued} queued messages are not what was asked for")
