"""A whole copy of Heed under a test: broker, simulator, workers, scheduler and web, as `make run` starts them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from celery import Celery

from config.keys import BASE
from config.supervisor import leash, program
from config.supervisor.parts import Leash, Part, Running
from config.supervisor.ports import free_port, listen
from config.supervisor.valkey import Valkey
from tests.processes.databases import address_of

STARTING = 60.0


class Fleet:
    """Parts by name. Each is a real process, started again by `look` when it has died and was not stopped."""

    def __init__(self, home: Path, database: str) -> None:
        self.logs = home / "logs"
        self.logs.mkdir(parents=True)
        self.valkey, self.simulator, self.port = Valkey(home), program.Simulator(), free_port()
        provider = f"http://127.0.0.1:{self.simulator.http}"
        self.env = {
            "DATABASE_URL": address_of(database),
            "REDIS_URL": self.valkey.url,
            "PORT": str(self.port),
            "HEED_BASE_URL": f"http://127.0.0.1:{self.port}",
            "HEED_DEMO": "1",
            "HEED_ALLOW_PRIVATE_NETWORKS": "1",
            "HEED_TWILIO_API_BASE": provider,
            "HEED_SIMULATOR_HTTP": provider,
            "HEED_SIMULATOR_SMTP": f"smtp://127.0.0.1:{self.simulator.smtp}",
        }
        self.leash = Leash()
        self.listener: socket.socket | None = None
        self.parts: dict[str, Running] = {}

    def up(self, *parts: Part) -> None:
        """Start these, and wait until they answer."""
        for part in parts:
            self.parts[part.name] = Running(
                replace(part, env={**part.env, **self.env}), self.leash, self.logs
            )
        for part in parts:
            self.parts[part.name].wait_ready(STARTING)

    def up_broker(self) -> None:
        self.up(self.valkey.part())

    def up_workers(self, names: Sequence[str] = tuple(program.WORKERS)) -> None:
        """Workers and scheduler; returns once each worker answers."""
        self.up(*map(program.worker, names), program.scheduler())
        waited(lambda: len(self.answering()) >= len(names), "the workers to answer", within=STARTING)

    def up_web(self) -> None:
        self.listener = listen(self.port, "127.0.0.1")
        self.up(program.web(self.port, self.listener.fileno()))

    def answering(self) -> list[Any]:
        with Celery(broker=self.env["REDIS_URL"]) as app:
            return app.control.ping(timeout=0.5)

    def begin(self, module: str, role: str, seconds: float, *, seed: int, **env: str) -> Running:
        """Start a process of the test's own: see tests/processes/program.py."""
        name, given = f"{role}-{seed}", [module, role, str(seconds), str(seed)]
        part = program.python(name, "tests.processes.program", *given, grace=1.0)
        self.parts[name] = one = Running(replace(part, env={**self.env, **env}), self.leash, self.logs)
        return one

    def finished(self, ones: Sequence[Running], within: float) -> dict[str, int]:
        """Wait until these have come to a good end; by role, how often they did what it says."""
        done: Counter[str] = Counter()
        deadline = time.monotonic() + within
        for one in ones:
            code = one.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            assert code == 0, f"{one.part.name} ended with {code}:\n{one.log.read_text()[-4000:]}"
            del self.parts[one.part.name]
            word = json.loads(one.last_words())
            done[word["role"]] += word["done"]
        return dict(done)

    def look(self) -> None:
        """Start again whatever died, as the supervisor does."""
        for one in self.parts.values():
            if one.died():
                one.again()

    def pids(self, name: str) -> list[int]:
        """The processes of a part, its own first."""
        main = self.parts[name].process.pid
        return [main, *sorted(leash.family(main) - {main})]

    def down(self, name: str, *, kill: bool = False) -> None:
        """End one part, and everything that it started."""
        one = self.parts.pop(name)
        held = one.held()
        leash.stop([replace(held, signal="KILL") if kill else held])
        one.process.wait()
        one.clear()

    def end(self) -> None:
        leash.stop(one.held() for one in self.parts.values() if not one.died())
        for one in self.parts.values():
            one.process.wait()
        self.leash.close()
        if self.listener:
            self.listener.close()

    def manage(self, *command: str, within: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Run a command of manage.py with this fleet's environment."""
        return subprocess.run(
            [sys.executable, "manage.py", *command], cwd=BASE, env={**os.environ, **self.env},
            capture_output=True, text=True, timeout=within, check=False,
        )  # fmt: skip

    def kept(self, kind: str, **query: Any) -> list[dict[str, Any]]:
        """What the simulator accepted, newest first."""
        return self._ask("GET", "/_kept.json", params={"kind": kind, "limit": 10_000, **query})

    def provider_settings(self, **settings: Any) -> None:
        self._ask("POST", "/_settings", json=settings)

    def _ask(self, method: str, path: str, **how: Any) -> Any:
        answer = requests.request(method, self.env["HEED_SIMULATOR_HTTP"] + path, timeout=20, **how)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def fleet(home: Path, database: str) -> Iterator[Fleet]:
    """A fleet with broker and simulator up, and gone with all its processes afterwards."""
    copy = Fleet(home, database)
    try:
        copy.up_broker()
        copy.up(copy.simulator.part())
        yield copy
    finally:
        copy.end()


def kill(pid: int) -> None:
    leash.send(pid, signal.SIGKILL)


def waited(until: Callable[[], object], what: str, *, within: float, every: float = 0.1) -> None:
    """Look again and again until it is true; fail, saying what was waited for, when it takes too long."""
    deadline = time.monotonic() + within
    while not until():
        assert time.monotonic() < deadline, f"waited {within:.0f} s for {what}"
        time.sleep(every)
