"""Dispatchers, ticks and people at the same time, on connections of their own."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from contacts import locks
from contacts.models import Event
from messaging.models import Message
from tests.factories import MANAGER, BusinessFactory, ContactFactory, block
from tests.workflows.building import (
    SMS,
    TAG,
    connect,
    draft,
    enroll,
    enroll_all,
    flow,
    on_dnd,
    path,
    state,
    tags,
    work,
)
from workflows import dispatch
from workflows import services as workflows
from workflows.engine.tick import tick
from workflows.models import Enrollment, Firing, StepRun

pytestmark = pytest.mark.django_db(transaction=True)
STOP = {"kind": "stop"}
SOON = 10


@pytest.fixture
def business(transactional_db):
    business = BusinessFactory()
    connect(business)
    return business


class Threads:
    """Runs functions side by side; what one of them raises is raised here."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.errors: list[BaseException] = []

    def start(self, *functions: Callable[[], object]) -> None:
        for function in functions:
            self.threads.append(thread := threading.Thread(target=self._run, args=[function]))
            thread.start()

    def _run(self, function: Callable[[], object]) -> None:
        try:
            function()
        except BaseException as error:
            self.errors.append(error)
        finally:
            connection.close()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()
        if self.errors:
            raise self.errors[0]


@pytest.fixture
def threads():
    threads = Threads()
    yield threads
    threads.join()


def drained(step: Callable[[], int], left: Callable[[], bool]) -> Callable[[], None]:
    def run() -> None:
        while left():
            step()

    return run


def test_dispatchers_side_by_side_fire_each_event_once(business, threads):
    for number in range(3):
        flow(business, STOP, triggers=[on_dnd()], name=f"F{number}", allow_reentry=True)
    for _ in range(60):
        contact = ContactFactory(business=business, phone=False, email=False)
        block(contact, "sms")
        block(contact, "email")
    pending = Event.objects.filter(state="pending")
    threads.start(*[drained(dispatch.dispatch_batch, pending.exists) for _ in range(3)])
    threads.join()

    assert Firing.objects.count() == 60 * 2 * 3
    assert Firing.objects.filter(outcome="enrolled").count() == Enrollment.objects.count() == 60 * 3


def test_ticks_side_by_side_run_each_step_once(business, threads):
    workflow = flow(business, TAG, SMS, {"kind": "wait", "for": "0s"}, {"kind": "create_task", "title": "x"})
    contacts = [ContactFactory(business=business) for _ in range(120)]
    enroll_all(workflow, contacts)
    running = Enrollment.objects.running()
    threads.start(*[drained(tick, running.exists) for _ in range(3)])
    threads.join()

    assert StepRun.objects.count() == 4 * 120
    assert Message.objects.count() == 120
    assert Enrollment.objects.filter(state="completed").count() == 120


def test_the_dispatcher_waits_for_whoever_publishes_before_the_event(business, threads):
    """Published before the event and committed after it: without the lock, the dispatcher would look too early."""
    workflow = draft(business, STOP, triggers=[on_dnd()])
    contact = ContactFactory(business=business)
    published, commit = threading.Event(), threading.Event()

    def publish() -> None:
        with transaction.atomic():
            workflows.publish(workflow=workflow, by=MANAGER)
            published.set()
            assert commit.wait(SOON)

    threads.start(publish)
    assert published.wait(SOON)
    block(contact, "sms")
    dispatched = threading.Event()
    threads.start(lambda: (dispatch.dispatch_batch(), dispatched.set()))
    assert not dispatched.wait(0.5)
    commit.set()
    threads.join()

    assert Firing.objects.get().outcome == "enrolled"


def test_whoever_publishes_waits_for_the_dispatcher(business, threads, monkeypatch):
    """An event at hand is older than whatever is published while it is being dispatched."""
    workflow = draft(business, STOP, triggers=[on_dnd()])
    block(ContactFactory(business=business), "sms")
    holding, go_on, done = threading.Event(), threading.Event(), threading.Event()
    real = dispatch.versions.in_force

    def slow(*args):
        holding.set()
        assert go_on.wait(SOON)
        return real(*args)

    monkeypatch.setattr(dispatch.versions, "in_force", slow)
    threads.start(dispatch.dispatch_batch)
    assert holding.wait(SOON)
    threads.start(lambda: (workflows.publish(workflow=workflow, by=MANAGER), done.set()))
    assert not done.wait(0.3)
    go_on.set()
    threads.join()

    assert Firing.objects.count() == 0
    assert workflows.is_published(workflow)


def test_a_removal_waits_for_the_tick_and_nothing_runs_after_it(business, threads):
    workflow = flow(business, {"kind": "wait", "for": "0s"}, SMS, TAG, {"kind": "wait", "for": "1d"}, TAG)
    contacts = [ContactFactory(business=business) for _ in range(40)]
    enrollments = enroll_all(workflow, contacts)

    def remove_all() -> None:
        for enrollment in enrollments:
            workflows.remove(enrollment=enrollment, by=MANAGER)

    threads.start(remove_all, drained(tick, Enrollment.objects.filter(state="active").exists))
    threads.join()

    for enrollment in enrollments:
        assert state(enrollment) == ("removed", "removed_by_user")
        assert all(run.at <= enrollment.ended_at for run in enrollment.step_runs.all())
    assert Message.objects.filter(withdrawn=False).count() == 0


def test_a_step_that_frees_an_address_waits_until_all_its_holders_can_be_locked(business, threads):
    contact = ContactFactory(business=business, phone="+14155550142")
    relative = ContactFactory(business=business, phone="+14155550142")
    block(contact, "sms")
    free = {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": ["sms"]}
    own = enroll(flow(business, free, TAG), contact)
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            locks.lock_contacts(business.pk, [relative.pk])
            held.set()
            assert let_go.wait(SOON)

    threads.start(hold)
    assert held.wait(SOON)

    assert tick() == 0
    assert state(own) == ("active", "")
    let_go.set()
    threads.join()
    work()
    assert path(own) == [("set_dnd", "done", ""), ("add_tag", "done", "")]
    assert tags(contact) == {"seen"}
