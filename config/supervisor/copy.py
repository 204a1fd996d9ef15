"""One copy of Heed: everything between `make run` and its end."""

import os
import time
from pathlib import Path

from config import keys
from config.environment import NAMES
from config.supervisor import leash, program
from config.supervisor.home import Home
from config.supervisor.parts import Leash, Part, Running
from config.supervisor.ports import in_use, is_free, listen
from config.supervisor.postgres import Postgres, version
from config.supervisor.problems import Problem
from config.supervisor.statics import Statics
from config.supervisor.terminal import say, stage, took
from config.supervisor.valkey import Valkey
from config.supervisor.watch import LOOK, Parent, Stop, Watch, ignore_signals, stop_on_signals

OWN = ("HEED_SIMULATOR_HTTP", "HEED_SIMULATOR_SMTP")
STARTING = 120.0
LOGINS = (
    "with the demo logins enterprise@demo.example, manager@demo.example and staff@demo.example "
    "(the other business: the same at harbor.example), password heed-demo"
)


class Copy:
    def __init__(self, path: Path, *, follow: Parent | None) -> None:
        self.home = Home(path)
        self.follow = follow
        self.running: list[Running] = []
        self.leash = Leash(self.home.lock)
        self.leash.remove_at_end(self.home.run_file)
        os.environ["HEED_HOME"] = str(path)
        for name in ("HEED_DEMO", "HEED_ALLOW_PRIVATE_NETWORKS"):
            os.environ.setdefault(name, "1")

    def run(self) -> None:
        """Until somebody stops it. Whatever happens, nothing that was started here outlives this call."""
        try:
            stop_on_signals()
            self._start()
            self._stay()
        except Stop:
            say("Stopping")
        finally:
            ignore_signals()
            self._stop()

    def _start(self) -> None:
        started = time.monotonic()
        self._settings()
        say(f"Starting Heed in {self.home.path}")
        self._servers()
        self._program()
        took("Everything", time.monotonic() - started)
        say(
            f"Heed is ready at {self.settings.HEED_BASE_URL}/ {LOGINS if self.settings.HEED_DEMO else ''}".rstrip()
        )

    def _settings(self) -> None:
        """Read the environment as every process will, and end here if it is wrong."""
        from config import settings

        self.settings = settings
        host = "127.0.0.1" if settings.HEED_DEMO else "0.0.0.0"  # noqa: S104 -- outside the demo it is there to be reached
        if not is_free(settings.PORT, host):
            raise in_use(settings.PORT)
        self.listener = listen(settings.PORT, host)

    def _servers(self) -> None:
        if not os.environ.get("DATABASE_URL"):
            self._postgres()
        if not os.environ.get("REDIS_URL"):
            valkey = Valkey(self.home.path)
            with stage("Valkey"):
                self._up(valkey.part())
            os.environ["REDIS_URL"] = valkey.url

    def _postgres(self) -> None:
        postgres = Postgres(self.home.path)
        with stage(f"PostgreSQL {version(postgres.programs)}"):
            postgres.prepare()
            self._up(postgres.part())
            postgres.make_database()
        os.environ["DATABASE_URL"] = postgres.url

    def _program(self) -> None:
        if self.settings.HEED_DEMO:
            self._simulator()
        self.home.announce({name: os.environ[name] for name in (*NAMES, *OWN) if os.environ.get(name)})
        self._once("Database tables", "migrate", "--no-input")
        statics = Statics(self.home.path)
        if not statics.current():
            self._once("Static files", "collectstatic", "--no-input", "--clear")
            statics.done()
        started = [self._begin(part) for part in self._parts()]
        if self.settings.HEED_DEMO:
            # Meanwhile the parts that were just started read their code.
            self._once("Demo data", "seed_demo")
        with stage("Web, workers, scheduler"):
            for one in started:
                one.wait_ready(STARTING)
            self._wait_until_ready()

    def _parts(self) -> list[Part]:
        web = program.web(self.settings.PORT, self.listener.fileno())
        return [web, *map(program.worker, program.WORKERS), program.scheduler()]

    def _simulator(self) -> None:
        simulator = program.Simulator()
        http, smtp = f"http://127.0.0.1:{simulator.http}", f"smtp://127.0.0.1:{simulator.smtp}"
        os.environ.update({"HEED_SIMULATOR_HTTP": http, "HEED_SIMULATOR_SMTP": smtp})
        os.environ.setdefault("HEED_TWILIO_API_BASE", http)
        os.environ.setdefault("EMAIL_URL", smtp)
        with stage("Provider simulator"):
            self._up(simulator.part())

    def _up(self, *parts: Part) -> None:
        begun = [self._begin(part) for part in parts]
        for one in begun:
            one.wait_ready(STARTING)

    def _begin(self, part: Part) -> Running:
        one = Running(part, self.leash, self.home.logs)
        self.running.append(one)
        self.home.record(self.running)
        return one

    def _once(self, title: str, *command: str) -> None:
        """A command of manage.py that has to end well before the next stage begins."""
        with stage(title):
            one = self._begin(program.python(command[0], "manage", *command, grace=1.0))
            code = one.process.wait()
            self.running.remove(one)
            self.home.record(self.running)
            one.clear()
        if code:
            raise Problem(f"{title} failed", one.last_words(), one.log)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + STARTING
        watch = Watch(self.home, self.leash, self.running)
        while program.status(self.settings.PORT, "/readyz") != 200:
            if time.monotonic() > deadline:
                raise Problem(f"Heed was not ready within {STARTING:.0f} s", log=self.home.logs)
            watch.look()
            time.sleep(LOOK)

    def _stay(self) -> None:
        watch = Watch(self.home, self.leash, self.running)
        while not (self.follow and self.follow.gone()):
            watch.look()
            time.sleep(LOOK)
        say("Stopping")

    def _stop(self) -> None:
        """Web and scheduler, then the workers, then the simulator, the broker, and the database last."""
        self.home.run_file.unlink(missing_ok=True)
        leash.stop((one.held() for one in self.running if not one.died()), _stopped)
        for one in self.running:
            one.process.wait()
        self.leash.close()
        say("Stopped")


def _stopped(names: list[str], seconds: float) -> None:
    took(f"Ended {', '.join(names)}", seconds)


def run(*, with_parent: bool) -> None:
    Copy(keys.home(), follow=Parent() if with_parent else None).run()
