"""One run at the door: claim, call and settle until nothing of a lane is due."""

import time
from concurrent.futures import FIRST_COMPLETED, Future, wait

from contacts.ring import ring
from messaging.delivery import claims
from messaging.delivery.calling import Called, Callers
from messaging.delivery.claims import Claims
from messaging.delivery.limits import CLAIMING_FOR, LINGER, THREADS
from messaging.delivery.settling import settle

TASK = "messaging.tasks.deliver_lane"
WORTH_A_CLAIM = THREADS // 2
"""Claiming costs the same for one as for many, so it waits until this many threads are free …"""
PATIENCE = 0.02
"""… but no longer than this many seconds."""
LOOK_AGAIN = 0.25
"""While calls are out, for messages that came meanwhile."""
HELD_BY_OTHERS = 5
"""So often in a row a run looks again when the contacts of all due messages are held by others."""


def deliver(lane: str) -> int:
    """Send what is due in a lane; how many messages were called. Several runs at once do no harm."""
    first = claims.claim(lane, THREADS)
    if not first.found:
        return 0
    with Callers() as callers:
        return _Run(lane, callers).go(first)


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
            while self._flying or self._more:
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

    def _over(self) -> bool:
        return time.monotonic() > self._ends_at
