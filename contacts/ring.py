"""Tell the workers that something is due, once it is committed.

A ring is a hint. The ticks find within a second whatever was not rung for, so a ring neither waits for the
broker nor fails with it: a thread of each process does the ringing, and what is asked for again before its
turn came is rung for once.
"""

import logging
import os
import threading
import time
from typing import Any

from celery import Task, current_app
from django.db import transaction

log = logging.getLogger(__name__)
AT_MOST_EVERY = 0.02
QUIET_AFTER_FAILURE = 1.0

Wanted = tuple[str, tuple[Any, ...]]
"""The name of a task, and its arguments."""


class Bell:
    """Rings for everything that is wanted, then waits a moment for more of the same."""

    def __init__(self) -> None:
        self.wanted: set[Wanted] = set()
        self.lock = threading.Lock()
        self.something = threading.Event()
        self.ringer: threading.Thread | None = None

    def want(self, wanted: Wanted) -> None:
        with self.lock:
            self.wanted.add(wanted)
            if self.ringer is None:
                self.ringer = threading.Thread(target=self._ring_for_ever, name="ring", daemon=True)
                self.ringer.start()
        self.something.set()

    def _ring_for_ever(self) -> None:
        while self.something.wait():
            self.something.clear()
            with self.lock:
                now, self.wanted = self.wanted, set()
            time.sleep(AT_MOST_EVERY if all(map(_rang, now)) else QUIET_AFTER_FAILURE)


def _rang(wanted: Wanted) -> bool:
    """Whether it worked. After one failure the rest is left to the ticks."""
    task, args = wanted
    try:
        current_app.send_task(task, args, retry=False, expires=5)
    except Exception as error:  # whatever the transport raises, what was committed stays committed
        log.warning("Could not ring for %s: %s", task, type(error).__name__)
        return False
    return True


class _Ask:
    """What a transaction does when it has committed; equal to every other that would ask for the same."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ask) and self.wanted == other.wanted

    def __hash__(self) -> int:
        return hash(self.wanted)

    def __call__(self) -> None:
        bell.want(self.wanted)


def ring(task: Task[Any, Any] | str, *args: Any) -> None:
    """Run this task soon after the transaction has committed; at once when there is none.

    An app rings for a task of an app above it by the task's name.
    """
    ask = _Ask((task if isinstance(task, str) else task.name, args))
    waiting = transaction.get_connection().run_on_commit
    if not any(entry[1] == ask for entry in waiting):
        transaction.on_commit(ask, robust=True)


def _renew() -> None:
    """A child of a fork has the parent's bell without its thread, and perhaps with its lock held."""
    global bell
    bell = Bell()


bell = Bell()
os.register_at_fork(after_in_child=_renew)
