"""`make run`, as somebody at a terminal has it: real processes, killed and stopped in every way."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.environment import NAMES
from config.keys import BASE
from config.supervisor import leash
from config.supervisor.ports import free_port

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("run"), pytest.mark.timeout(600)]
PARTS = [
    "postgres",
    "valkey",
    "simulator",
    "web",
    "worker-engine",
    "worker-delivery",
    "worker-bulk",
    "scheduler",
]


class Copy:
    """One copy of Heed on a folder and a port of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.output = home.with_suffix(".out")
        self.make: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float) -> None:
        self.begin()
        try:
            wait_until(lambda: "Heed is ready at" in self.said() or self.ended(), seconds, self.said)
        except AssertionError:
            self.stop()
            raise
        assert not self.ended(), self.said()

    def begin(self) -> None:
        with self.output.open("wb") as output:
            self.make = subprocess.Popen(
                ["make", "run"], cwd=BASE, env=environment(self.port, self.home), stdout=output, stderr=output
            )

    def said(self) -> str:
        return self.output.read_text()

    def ended(self) -> bool:
        return self.make is None or self.make.poll() is not None

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def parts(self) -> dict[str, int]:
        return {name: pid for name, (pid, _) in json.loads((self.home / "parts.json").read_text()).items()}

    def supervisor(self) -> int:
        return int(json.loads((self.home / "run.json").read_text())["pid"])

    def processes(self) -> set[int]:
        """All of it, taken while it runs: the supervisor, its leash, the parts and what they started."""
        return leash.family(self.supervisor()).union(*map(leash.family, self.parts().values()))

    def stop(self) -> None:
        if self.make and not self.ended():
            self.make.terminate()
            self.make.wait(20)


def environment(port: int, home: Path, **more: str) -> dict[str, str]:
    """As if nothing had been set: this test run has servers of its own, which are not meant here."""
    own = {*NAMES, "DJANGO_SETTINGS_MODULE", "MAKEFLAGS", "MAKELEVEL"}
    rest = {name: value for name, value in os.environ.items() if name not in own}
    return rest | {"PORT": str(port), "HEED_HOME": str(home)} | more


def wait_until(
    true: Callable[[], bool], seconds: float, otherwise: Callable[[], object] = lambda: ""
) -> None:
    deadline = time.monotonic() + seconds * crowding()
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {otherwise()}"
        time.sleep(0.05)


def crowding() -> float:
    """How much longer everything takes here than on a machine that has nothing else to do."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def refused(**variables: str) -> str:
    """What `make run` says when it cannot; it must say it in one sentence, and leave."""
    done = subprocess.run(
        ["make", "run"], cwd=BASE, env=variables, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def one_copy() -> Iterator[Copy]:
    with tempfile.TemporaryDirectory(prefix="heed-run-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        copy = Copy(Path(folder) / "home")
        yield copy
        copy.stop()


@pytest.fixture
def heed(one_copy: Copy) -> Copy:
    if one_copy.ended():
        one_copy.start(120)
    return one_copy


def test_it_says_where_it_is_ready_and_how_to_sign_in(heed: Copy) -> None:
    (ready,) = [line for line in heed.said().splitlines() if line.startswith("Heed is ready at")]
    assert ready.startswith(f"Heed is ready at http://127.0.0.1:{heed.port}/ ")
    assert "enterprise@demo.example" in ready
    assert (heed.status("/healthz"), heed.status("/readyz")) == (200, 200)
    assert heed.parts().keys() == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_is_back_within_five_seconds(heed: Copy, part: str) -> None:
    before = heed.parts()[part]
    others = {name: pid for name, pid in heed.parts().items() if name != part}

    os.kill(before, signal.SIGKILL)

    wait_until(lambda: heed.parts()[part] != before and leash.alive(heed.parts()[part]), 5, heed.said)
    wait_until(lambda: heed.status("/readyz") == 200, 20, heed.said)
    assert others == {name: pid for name, pid in heed.parts().items() if name != part}


def test_a_leash_that_is_killed_is_replaced(heed: Copy) -> None:
    def leashes() -> set[int]:
        own = [one for one in leash.processes() if one.parent == heed.supervisor()]
        return {one.pid for one in own if "leash.py" in one.command and not one.zombie}

    (before,) = leashes()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: bool(leashes()) and before not in leashes(), 5)


def test_manage_py_finds_the_servers_that_run(heed: Copy) -> None:
    command = [".venv/bin/python", "manage.py", "migrate", "--check"]
    done = subprocess.run(command, cwd=BASE, env=environment(heed.port, heed.home), check=False)
    assert done.returncode == 0


def test_a_second_copy_on_the_same_folder_is_refused(heed: Copy) -> None:
    said = refused(**environment(free_port(), heed.home))
    assert f"Heed already runs on HEED_HOME {heed.home}" in said


def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} is in use" in refused(**environment(port, tmp_path))


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in refused(**environment(free_port(), tmp_path / "file" / "home"))


def test_every_wrong_variable_is_told_at_once(tmp_path: Path) -> None:
    said = refused(**environment(free_port(), tmp_path, DEBUG="perhaps", HEED_BASE_URL="heed"))
    assert "DEBUG is 'perhaps'" in said
    assert "HEED_BASE_URL is 'heed'" in said


def test_killing_the_supervisor_ends_everything_and_the_next_start_is_quick(heed: Copy) -> None:
    everything = heed.processes()

    os.kill(heed.supervisor(), signal.SIGKILL)

    wait_until(lambda: not any(map(leash.alive, everything)), 15)
    assert not (heed.home / "run.json").exists()
    assert heed.make is not None
    heed.make.wait(60)
    heed.start(30)


def test_what_outlived_supervisor_and_leash_is_ended_by_the_next_start(heed: Copy) -> None:
    everything = heed.processes()
    own = [
        one.pid for one in leash.processes() if one.parent == heed.supervisor() and "leash.py" in one.command
    ]

    for pid in [*own, heed.supervisor()]:
        os.kill(pid, signal.SIGKILL)
    assert heed.make is not None
    heed.make.wait(60)
    heed.start(30)

    assert not any(map(leash.alive, everything))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_make_alone_stops_everything_in_order(heed: Copy, number: int) -> None:
    everything = heed.processes()
    assert heed.make is not None

    heed.make.send_signal(number)
    heed.make.wait(15)

    assert not any(map(leash.alive, everything))
    assert not (heed.home / "run.json").exists()
    ended = [line.split(" ..")[0] for line in heed.said().splitlines() if "Ended" in line]
    assert ended == [
        "  Ended web, scheduler",
        "  Ended worker-engine, worker-delivery, worker-bulk",
        "  Ended simulator",
        "  Ended valkey",
        "  Ended postgres",
    ]
    assert (
        "database system is shut down" in (heed.home / "logs" / "postgres.log").read_text().splitlines()[-1]
    )


def test_a_stage_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    said = refused(**environment(free_port(), home, DATABASE_URL="postgresql://heed@127.0.0.1:1/heed"))
    assert "Database tables failed" in said
    pids = [pid for pid, _ in json.loads((home / "parts.json").read_text()).values()]
    assert pids
    assert not any(map(leash.alive, pids))
