"""What holds for every page: health, content policy, and going on without the broker."""

import json
import socket
import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from config import health
from config.cache import ForgivingRedisCache
from config.tasks import SEEN, beat_seen


@pytest.fixture(autouse=True)
def _awake() -> Iterator[None]:
    ForgivingRedisCache.asleep_until = 0.0
    yield
    cache.delete(SEEN)


def test_healthz_answers_any_host_without_a_database(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "10.1.2.3"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_readyz_names_what_fails(client: Client) -> None:
    answer = client.get("/readyz")
    parts = json.loads(answer.content)
    assert answer.status_code == 503
    assert parts == {
        "ready": False,
        "database": "ok",
        "broker": "ok",
        "workers": "nobody works on bulk, delivery, engine, events",
        "scheduler": "has not been heard of",
    }


def test_readyz_is_200_when_all_is_well(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "QUESTIONS", dict.fromkeys(health.QUESTIONS, lambda: "ok"))
    assert client.get("/readyz").status_code == 200


def test_readyz_does_not_wait_for_what_hangs(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.2)
    questions = {"database": lambda: time.sleep(1) or "ok", "broker": lambda: "ok"}
    monkeypatch.setattr(health, "QUESTIONS", questions)
    started = time.monotonic()
    answer = client.get("/readyz")
    assert time.monotonic() - started < 1
    assert json.loads(answer.content) == {"ready": False, "database": "does not answer", "broker": "ok"}


def test_a_beat_of_the_scheduler_is_seen_and_forgotten() -> None:
    assert health._scheduler() == "has not been heard of"
    beat_seen()
    assert health._scheduler() == "ok"
    cache.set(SEEN, time.time() - 11)
    assert health._scheduler() == "has not been heard of"


@pytest.mark.django_db
def test_only_the_admin_may_evaluate_scripts(client: Client) -> None:
    signin = client.get("/accounts/login/").headers["Content-Security-Policy"]
    admin = client.get("/admin/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in signin
    assert "unsafe-eval" not in signin
    assert "script-src 'self' 'unsafe-eval'" in admin


@pytest.mark.django_db
def test_nobody_signs_up_by_themselves(client: Client) -> None:
    answer = client.post(
        "/accounts/signup/", {"email": "eve@example.org", "password1": "x", "password2": "x"}
    )
    assert b"password1" not in client.get("/accounts/signup/").content
    assert answer.status_code in (200, 302, 403, 404)


def test_without_its_server_the_cache_answers_at_once_and_as_if_empty() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
        port = silent.getsockname()[1]
        lonely = ForgivingRedisCache(f"redis://127.0.0.1:{port}/0", {"OPTIONS": options})
        started = time.monotonic()
        assert lonely.get("rate", 7) == 7
        assert lonely.get_many(["rate"]) == {}
        assert lonely.add("rate", 1) is True
        assert lonely.incr("rate") == 1
        lonely.set("rate", 1)
        assert time.monotonic() - started < 1
