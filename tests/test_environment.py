"""Settings, keys, and what holds them together."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from config import keys
from config.keys import BASE


def manage(*command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    names = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    rest = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=BASE, env=rest | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_mistake_is_told_at_once_and_no_secret_is_repeated(tmp_path: Path) -> None:
    done = manage(
        "check", HEED_HOME=str(tmp_path), PORT="70000", DEBUG="maybe", REDIS_URL="http://secret", EMAIL_URL="ada"
    )  # fmt: skip
    assert done.stderr.splitlines() == [
        "PORT is '70000' and must be a port from 1 to 65535.",
        "DEBUG is 'maybe' and must be yes or no: write 1 or 0.",
        "REDIS_URL must be an address like redis://host:6379/0.",
        "EMAIL_URL must be an address like smtp://user:password@host:587.",
    ]
    assert done.returncode != 0


def test_an_empty_variable_is_one_that_was_left_out(tmp_path: Path) -> None:
    assert manage("check", HEED_HOME=str(tmp_path), PORT="", DATABASE_URL="", DEBUG="").returncode == 0


def test_without_a_database_a_command_says_how_to_get_one(tmp_path: Path) -> None:
    done = manage("migrate", HEED_HOME=str(tmp_path))
    assert done.stderr.strip() == "No database: start Heed with `make run`, or set DATABASE_URL."
    assert done.returncode != 0


def test_a_key_is_made_once_whoever_asks_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: keys.secret_key(tmp_path), range(64)))
    assert len(made) == 1
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret_key"]


def test_the_newest_credential_key_comes_first_and_the_old_ones_stay(tmp_path: Path) -> None:
    (first,) = keys.credential_keys(tmp_path)
    ring = tmp_path / "keys" / "credentials"
    ring.write_text(f"newer\n{first}\n")
    assert keys.credential_keys(tmp_path) == ["newer", first]


@pytest.mark.parametrize("runs", [True, False])
def test_commands_join_what_runs_and_not_what_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: bool
) -> None:
    monkeypatch.setenv("PORT", "8001")
    monkeypatch.delenv("HEED_SIMULATOR_HTTP", raising=False)
    env = {"PORT": "8002", "HEED_SIMULATOR_HTTP": "http://127.0.0.1:1"}
    (tmp_path / "run.json").write_text(json.dumps({"pid": os.getpid() if runs else 2**22 + 1, "env": env}))

    keys.join_running(tmp_path)

    assert os.environ["PORT"] == "8001"
    assert ("HEED_SIMULATOR_HTTP" in os.environ) is runs
    os.environ.pop("HEED_SIMULATOR_HTTP", None)


def test_the_database_driver_is_psycopg2() -> None:
    """Django prefers psycopg 3 as soon as it can be imported, and behaves differently with it."""
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    assert not is_psycopg3
    assert connection.Database.__name__ == "psycopg2"
