"""Rings: each looks in the tables for what is due, so a lost or doubled call does no harm."""

import time
from collections.abc import Callable

from celery import shared_task

from contacts.ring import ring
from workflows import dispatch
from workflows.engine.tick import tick

AT_A_STRETCH = 5.0


@shared_task(ignore_result=True)
def dispatch_due() -> None:
    """Start the workflows that wait for what has happened."""
    _work_off(dispatch.dispatch_batch, "workflows.tasks.dispatch_due")


@shared_task(ignore_result=True)
def run_due() -> None:
    """Move the enrollments that are due."""
    _work_off(tick, "workflows.tasks.run_due")


def _work_off(batch: Callable[[], int], task: str) -> None:
    """Batch after batch while there is something to do; after five seconds others get their turn."""
    until = time.monotonic() + AT_A_STRETCH
    while batch():
        if time.monotonic() > until:
            ring(task)
            return
