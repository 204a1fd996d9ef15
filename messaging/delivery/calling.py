"""Calling providers from threads. A thread touches no database; what it learned is settled by whoever claimed."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from messaging.delivery import faults
from messaging.delivery.claims import Account, Claim
from messaging.delivery.limits import CALL_LIMIT, START_WITHIN, THREADS
from messaging.delivery.states import NOT_CALLED
from messaging.providers import open_line
from messaging.providers.base import Answer, Line, Lost

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Called:
    """A claim and what came of it. `called_at`: a moment not before the call began; None when it was not made."""

    claim: Claim
    answer: Answer
    called_at: datetime | None


class Callers:
    """The threads of one run, each with its own lines to providers, which are closed at the end."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="call")
        self._own = threading.local()
        self._opened: list[dict[int, tuple[int, Line]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()
        for lines in self._opened:
            for _, line in lines.values():
                line.close()

    def submit(self, claim: Claim) -> "Future[Called]":
        return self._pool.submit(self._call, claim)

    def _call(self, claim: Claim) -> Called:
        started = time.monotonic()
        if started > claim.clock + START_WITHIN:
            return Called(claim, NOT_CALLED, None)
        called_at = claim.claimed_at + timedelta(seconds=started - claim.clock)
        try:
            answer = self._line(claim.account).send(claim.letter, until=started + CALL_LIMIT)
        except Exception as error:
            log.error("A line failed on message %s: %s", claim.message, faults.described(error))
            answer = Lost("line", f"The line to the provider failed: {type(error).__name__}.")
        return Called(claim, answer, called_at)

    def _line(self, account: Account) -> Line:
        """This thread's line for a connection as it is now; an edit of the connection opens a new one."""
        lines: dict[int, tuple[int, Line]] | None = getattr(self._own, "lines", None)
        if lines is None:
            lines = self._own.lines = {}
            self._opened.append(lines)
        revision, line = lines.get(account.id, (0, None))
        if line is None or revision != account.revision:
            if line:
                line.close()
            line = open_line(account.driver, account.config)
            lines[account.id] = (account.revision, line)
        return line
