"""HEED_HOME: the folder of one copy of Heed, which only one supervisor uses at a time."""

import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.supervisor import leash
from config.supervisor.parts import Running
from config.supervisor.problems import Problem
from config.supervisor.terminal import say

LEAST_SPACE = 200_000_000
LEASH_TIME = 20.0


class Home:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.run_file = path / "run.json"
        self.parts_file = path / "parts.json"
        self._make()
        self.lock = self._take()
        self.run_file.unlink(missing_ok=True)
        self.clear_leftovers()

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
            self.logs.mkdir(exist_ok=True, mode=0o700)
            probe = self.path / f".probe-{os.getpid()}"
            probe.write_text("x")
            probe.unlink()
        except OSError as error:
            raise Problem(f"HEED_HOME {self.path} cannot be written: {error.strerror}") from error
        free = shutil.disk_usage(self.path).free
        if free < LEAST_SPACE:
            raise Problem(
                f"The disk is full: HEED_HOME {self.path} has {free // 1_000_000} MB left, "
                f"and Heed needs {LEAST_SPACE // 1_000_000} MB to start"
            )

    def _take(self) -> int:
        """The lock is held by the supervisor and its leash, so it is free only once all children are gone."""
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + LEASH_TIME
        while not _locked(lock):
            holder = _number(os.pread(lock, 20, 0))
            if leash.alive(holder):
                raise Problem(f"Heed already runs on HEED_HOME {self.path}, as process {holder}")
            if time.monotonic() > deadline:
                raise Problem(f"An earlier run on HEED_HOME {self.path} does not come to its end")
            time.sleep(0.1)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        return lock

    def clear_leftovers(self) -> None:
        """End what outlived both an earlier supervisor and its leash."""
        left = set().union(*(_left_by(pid, started) for pid, started in self._recorded()))
        if left:
            say(f"  Ending {len(left)} processes that an earlier run left behind")
        # SIGINT is what PostgreSQL takes for a fast shutdown, and the others for a quick one.
        for number, patience in ((signal.SIGINT, 5.0), (signal.SIGKILL, 3.0)):
            for pid in left:
                leash.send(pid, number)
            deadline = time.monotonic() + patience
            while any(leash.alive(pid) for pid in left) and time.monotonic() < deadline:
                time.sleep(0.05)

    def _recorded(self) -> list[tuple[int, str]]:
        try:
            rows = json.loads(self.parts_file.read_text()).values()
            return [(int(pid), str(started)) for pid, started in rows]
        except (OSError, ValueError, AttributeError):
            return []

    def record(self, running: Iterable[Running]) -> None:
        """Note which processes run, and since when: a number alone may be somebody else's by the next start."""
        draft = self.parts_file.with_suffix(".new")
        draft.write_text(
            json.dumps({one.part.name: (one.process.pid, _started(one.process.pid)) for one in running})
        )
        draft.replace(self.parts_file)

    def announce(self, env: dict[str, str]) -> None:
        """Let `manage.py` find what runs here; the addresses in this file contain passwords."""
        draft = self.run_file.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            content: dict[str, Any] = {"pid": os.getpid(), "env": env}
            json.dump(content, file, indent=1)
        draft.replace(self.run_file)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() else -1


def _left_by(pid: int, started: str) -> set[int]:
    """The process and what it started, unless its number now is another's."""
    return leash.family(pid) if _started(pid) in ("", started) else set()


def _started(pid: int) -> str:
    return next((one.started for one in leash.processes(pid)), "")
