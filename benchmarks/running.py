"""Real processes under a benchmark, started as `make run` starts them and gone when it ends."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from django.db import connection

from config.supervisor import leash
from config.supervisor.parts import Leash, Part, Running


class Bench:
    """The processes of one benchmark."""

    def __init__(self, home: Path) -> None:
        self.home, self.logs = home, home / "logs"
        self.leash, self.parts = Leash(), list[Running]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.leash.close()

    def start(self, part: Part, **env: str) -> Running:
        """Start it and wait until it answers."""
        running = Running(replace(part, env={**part.env, **env}), self.leash, self.logs)
        self.parts.append(running)
        running.wait_ready(60)
        return running

    def stop(self) -> None:
        """End what was started since, politely."""
        leash.stop(one.held() for one in self.parts)
        for one in self.parts:
            one.process.wait()
            one.clear()
        self.parts.clear()


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> float:
    """The moment at which it became true, on this process's monotonic clock."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)
    return time.monotonic()


def peak_memory(pid: int) -> float:
    """The largest resident memory, in MB, that any process of this family had so far."""
    status = (Path(f"/proc/{member}/status").read_text().splitlines() for member in leash.family(pid))
    return max(int(line.split()[1]) / 1024 for lines in status for line in lines if line.startswith("VmHWM:"))


def count(sql: str, *params: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.fetchone()[0])


def redis_url() -> str:
    return os.environ["REDIS_URL"]
