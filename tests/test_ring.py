"""A ring follows a commit, waits for nobody, and is never more than one for the same at a time."""

import threading
import time
from collections.abc import Iterator

import pytest
from celery.worker import consumer
from django.db import transaction

from config.consumer import Consumer
from contacts import ring as ringing
from contacts.ring import Bell, ring


class Heard(list[tuple[str, tuple[object, ...]]]):
    """What the broker was told; it can be made slow or broken."""

    broken = False
    slow = threading.Event()

    def send_task(self, task: str, args: tuple[object, ...], **options: object) -> None:
        assert options == {"retry": False, "expires": 5}
        assert self.slow.wait(5)
        if self.broken:
            raise ConnectionError
        self.append((task, args))

    def wait(self, count: int) -> None:
        deadline = time.monotonic() + 5
        while len(self) < count:
            assert time.monotonic() < deadline, self
            time.sleep(0.005)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    heard = Heard()
    heard.slow.set()
    monkeypatch.setattr(ringing, "current_app", heard)
    monkeypatch.setattr(ringing, "bell", Bell())
    monkeypatch.setattr(ringing, "QUIET_AFTER_FAILURE", 0.1)
    yield heard
    heard.slow.set()


@pytest.mark.django_db(transaction=True)
def test_it_rings_after_the_commit_and_not_before(heard: Heard) -> None:
    with transaction.atomic():
        ring("due", 1)
        time.sleep(0.05)
        assert heard == []
    heard.wait(1)
    assert heard == [("due", (1,))]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_rung_for(heard: Heard) -> None:
    with transaction.atomic():
        ring("undone")
        transaction.set_rollback(True)
    ring("done")
    heard.wait(1)
    assert heard == [("done", ())]


@pytest.mark.django_db(transaction=True)
def test_the_same_in_one_transaction_is_rung_for_once(heard: Heard) -> None:
    with transaction.atomic():
        for _ in range(10):
            ring("due", 1)
        ring("due", 2)
    heard.wait(2)
    time.sleep(0.1)
    assert sorted(heard) == [("due", (1,)), ("due", (2,))]


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_for_while_the_broker_is_busy_is_rung_for_afterwards(heard: Heard) -> None:
    heard.slow.clear()
    started = time.monotonic()
    ring("first")
    for _ in range(100):
        ring("later")
    assert time.monotonic() - started < 1
    heard.slow.set()
    heard.wait(2)
    assert "later" in {task for task, _ in heard}


@pytest.mark.django_db(transaction=True)
def test_a_broken_broker_costs_nobody_anything_and_is_tried_again(heard: Heard) -> None:
    heard.broken = True
    ring("lost")
    time.sleep(0.05)
    heard.broken = False
    ring("found")
    heard.wait(1)
    assert heard == [("found", ())]


def test_a_forked_process_has_a_bell_of_its_own() -> None:
    before = ringing.bell
    ringing._renew()
    try:
        assert ringing.bell is not before
        assert ringing.bell.ringer is None
    finally:
        ringing.bell = before


def test_a_worker_outlives_a_lost_connection_that_cannot_be_closed_in_order(monkeypatch, caplog):
    def fail(self, exc):
        raise AttributeError("'NoneType' object has no attribute 'hostname'")

    monkeypatch.setattr(consumer.Consumer, "on_connection_error_after_connected", fail)

    Consumer.__new__(Consumer).on_connection_error_after_connected(ConnectionError())

    assert "could not be closed in order" in caplog.text
