"""The leash: a process of its own that ends what the supervisor started, should the supervisor be killed.

It reads a pipe. Each child writes a line about itself there before it becomes its program, so no child is ever
unknown; when the pipe ends, the supervisor is gone, and the leash stops everything in order. Only the standard
library, and `ps` or /proc, so that it is small and runs wherever Python does.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Held:
    """A running part: which signal asks it to stop, how long it may take, and in which turn."""

    name: str
    pid: int
    signal: str
    grace: float
    turn: int

    def line(self) -> str:
        return f"+ {self.name} {self.pid} {self.signal} {self.grace} {self.turn}\n"


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    group: int
    session: int
    zombie: bool
    started: str
    command: str


def stop(
    parts: Iterable[Held], told: Callable[[list[str], float], None] = lambda names, seconds: None
) -> None:
    """Turn by turn: ask, wait, kill what remains. Whatever a part started goes with it."""
    waiting = list(parts)
    for turn in sorted({part.turn for part in waiting}):
        together = [part for part in waiting if part.turn == turn]
        started = time.monotonic()
        _stop_together(together, started)
        told([part.name for part in together], time.monotonic() - started)


def _stop_together(parts: list[Held], started: float) -> None:
    families = {part.pid: family(part.pid) for part in parts}
    for part in parts:
        send(part.pid, signal.Signals[f"SIG{part.signal}"])
    for part in parts:
        while alive(part.pid) and time.monotonic() < started + part.grace:
            time.sleep(0.02)
    for part in parts:
        for pid in {part.pid, *families[part.pid], *family(part.pid)}:
            send(pid, signal.SIGKILL)


def family(pid: int) -> set[int]:
    """The process, its group, its session, and the children of all these, whatever group those moved to."""
    table = processes()
    members = {one.pid for one in table if pid in (one.pid, one.group, one.session)}
    while more := {one.pid for one in table if one.parent in members} - members:
        members |= more
    return members - {0, 1, os.getpid()}


def alive(pid: int) -> bool:
    """A zombie counts as gone: whose child it was may be gone too, and nobody left to collect it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not any(one.pid == pid and one.zombie for one in processes(pid))


def send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def processes(only: int | None = None) -> list[Process]:
    if Path("/proc/self/stat").exists():
        names = [str(only)] if only else [name for name in os.listdir("/proc") if name.isdigit()]
        return [one for name in names if (one := _from_proc(Path("/proc") / name))]
    command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,pgid=,stat=,lstart=,command="]
    rows = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return [one for row in rows if (one := _from_ps(row)) and only in (None, one.pid)]


def _from_proc(folder: Path) -> Process | None:
    try:
        text = (folder / "stat").read_text()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    # The program's name stands in brackets and may itself contain both brackets and spaces.
    fields = text.rpartition(")")[2].split()
    parent, group, session = (int(field) for field in fields[1:4])
    return Process(int(folder.name), parent, group, session, fields[0] in "ZX", fields[19], command)


def _from_ps(row: str) -> Process | None:
    fields = row.split(maxsplit=9)
    if len(fields) < 10:
        return None
    # `ps` on macOS does not print the session; parents and groups find what there is.
    pid, parent, group = (int(field) for field in fields[:3])
    return Process(pid, parent, group, group, fields[3].startswith("Z"), " ".join(fields[4:9]), fields[9])


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    parts: dict[int, Held] = {}
    files: list[str] = []
    for line in sys.stdin:
        sign, *fields = line.split(maxsplit=1 if line.startswith("f") else -1)
        if sign == "+":
            name, pid, how, grace, turn = fields
            parts[int(pid)] = Held(name, int(pid), how, float(grace), int(turn))
        elif sign == "-":
            parts.pop(int(fields[0]), None)
        elif sign == "f":
            files.append(json.loads(fields[0]))
    stop(part for part in parts.values() if alive(part.pid))
    for path in files:
        Path(path).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
