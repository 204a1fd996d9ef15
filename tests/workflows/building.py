"""Workflows in a few words, and a way to let everything that is due happen."""

from collections.abc import Sequence
from typing import Any

from contacts import locks
from contacts.models import Business, Contact, Event
from contacts.services import tags as tagging
from dnd import services as dnd
from messaging.models import Connection, Message
from tests.factories import MANAGER, STAFF
from workflows import dispatch, entering, versions
from workflows import services as workflows
from workflows.engine.tick import tick
from workflows.entering import Want
from workflows.models import Enrollment, StepRun, Workflow

TAG = {"kind": "add_tag", "tag": "seen"}
SMS = {"kind": "send_sms", "body": "Hello {{ contact.first_name }}"}
EMAIL = {"kind": "send_email", "subject": "News", "body": "From {{ business.name }}"}
TASK = {"kind": "create_task", "title": "Call {{ contact.name }}", "due_in": "2d"}


def on_dnd(**filters: Any) -> dict[str, Any]:
    return {"type": "contact_dnd", "filters": filters}


def connect(business: Business, *channels: str) -> None:
    """Connections that nothing is sent through."""
    drivers = {"sms": "twilio", "email": "smtp", "gmb": "http"}
    for channel in channels or ("sms", "email"):
        driver = drivers.get(channel, "twilio")
        Connection.objects.create(business=business, channel=channel, driver=driver, config={})


def draft(
    business: Business, *steps: Any, triggers: Sequence[Any] = (), name: str = "", **settings: bool
) -> Workflow:
    count = Workflow.objects.count()
    data = {
        "name": name or f"Flow {count}",
        "settings": settings,
        "triggers": list(triggers),
        "steps": list(steps),
    }
    return workflows.create(business=business, data=data, by=MANAGER)


def flow(business: Business, *steps: Any, **more: Any) -> Workflow:
    """A workflow of these steps, published."""
    workflow = draft(business, *steps, **more)
    workflows.publish(workflow=workflow, by=MANAGER)
    return workflow


def enroll(workflow: Workflow, contact: Contact) -> Enrollment:
    return workflows.enroll(workflow=workflow, contact=contact.pk, by=MANAGER)


def enroll_all(workflow: Workflow, contacts: Sequence[Contact]) -> list[Enrollment]:
    """Many at once, as a trigger would."""
    version = versions.published([workflow.pk])[workflow.pk]
    answers = entering.admit([Want(contact.pk, version, "test") for contact in contacts], at=locks.now())
    by_id = Enrollment.objects.in_bulk([answer.enrollment for answer in answers])
    return [by_id[answer.enrollment] for answer in answers]


def crowd(business: Business, count: int) -> list[Contact]:
    """Contacts without addresses."""
    return Contact.objects.bulk_create([Contact(business=business, first_name="Ada") for _ in range(count)])


def work() -> None:
    """Dispatch and run until nothing is due, as the rings and ticks do."""
    while dispatch.dispatch_batch() or tick():
        pass


def free(contact: Contact, *channels: str, note: str = "they asked") -> dnd.Outcome:
    wish = dnd.Wish(outbound=dict.fromkeys(channels, False), note=note)
    return dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=MANAGER)


def path(enrollment: Enrollment) -> list[tuple[str, str, str]]:
    """(kind, outcome, reason) of each step that ran, in order."""
    runs = StepRun.objects.filter(enrollment=enrollment).order_by("at", "position")
    return [(run.kind, run.outcome, run.reason) for run in runs]


def state(enrollment: Enrollment) -> tuple[str, str]:
    enrollment.refresh_from_db()
    return enrollment.state, enrollment.exit_reason


def messages(contact: Contact) -> list[tuple[str, str, str]]:
    return list(
        Message.objects.filter(contact=contact).order_by("id").values_list("channel", "state", "body")
    )


def tags(contact: Contact) -> set[str]:
    return set(contact.tag_links.values_list("tag__name", flat=True))


def put_tag(contact: Contact, *names: str) -> None:
    tagging.edit(business=contact.business, contact=contact.pk, by=STAFF, add_names=names)


def make_due(*enrollments: Enrollment) -> None:
    """What the clock would do."""
    Enrollment.objects.filter(pk__in=[e.pk for e in enrollments], due_at__isnull=False).update(
        due_at="2020-01-01T00:00:00Z"
    )


def pending() -> int:
    return Event.objects.filter(state="pending").count()
