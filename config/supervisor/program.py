"""The parts of Heed's own: web, workers, scheduler and the provider simulator."""

import http.client
import sys
from dataclasses import replace

from config.keys import BASE
from config.supervisor.parts import Part
from config.supervisor.ports import answers, free_port

WORKERS = {"engine": ("events,engine", 2), "delivery": ("delivery", 3), "bulk": ("bulk", 1)}


class Simulator:
    """Stands in for the providers of the demo; it keeps its two ports for as long as Heed runs."""

    def __init__(self) -> None:
        self.http, self.smtp = free_port(), free_port()

    def part(self) -> Part:
        ports = ["--http-port", str(self.http), "--smtp-port", str(self.smtp)]
        part = python("simulator", "messaging.simulator", *ports, grace=1.0, turn=2)
        return replace(part, ready=self.answers)

    def answers(self) -> bool:
        return answers(self.http) and answers(self.smtp)


def web(port: int, listener: int) -> Part:
    options = f"--worker-class gthread --workers 2 --threads 8 --preload --bind fd://{listener}"
    options += " --no-control-socket --graceful-timeout 2 --timeout 60 config.wsgi"
    part = python("web", "gunicorn", *options.split(), grace=2.5)
    return replace(part, ready=lambda: status(port, "/healthz") == 200, sockets=(listener,))


def worker(name: str) -> Part:
    queues, processes = WORKERS[name]
    options = f"worker -Q {queues} -c {processes} -n {name}@heed --without-gossip --without-mingle"
    # Warm first: what a worker has begun it finishes while the database is still there.
    return celery(f"worker-{name}", options, grace=5.0, turn=1)


def scheduler() -> Part:
    # All its entries are found again from the clock, so it needs no file that a kill could spoil.
    return celery("scheduler", "beat --scheduler celery.beat:Scheduler --pidfile=", grace=2.0, turn=0)


def celery(name: str, options: str, *, grace: float, turn: int) -> Part:
    return python(name, "celery", "-A", "config", *options.split(), grace=grace, turn=turn)


def python(name: str, module: str, *arguments: str, grace: float, turn: int = 0) -> Part:
    return Part(name, [sys.executable, "-m", module, *arguments], grace=grace, turn=turn, cwd=BASE)


def status(port: int, path: str) -> int:
    """What the web answers there; 0 if it does not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
