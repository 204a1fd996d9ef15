"""Everything at once, on the same few contacts: the roles of the deadlock test."""

import random
import time
from functools import cache

from django.db import OperationalError, transaction

from contacts import locks
from contacts.actors import Actor
from contacts.models import Business, Contact, ContactPoint
from contacts.services import tags
from contacts.services.errors import Conflict
from contacts.words import INBOUND_CHANNELS, OUTBOUND_CHANNELS
from dnd import services as dnd
from dnd.tasks import tick as dnd_tick
from messaging.tasks import deliver_lane, reap
from tests.factories import MANAGER
from workflows import services as workflows
from workflows.models import Enrollment, Workflow
from workflows.tasks import dispatch_due, run_due


@cache
def business() -> Business:
    return Business.objects.get()


@cache
def everybody() -> list[int]:
    return list(Contact.objects.order_by("id").values_list("id", flat=True))


def tick() -> None:
    dispatch_due()
    run_due()


def deliver() -> None:
    deliver_lane("interactive")
    reap()
    dnd_tick()


def change() -> None:
    some = random.sample(OUTBOUND_CHANNELS, random.randint(1, 6))
    wish = dnd.Wish(
        outbound=dict.fromkeys(some, random.random() < 0.5),
        inbound=dict.fromkeys(INBOUND_CHANNELS, random.random() < 0.5),
        note="asked",
    )
    dnd.change(business=business(), contacts=[random.choice(everybody())], wish=wish, by=MANAGER)


def bulk() -> None:
    """In any order: that they are locked in one order is the service's to see to."""
    ids = random.sample(everybody(), len(everybody()))
    wish = dnd.Wish(outbound=dict.fromkeys(OUTBOUND_CHANNELS, random.random() < 0.5), note="asked")
    for _ in dnd.change_many(business=business(), contacts=ids, wish=wish, by=MANAGER):
        pass
    time.sleep(0.3)


def address() -> None:
    number = random.choice(ContactPoint.objects.filter(kind="phone").values_list("value", flat=True))
    dnd.change_address(
        business=business(), channel="sms", address=number, block=random.random() < 0.5,
        by=Actor.contact("somebody"), reason="stop_keyword",
    )  # fmt: skip


def enroll() -> None:
    workflow = random.choice(Workflow.objects.of(business()))
    try:
        workflows.enroll(workflow=workflow, contact=random.choice(everybody()), by=MANAGER)
    except Conflict:  # already in it: as good as any other
        time.sleep(0.01)


def remove() -> None:
    running = list(Enrollment.objects.running().order_by("?")[:5])
    for enrollment in running:
        workflows.remove(enrollment=enrollment, by=MANAGER)
    time.sleep(0.02)


def tag() -> None:
    names = random.sample(["red", "green", "blue"], 2)
    tags.edit(
        business=business(), contact=random.choice(everybody()), by=MANAGER,
        add_names=names[:1], remove_names=names[1:],
    )  # fmt: skip


def disorder() -> None:
    """What nobody in Heed does: lock two contacts in whatever order."""
    first, second = random.sample(everybody()[:2], 2)
    try:
        with transaction.atomic():
            locks.lock_contacts(business().pk, [first])
            time.sleep(0.05)
            locks.lock_contacts(business().pk, [second])
    except OperationalError:
        time.sleep(0.01)


ROLES = {
    role.__name__: role for role in (tick, deliver, change, bulk, address, enroll, remove, tag, disorder)
}
