"""Workers that are killed, and a broker that forgets or is away: nothing is lost, and nothing happens twice."""

import os
import random
import time
from collections import Counter

import pytest
import redis
import requests
from django.db import transaction

from contacts import locks
from contacts.models import ContactTag, Event, Notification, Task
from contacts.services import keys, tags
from contacts.services.tags import Tagging
from messaging.models import Message
from tests.factories import MANAGER
from tests.processes import crowd, databases
from tests.processes.fleet import fleet, kill, waited
from workflows import services as workflows
from workflows.models import Enrollment, StepRun

# One after the other: each of these takes a whole machine.
pytestmark = [pytest.mark.servers, pytest.mark.timeout(600), pytest.mark.xdist_group("under fire")]

ENROLLMENTS = int(os.environ.get("HEED_CRASH_ENROLLMENTS", "2000"))
KILLS = int(os.environ.get("HEED_CRASH_KILLS", "30"))
PAUSE = 0.8
WORKERS = ("worker-engine", "worker-delivery", "worker-bulk")
STEPS = [
    {"kind": "add_tag", "tag": "Began"},
    {"kind": "send_sms", "body": "Hello {{contact.first_name}}"},
    {"kind": "wait", "for": "1s"},
    {"kind": "send_email", "subject": "Hello", "body": "Hello {{contact.first_name}}"},
    {"kind": "create_task", "title": "Call {{contact.first_name}}"},
    {"kind": "internal_notification", "to": "managers", "message": "{{contact.first_name}} is done"},
]


@pytest.fixture
def copy(tmp_path, django_db_blocker):
    with (
        databases.migrated() as name,
        django_db_blocker.unblock(),
        databases.used_here(name),
        fleet(tmp_path, name) as copy,
    ):
        yield copy


@pytest.fixture
def business(copy):
    return crowd.business(copy.env)


def publish(business, trigger, *steps):
    data = {"name": "Way", "settings": {}, "triggers": [trigger], "steps": list(steps)}
    workflow = workflows.create(business=business, data=data, by=MANAGER)
    workflows.publish(workflow=workflow, by=MANAGER)
    return workflow


@transaction.atomic
def start(business, contacts):
    """The tag is what starts the workflow, so that the dispatcher is under fire as well."""
    held = locks.lock_contacts(business.pk, contacts)
    tags.add(business.pk, [Tagging(contact, "Go") for contact in held], by=MANAGER)


def kill_somebody(copy, rng):
    """A worker's own process, or one of those that do its work."""
    main, *others = copy.pids(rng.choice(WORKERS))
    kill(rng.choice(others) if others and rng.random() < 0.75 else main)


def harass(copy, business, contacts, rng):
    """Start everybody in small groups, with somebody killed in between, and the broker emptied or gone now and then."""
    group = -(-len(contacts) // KILLS)
    for number in range(KILLS):
        start(business, contacts[number * group : (number + 1) * group])
        time.sleep(PAUSE * rng.uniform(0.5, 1.5))
        kill_somebody(copy, rng)
        if number % 10 == 4:
            with redis.Redis.from_url(copy.env["REDIS_URL"]) as broker:
                broker.flushall()
        if number % 10 == 9:
            copy.down("valkey", kill=True)
            time.sleep(PAUSE)
            copy.up_broker()
        copy.look()


def at_rest(copy):
    copy.look()
    busy = (
        Event.objects.filter(state="pending"),
        Enrollment.objects.running(),
        Message.objects.filter(state__in=["queued", "calling"]),
    )
    return not any(rows.exists() for rows in busy)


def reached(copy, kind):
    """How often each address got something; a page of the simulator's has at most 10,000."""
    return Counter(record["to"] for record in copy.kept(kind))


def test_workers_killed_at_random_lose_nothing_and_do_nothing_twice(copy, business):
    rng = random.Random(7)
    contacts = crowd.contacts(business, ENROLLMENTS)
    workflow = publish(
        business,
        {"type": "tag_added", "name": "Go", "filters": {"tags": {"op": "any_of", "values": ["Go"]}}},
        *STEPS,
    )
    # Long enough for some to be killed in the middle of a call.
    copy.provider_settings(callbacks=False, sms_delay=0.1, email_delay=0.1)
    copy.up_workers()

    harass(copy, business, contacts, rng)
    waited(lambda: at_rest(copy), "everything to end", within=180, every=1.0)

    assert Counter(Enrollment.objects.values_list("state", flat=True)) == {"completed": ENROLLMENTS}
    assert Enrollment.objects.filter(workflow=workflow).values("contact").distinct().count() == ENROLLMENTS
    assert StepRun.objects.count() == ENROLLMENTS * len(STEPS)
    assert ContactTag.objects.filter(tag__name="Began").count() == ENROLLMENTS
    assert Task.objects.values("contact").distinct().count() == Task.objects.count() == ENROLLMENTS
    assert (
        Notification.objects.values("message").distinct().count()
        == Notification.objects.count()
        == ENROLLMENTS
    )
    states = what_became_of_the_messages(copy)
    for command in ("audit_sends", "verify_ledger"):
        proved = copy.manage(command)
        assert proved.returncode == 0, proved.stdout + proved.stderr
    print({"kills": KILLS, "messages": dict(states)})


def what_became_of_the_messages(copy):
    """Each was written once, none arrived twice, and what nobody knows is shown as that."""
    outcome_of = dict(StepRun.objects.exclude(message=None).values_list("message", "outcome"))
    states = Counter()
    for channel in ("sms", "email"):
        arrived = reached(copy, channel)
        messages = list(Message.objects.filter(channel=channel))
        assert len(messages) == ENROLLMENTS
        assert max(arrived.values()) == 1
        for message in messages:
            states[message.state] += 1
            if message.state == "unknown":
                assert outcome_of[message.pk] == "unknown"
            else:
                # Delivered: its worker was lost, and the provider, when asked, had it.
                assert message.state in ("sent", "delivered")
                assert (outcome_of[message.pk], arrived[message.to]) == ("done", 1)
    return states


def test_without_the_broker_a_dnd_change_is_answered_at_once_and_acted_on_when_it_is_back(copy, business):
    contact = crowd.contacts(business, 1)[0]
    filters = {"direction": "outbound", "flag": "enabled_specific", "channels": ["email"]}
    trigger = {"type": "contact_dnd", "name": "No email", "filters": filters}
    publish(business, trigger, {"kind": "create_task", "title": "Look at it"})
    _, key = keys.issue(business=business, role="manager", name="A program")
    copy.up_workers()
    copy.up_web()

    def change(**outbound):
        """How many seconds the answer took."""
        began = time.monotonic()
        answer = requests.patch(
            f"{copy.env['HEED_BASE_URL']}/api/v1/contacts/{contact}/dnd/",
            json={"outbound": outbound}, headers={"Authorization": f"Bearer {key}"}, timeout=10,
        )  # fmt: skip
        took = time.monotonic() - began
        assert answer.status_code == 200, answer.text
        return took

    usual = [change(sms=number % 2 == 0) for number in range(6)]
    copy.down("valkey", kill=True)
    without = [change(email=True), change(sms=True)]

    print({"usual": usual, "without the broker": without})
    assert max(without) < max(usual) + 1
    assert not Task.objects.exists()
    copy.up_broker()
    waited(lambda: Task.objects.filter(contact=contact).exists(), "the workflow to run", within=30)
