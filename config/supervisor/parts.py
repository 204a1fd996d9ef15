"""Parts: the programs that Heed consists of while it runs, each a child in a session of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.supervisor import leash
from config.supervisor.leash import Held
from config.supervisor.problems import Problem

LOG_LIMIT = 20_000_000
# The child tells the leash about itself and only then becomes its program, so that there is no moment
# in which the supervisor could die and leave a child behind.
REGISTER = 'printf "+ %s $$ %s\\n" "$0" "$1" >&0; exec </dev/null; shift; exec "$@"'


@dataclass(frozen=True)
class Part:
    """How to start a program, how to see that it is up, and how it wants to be stopped."""

    name: str
    command: list[str]
    ready: Callable[[], bool] = lambda: True
    stop_signal: str = "TERM"
    grace: float = 2.0
    turn: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    user: tuple[int, int] | None = None
    before: Callable[[], None] = lambda: None
    cwd: Path | None = None
    sockets: tuple[int, ...] = ()


class Leash:
    """Our end of the leash's pipe. Closing it makes the leash stop whatever is still registered."""

    def __init__(self, lock: int | None = None) -> None:
        self.lock = lock
        self.to_remove: list[Path] = []
        self._open()

    def _open(self) -> None:
        reading, self.pipe = os.pipe()
        os.set_inheritable(self.pipe, False)
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", leash.__file__],
            stdin=reading,
            start_new_session=True,
            pass_fds=() if self.lock is None else (self.lock,),
        )
        os.close(reading)

    def tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self.pipe, line.encode())

    def remove_at_end(self, path: Path) -> None:
        self.to_remove.append(path)
        self.tell(f"f {json.dumps(str(path))}\n")

    def renew(self) -> bool:
        """Whether the leash had died and there is another now, which knows nothing yet."""
        if self.process.poll() is None:
            return False
        os.close(self.pipe)
        self._open()
        for path in self.to_remove:
            self.tell(f"f {json.dumps(str(path))}\n")
        return True

    def close(self) -> None:
        os.close(self.pipe)
        self.process.wait()


class Running:
    """A part that was started: at most one process of it at any time."""

    def __init__(self, part: Part, leash_: Leash, logs: Path) -> None:
        self.part, self.leash, self.log = part, leash_, logs / f"{part.name}.log"
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        self.part.before()
        self._rotate()
        part = self.part
        user, group = part.user or (None, None)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [
                    "/bin/sh",
                    "-c",
                    REGISTER,
                    part.name,
                    f"{part.stop_signal} {part.grace} {part.turn}",
                    *part.command,
                ],
                stdin=self.leash.pipe,
                stdout=log,
                stderr=log,
                env={**os.environ, **part.env},
                cwd=part.cwd,
                start_new_session=True,
                pass_fds=part.sockets,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )

    def _rotate(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))

    def held(self) -> Held:
        return Held(self.part.name, self.process.pid, self.part.stop_signal, self.part.grace, self.part.turn)

    def died(self) -> bool:
        return self.process.poll() is not None

    def again(self) -> None:
        """Start it again; what the dead one left running would stand in its way."""
        self.clear()
        self.process = self._start()

    def clear(self) -> None:
        for pid in leash.family(self.process.pid):
            leash.send(pid, signal.SIGKILL)
        self.leash.tell(f"- {self.process.pid}\n")

    def wait_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.part.ready():
            if self.died():
                raise Problem(f"{self.part.name} ended at once", self.last_words(), self.log)
            if time.monotonic() > deadline:
                raise Problem(
                    f"{self.part.name} was not up within {seconds:.0f} s", self.last_words(), self.log
                )
            time.sleep(0.05)

    def last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log.read_text(errors="replace").strip().splitlines()
            return lines[-1].strip() if lines else ""
        return ""
