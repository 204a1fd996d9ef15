"""Tell the workers that something is due, once it is committed.

A ring is a hint. The ticks find within a second whatever was not rung for, so a ring neither waits for the
broker nor fails with it.
"""

import logging
import time
from typing import Any

from celery import Task, current_app
from django.db import transaction

log = logging.getLogger(__name__)
QUIET_AFTER_FAILURE = 1.0
_broker_down_until = 0.0


class _Ring:
    """Equal to every other ring for the same, so that a transaction that asks twice rings once."""

    def __init__(self, task: str, args: tuple[Any, ...]) -> None:
        self.key = (task, args)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ring) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __call__(self) -> None:
        global _broker_down_until
        if time.monotonic() < _broker_down_until:
            return
        try:
            current_app.send_task(self.key[0], self.key[1], retry=False, expires=5)
        except Exception as error:  # whatever the transport raises, what was committed stays committed
            _broker_down_until = time.monotonic() + QUIET_AFTER_FAILURE
            log.warning("Could not ring for %s: %s", self.key[0], type(error).__name__)


def ring(task: Task[Any, Any] | str, *args: Any) -> None:
    """Run this task soon after the transaction has committed; at once when there is none.

    An app rings for a task of an app above it by the task's name.
    """
    wanted = _Ring(task if isinstance(task, str) else task.name, args)
    waiting = transaction.get_connection().run_on_commit
    if not any(entry[1] == wanted for entry in waiting):
        transaction.on_commit(wanted, robust=True)
