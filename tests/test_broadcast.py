"""A broadcast to many on real processes: nobody twice, nobody blocked, opt-outs in the middle obeyed, workers killed.

People do not wait for it: how long a DND change takes to its workflow's first step is measured meanwhile.
"""

import os
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from dnd import services as dnd
from dnd.models import Change
from messaging.broadcasting import counting, editing, sending
from messaging.models import Message
from tests.factories import MANAGER
from tests.processes import crowd, databases
from tests.processes.fleet import fleet, kill, waited
from workflows import services as workflows
from workflows.models import StepRun

PEOPLE = int(os.environ.get("HEED_BROADCAST", "2000"))
WITHIN = 120 + PEOPLE / 20
"""Seconds, on a machine that is busy with other things as well."""
pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(int(WITHIN * 2 + 240)),
    pytest.mark.xdist_group("under fire"),
]

BLOCKED_FROM_THE_START = 10
"""One of so many people."""
OPT_OUT_EVERY = 0.2
COPY = {
    "text": "Hello {{contact.first_name}}, flu shots are in.",
    "email_subject": "Flu shots",
    "email_body": "Dear {{contact.name}}, flu shots are in.",
}
KILLED = ("worker-delivery", "worker-bulk")


@pytest.fixture
def copy(tmp_path, django_db_blocker):
    with (
        databases.migrated() as name,
        django_db_blocker.unblock(),
        databases.used_here(name),
        fleet(tmp_path, name) as copy,
    ):
        yield copy


@dataclass
class Story:
    """What was done to a running broadcast."""

    people: list[int]
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    opted_out: list[int] = field(default_factory=list)
    killed: int = 0


def test_a_broadcast_reaches_everybody_once_and_nobody_who_said_no(copy):
    business = crowd.business(copy.env)
    people = crowd.contacts(business, PEOPLE)
    blocked = people[::BLOCKED_FROM_THE_START]
    for _ in dnd.change_many(business=business, contacts=blocked, wish=no_messages(), by=MANAGER):
        pass
    publish_a_workflow(business)
    copy.provider_settings(callbacks=False)
    copy.up_workers()
    made = editing.create(business=business, data={"name": "Flu shots", **COPY}, by=MANAGER)

    began = time.monotonic()
    sending.send(broadcast=made, by=MANAGER)
    story = Story([pk for pk in people if pk not in set(blocked)])
    disturb_until_it_is_finished(copy, made, story)
    took = time.monotonic() - began

    arrived = contacts_reached(copy)
    assert Message.objects.filter(broadcast=made).count() == PEOPLE
    assert set(arrived.values()) == {1}, "nobody twice"
    assert not set(arrived).intersection(blocked), "nobody blocked"
    in_time = sent_after_an_opt_out(made)
    assert in_time == []
    states = counting.progress(made).states
    # Delivered: its worker was lost, and the provider, when asked, had it.
    taken = states["sent"] + states["delivered"]
    assert taken + states["unknown"] + states["dropped"] == PEOPLE, states
    assert taken <= len(arrived) <= taken + states["unknown"]
    proved = copy.manage("audit_sends", within=300)
    assert proved.returncode == 0, proved.stdout + proved.stderr
    print(
        {
            "people": PEOPLE,
            "seconds": round(took, 1),
            "a second": round(PEOPLE / took),
            "killed": story.killed,
        }
    )
    print({"states": {state: number for state, number in states.items() if number}})
    print(
        {
            "opted out meanwhile": len(story.opted_out),
            "of them reached before": reached_before(story, arrived),
        }
    )
    print({"seconds from a DND change to its first step": delays(story)})


def no_messages():
    return dnd.Wish(outbound={"sms": True, "email": True})


def publish_a_workflow(business):
    trigger = {"type": "contact_dnd", "name": "Opt-out", "filters": {"direction": "outbound"}}
    steps = [{"kind": "create_task", "title": "Ask {{contact.first_name}} why"}]
    data = {"name": "Opt-out", "settings": {}, "triggers": [trigger], "steps": steps}
    workflows.publish(workflow=workflows.create(business=business, data=data, by=MANAGER), by=MANAGER)


def disturb_until_it_is_finished(copy, made, story):
    """Somebody opts out every moment; when a quarter has left, and when half has, a worker is killed."""
    kills = [(PEOPLE * (number + 1) // 4, name) for number, name in enumerate(KILLED)]
    deadline = time.monotonic() + WITHIN
    while made.state != "finished":
        assert time.monotonic() < deadline, counting.progress(made)
        opt_somebody_out(made.business, story)
        if kills and Message.objects.filter(broadcast=made).exclude(claimed_at=None).count() >= kills[0][0]:
            kill(story.rng.choice(copy.pids(kills.pop(0)[1])))
            story.killed += 1
        copy.look()
        made.refresh_from_db()
        time.sleep(OPT_OUT_EVERY)
    waited(lambda: steps_of(story).count() == len(story.opted_out), "the last steps", within=30)
    assert story.killed == len(KILLED)


def opt_somebody_out(business, story):
    contact = story.rng.choice(story.people)
    if contact not in story.opted_out:
        story.opted_out.append(contact)
        dnd.change_one(business=business, contact=contact, wish=no_messages(), by=MANAGER)


def contacts_reached(copy):
    """How often something arrived for each contact, whichever way."""
    owner = dict(Message.objects.exclude(broadcast=None).values_list("to", "contact").distinct())
    arrived = Counter()
    for kind in ("sms", "email"):
        page = copy.kept(kind)
        while page:
            arrived.update(owner[record["to"]] for record in page)
            page = copy.kept(kind, before=page[-1]["id"])
    return arrived


def sent_after_an_opt_out(made):
    """The messages of whom a claim came after the opt-out had committed: there must be none."""
    at = dict(Change.objects.filter(direction="outbound", enabled=True).values_list("contact", "recorded_at"))
    claimed = Message.objects.filter(broadcast=made, contact__in=at, claimed_at__isnull=False)
    return [
        pk for pk, contact, when in claimed.values_list("pk", "contact", "claimed_at") if when > at[contact]
    ]


def reached_before(story, arrived):
    return sum(contact in arrived for contact in story.opted_out)


def steps_of(story):
    return StepRun.objects.filter(enrollment__contact__in=story.opted_out)


def delays(story):
    recorded = dict(
        Change.objects.filter(contact__in=story.opted_out, enabled=True).values_list("contact", "recorded_at")
    )
    done = steps_of(story).values_list("enrollment__contact", "at")
    waits = sorted((at - recorded[contact]).total_seconds() for contact, at in done)
    return {
        "changes": len(waits),
        "median": round(statistics.median(waits), 3),
        "95 of 100": round(waits[int(len(waits) * 0.95)], 3),
        "longest": round(waits[-1], 3),
    }
