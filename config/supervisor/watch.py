"""Seeing to it that what was started stays up, for as long as somebody wants it to."""

import os
import signal
import time
from pathlib import Path
from types import FrameType

from config.supervisor.home import Home
from config.supervisor.parts import Leash, Running
from config.supervisor.problems import Problem
from config.supervisor.terminal import say

LOOK = 0.2
LONGEST_PAUSE = 2.0
YOUNG = 5.0


class Stop(BaseException):
    """Somebody asked Heed to stop."""


def stop_on_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        ignore_signals()
        raise Stop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def ignore_signals() -> None:
    """Stopping is under way and has its own time limits; to interrupt it would only leave processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


class Watch:
    """Starts again whatever died, at once the first time and never more than two seconds later."""

    def __init__(self, home: Home, leash: Leash, running: list[Running]) -> None:
        self.home, self.leash, self.running = home, leash, running
        self.due: dict[str, float] = {}
        self.pause: dict[str, float] = {}
        self.started: dict[str, float] = {}

    def look(self) -> None:
        if self.leash.renew():
            for one in self.running:
                self.leash.tell(one.held().line())
        for one in self.running:
            if one.died():
                self._revive(one)

    def _revive(self, one: Running) -> None:
        name, now = one.part.name, time.monotonic()
        if name not in self.due:
            young = now - self.started.get(name, 0.0) < YOUNG
            self.pause[name] = min(LONGEST_PAUSE, self.pause.get(name, 0.0) * 2 + 0.25) if young else 0.0
            self.due[name] = now + self.pause[name]
            say(f"  {name} ended; starting it again. {one.last_words() if young else ''}".rstrip())
        if now >= self.due[name]:
            del self.due[name]
            self.started[name] = now
            self._start(one)

    def _start(self, one: Running) -> None:
        try:
            one.again()
            self.home.record(self.running)
        except (OSError, Problem) as error:  # the disk may be full for now; the next look tries again
            say(f"  {one.part.name} does not start: {error}")


class Parent:
    """The `make` that started us: when it is gone, or was told to stop and did not say so, we stop too."""

    def __init__(self) -> None:
        self.pid = os.getppid()
        self.status = Path(f"/proc/{self.pid}/status")
        self.listened = self._listens()

    def gone(self) -> bool:
        return os.getppid() != self.pid or (self.listened and not self._listens())

    def _listens(self) -> bool:
        """GNU make hands SIGTERM on to what it runs, but SIGINT it only stops catching, and waits.

        A terminal sends Ctrl-C to both; a `kill -INT` reaches make alone, and this is where it shows.
        """
        try:
            lines = self.status.read_text().splitlines()
        except OSError:
            return False
        caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")
        return bool(int(caught, 16) & 1 << (signal.SIGINT - 1))
