"""One run at the door: claim, call and settle until nothing of a lane is due."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager

from django.core.cache import cache

from contacts.ring import ring
from messaging.delivery import claims, due
from messaging.delivery.calling import Called, Callers
from messaging.delivery.claims import Claims
from messaging.delivery.limits import CALL_LIMIT, CLAIMING_FOR, LINGER, START_WITHIN, THREADS
from messaging.delivery.settling import settle
from messaging.models import Lane

TASK = "messaging.tasks.deliver_lane"
WORTH_A_CLAIM = THREADS // 2
"""Claiming costs the same for one as for many, so it waits until this many threads are free …"""
PATIENCE = 0.02
"""… but no longer than this many seconds."""
LOOK_AGAIN = 0.25
"""While calls are out, for messages that came meanwhile."""
NEAR = 1.0
"""Seconds: what is due later is found by the next tick."""
LONGEST_RUN = int(CLAIMING_FOR + CALL_LIMIT + START_WITHIN) + 1
HELD_BY_OTHERS = 5
"""So often in a row a run looks again when the contacts of all due messages are held by others."""


def deliver(lane: str) -> int:
    """Send what is due in a lane; how many messages were called. Several runs at once do no harm.

    Of the bulk lane there is one run at a time on a machine, so that its other workers are free for people.
    """
    if lane != Lane.BULK:
        return _deliver(lane)
    with _one_at_a_time(f"deliver-{lane}-{socket.gethostname()}") as mine:
        return _deliver(lane) if mine else 0


def _deliver(lane: str) -> int:
    first = claims.claim(lane, THREADS)
    if not first.found:
        return 0
    with Callers() as callers:
        return _Run(lane, callers).go(first)


@contextmanager
def _one_at_a_time(what: str) -> Iterator[bool]:
    """Whether nobody else is at it. Only a courtesy to others: without the cache, or when it forgets, several are.

    Whoever is killed meanwhile is waited for no longer than a run can take.
    """
    mine = cache.add(what, True, timeout=LONGEST_RUN)
    try:
        yield mine
    finally:
        if mine:
            cache.delete(what)


class _Run:
    """One process's run at a lane: its calls in flight, and when it claims again."""

    def __init__(self, lane: str, callers: Callers) -> None:
        self._lane = lane
        self._callers = callers
        self._flying: set[Future[Called]] = set()
        self._ends_at = time.monotonic() + CLAIMING_FOR
        self._more = True
        self._next_at = 0.0
        self._in_vain = 0
        self._count = 0

    def go(self, claimed: Claims) -> int:
        try:
            self._send_out(claimed)
            while self._flying or self._more or self._next_turn_is_near():
                self._settle_what_is_back()
                if self._over():
                    self._more = False
                elif self._worth_a_claim():
                    self._send_out(claims.claim(self._lane, THREADS - len(self._flying)))
        finally:
            # Whatever went wrong here: what is being called is not lost with it.
            if self._flying:
                settle([future.result() for future in self._flying])
        if self._over():
            # A run ends in time for a worker that is asked to stop, and another goes on where it ended.
            ring(TASK, self._lane)
        return self._count

    def _send_out(self, claimed: Claims) -> None:
        self._flying |= {self._callers.submit(claim) for claim in claimed.calls}
        self._count += len(claimed.calls)
        self._in_vain = 0 if claimed.decided else self._in_vain + 1
        self._more = claimed.found > 0 and self._in_vain < HELD_BY_OTHERS
        self._next_at = time.monotonic() + (PATIENCE if self._more else LOOK_AGAIN)

    def _worth_a_claim(self) -> bool:
        free = THREADS - len(self._flying)
        if free >= WORTH_A_CLAIM and self._more and not self._in_vain:
            return True
        return free > 0 and time.monotonic() >= self._next_at

    def _settle_what_is_back(self) -> None:
        patience = max(self._next_at - time.monotonic(), 0.0)
        if not self._flying:
            time.sleep(patience if self._in_vain else 0.0)
            return
        back, self._flying = wait(
            self._flying, timeout=None if self._over() else patience, return_when=FIRST_COMPLETED
        )
        if back:
            if self._flying:
                more, self._flying = wait(self._flying, timeout=LINGER)
                back |= more
            settle([future.result() for future in back])
            # What stood behind them in line may be due now.
            self._more, self._in_vain = True, 0

    def _next_turn_is_near(self) -> bool:
        """Messages that keep to a pace are due one after the other: wait for the next, if it is soon."""
        if self._lane != Lane.BULK or self._over():
            return False
        seconds = due.seconds_to_next(self._lane)
        if seconds is None or seconds > NEAR:
            return False
        time.sleep(max(seconds, 0.0))
        self._more, self._in_vain = True, 0
        return True

    def _over(self) -> bool:
        return time.monotonic() > self._ends_at
