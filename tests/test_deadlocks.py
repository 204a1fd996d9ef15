"""The one order of locks: whatever meets on the same contacts, nobody waits for each other."""

import os

import pytest
from django.db import connection

from contacts.models import Event
from tests.factories import MANAGER
from tests.processes import churning, crowd, databases
from tests.processes.fleet import fleet, waited
from workflows import services as workflows
from workflows.models import Enrollment
from workflows.tasks import dispatch_due, run_due

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300), pytest.mark.xdist_group("under fire")]

SECONDS = float(os.environ.get("HEED_CHURN_SECONDS", "20"))
CONTACTS = 40
CREW = {"tick": 4, "deliver": 1, "change": 2, "bulk": 1, "address": 1, "enroll": 1, "remove": 1, "tag": 1}


@pytest.fixture
def copy(tmp_path, django_db_blocker):
    with (
        databases.migrated() as name,
        django_db_blocker.unblock(),
        databases.used_here(name),
        fleet(tmp_path, name) as copy,
    ):
        yield copy


def publish(business, name, triggers, *steps):
    data = {"name": name, "settings": {"allow_reentry": True}, "triggers": triggers, "steps": list(steps)}
    workflow = workflows.create(business=business, data=data, by=MANAGER)
    workflows.publish(workflow=workflow, by=MANAGER)
    return workflow


RED = {"op": "any_of", "values": ["red"]}


def publish_workflows(business):
    """Workflows that change, start and remove each other."""
    slow = publish(
        business, "Slow", [],
        {"kind": "send_sms", "body": "Hello {{contact.first_name}}"},
        {"kind": "wait", "for": "1s"},
        {"kind": "send_email", "subject": "Hello", "body": "Hello {{contact.first_name}}"},
        {"kind": "create_task", "title": "Call"},
    )  # fmt: skip
    publish(
        business, "On DND", [{"type": "contact_dnd", "name": "Any change", "filters": {}}],
        {"kind": "add_tag", "tag": "red"},
        {"kind": "remove_from_workflow", "which": "another", "workflow": str(slow.pk)},
        {"kind": "internal_notification", "to": "managers", "message": "{{contact.first_name}}"},
    )  # fmt: skip
    publish(
        business, "On tag", [{"type": "tag_added", "name": "Red", "filters": {"tags": RED}}],
        {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": ["gmb"], "note": "by tag"},
        {"kind": "remove_tag", "tag": "red"},
        {"kind": "add_to_workflow", "workflow": str(slow.pk)},
    )  # fmt: skip


def drained():
    dispatch_due()
    run_due()
    return not Event.objects.filter(state="pending").exists() and not Enrollment.objects.running().exists()


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_nothing_that_meets_on_the_same_contacts_ever_deadlocks_and_all_work_gets_done(copy):
    business = crowd.business(copy.env)
    crowd.contacts(business, CONTACTS)
    publish_workflows(business)

    crew = [
        copy.begin(churning.__name__, role, SECONDS, seed=seed)
        for role, many in CREW.items()
        for seed in range(many)
    ]
    done = copy.finished(crew, SECONDS + 60)
    waited(drained, "the work that was left", within=60)

    print({**done, "enrollments": Enrollment.objects.count(), "events": Event.objects.count()})
    assert min(done.values()) > 10
    assert deadlocks() == 0
    assert not Enrollment.objects.filter(state="failed").exists()


def test_a_deadlock_would_be_seen(copy):
    """The figure that the other test relies on counts what happens when two lock in different orders."""
    crowd.contacts(crowd.business(copy.env), 2)

    copy.finished([copy.begin(churning.__name__, "disorder", 4, seed=seed) for seed in range(2)], 60)

    assert deadlocks() > 0
