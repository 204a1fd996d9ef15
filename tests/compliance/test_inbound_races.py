"""Many webhooks and many workers at once, on real connections: each event has its effect once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from compliance.models import InboundEvent, Permit, Statement
from dnd.models import Change, Ground
from dnd.verification import verify
from messaging import auditing, delivery
from messaging.inbound import times, working
from messaging.models import Message
from tests.compliance import twilio
from tests.compliance.test_inbound_texts import NUMBER, blocked
from tests.factories import ContactFactory
from tests.messaging.conftest import queue

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*jobs):
    """Each job in a thread with a connection of its own, all let go together."""
    gate = threading.Barrier(len(jobs))

    def run(job):
        try:
            gate.wait()
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_the_same_webhook_by_six_at_once_while_four_work(account, business, clock, provider):
    contact = ContactFactory(business=business, phone=NUMBER)
    request = twilio.text(account, "STOP", NUMBER)
    answers = at_once(*[lambda: request.send().status_code] * 6, *[working.work_due] * 4)
    at_once(*[working.work_due] * 4)
    at_once(*[lambda: delivery.deliver("system")] * 3)

    assert answers[:6] == [200] * 6
    assert InboundEvent.objects.count() == Statement.objects.count() == Permit.objects.count() == 1
    assert Change.objects.filter(contact=contact).count() == 1
    assert len(provider.letters) == 1


def test_stops_and_starts_of_one_number_worked_on_at_once_end_in_time_order(
    account, business, clock, provider
):
    contacts = [ContactFactory(business=business, phone=NUMBER) for _ in range(3)]
    for second, body in [(4, "STOP"), (1, "START"), (3, "START"), (2, "STOP"), (0, "please stop texting me")]:
        twilio.text(account, body, NUMBER, MessageSid=clock.at(second)).send()
    at_once(*[working.work_due] * 4, *[times.ask_due] * 3)
    times.ask_due()

    assert [blocked(contact) for contact in contacts] == [["stop_keyword"]] * 3
    assert not Statement.objects.filter(state="waiting").exists()
    assert Message.objects.filter(direction="inbound").count() == 15
    assert verify().violations == []


def test_a_stop_while_messages_are_being_sent_lets_none_out_afterwards(account, business, clock, provider):
    contacts = [ContactFactory(business=business, phone=NUMBER) for _ in range(2)]
    for contact in contacts * 4:
        queue(contact, body="Sale!")
    twilio.text(account, "STOP", NUMBER).send()
    at_once(*[lambda: delivery.deliver("interactive")] * 2, working.work_due)
    delivery.deliver("interactive")

    assert Ground.objects.filter(reason="stop_keyword").count() == 2
    assert not Message.objects.waiting().filter(message_class="automation").exists()
    assert auditing.run().violations == []
