"""Messages on their way out and people who opt out, at the same moment: the roles of the race test.

A sender runs the door of the product as it is, with a provider that notes when each call starts. For the test of
the test, HEED_TEST_WITHOUT takes the contacts' lock out of one of the door's steps.
"""

import importlib
import json
import os
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg2.errors import DeadlockDetected

from contacts import locks
from contacts.actors import Actor
from contacts.models import Business, Contact, ContactPoint
from contacts.services import people
from dnd import services as dnd
from messaging import providers
from messaging import services as messaging
from messaging.models import Message
from messaging.providers.base import Answer, Found, Letter, Taken
from messaging.services import Proposal
from messaging.tasks import deliver_lane
from tests.factories import MANAGER

FOLDER = Path(os.environ["HEED_TEST_FOLDER"])
OVER = FOLDER / "over"
FIRST, SHARE = int(os.environ["HEED_TEST_FIRST"]), int(os.environ["HEED_TEST_SHARE"])
WITHOUT = os.environ.get("HEED_TEST_WITHOUT", "")
LONGEST_CALL = 0.008
LONGEST_HESITATION = 0.03
LONGEST_PAUSE = 0.01
ONE_FILE = (FOLDER / f"{os.getpid()}.jsonl").open("a", buffering=1)
writing = threading.Lock()


def note(**what: object) -> None:
    with writing:
        ONE_FILE.write(json.dumps(what) + "\n")


# --- the sender ---


class NotingLine:
    """A provider that takes everything, and a few milliseconds for it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        pass

    def send(self, letter: Letter, *, until: float) -> Answer:
        started = time.time()
        time.sleep(random.uniform(0, LONGEST_CALL))
        note(message=letter.message, to=letter.to, started=started)
        return Taken(f"SM{letter.message:032x}")

    def find(self, letter: Letter, *, since: datetime, before: datetime) -> Sequence[Found] | None:
        return None

    def close(self) -> None:
        pass


def send() -> bool:
    try:
        deliver_lane("interactive")
    except OperationalError as error:
        # Without its lock the door may also deadlock with who opts out; then the next task goes on.
        if not (WITHOUT and isinstance(error.__cause__, DeadlockDetected)):
            raise
    time.sleep(random.uniform(0, LONGEST_PAUSE))
    return OVER.exists() and not Message.objects.filter(state__in=["queued", "held", "calling"]).exists()


class NoLocks(SimpleNamespace):
    """contacts.locks, but for the rows of contacts nobody waits."""

    def __getattr__(self, name: str) -> Any:
        return getattr(locks, name)

    def lock_contacts(self, business: int, ids: Sequence[int]) -> list[int]:
        return sorted(Contact.objects.of(business).filter(pk__in=ids).values_list("pk", flat=True))

    def try_lock_contacts(self, ids: Sequence[int]) -> list[int]:
        return sorted(set(ids))

    def hold_contacts(self, ids: Sequence[int]) -> None:
        pass


LOCKING = {"claim": "messaging.delivery.due", "settle": "messaging.delivery.writing"}
if WITHOUT:
    importlib.import_module(LOCKING[WITHOUT]).locks = NoLocks()  # type: ignore[attr-defined]
providers.LINES = {"twilio": NotingLine}  # type: ignore[assignment]


# --- the one who opts out ---

kinds = cycle(["contact", "address", "created"])


@cache
def business() -> Business:
    return Business.objects.get()


@cache
def pairs() -> Iterator[tuple[int, int, str]]:
    """This process's share of the contacts, two and two, who have one number together."""
    points = list(
        ContactPoint.objects.filter(kind="phone").order_by("contact")[2 * FIRST : 2 * (FIRST + SHARE)]
    )
    return iter(
        [(a.contact_id, b.contact_id, a.value) for a, b in zip(points[::2], points[1::2], strict=True)]
    )


def race() -> bool:
    """One message and one opt-out, at moments a few milliseconds apart."""
    one, other, number = next(pairs(), (0, 0, ""))
    if one:
        RACES[next(kinds)](one, other, number)
    return not one


def by_contact(one: int, other: int, number: str) -> None:
    _propose(one)
    _hesitate()
    wish = dnd.Wish(outbound={"sms": True})
    outcome = dnd.change_one(business=business(), contact=one, wish=wish, by=MANAGER)
    note(race="contact", to="", changes=[change.pk for change in outcome.changes])


def by_address(one: int, other: int, number: str) -> None:
    """The message goes to one of those who have the number, and counts for the other as well."""
    _propose(other)
    _hesitate()
    _stop(number, "address")


def while_created(one: int, other: int, number: str) -> None:
    """The one who gets the message does not exist yet when the number begins to be opted out."""
    newcomer = threading.Thread(target=_arrive, args=(number,))
    newcomer.start()
    _hesitate()
    _stop(number, "created")
    newcomer.join()


RACES = {"contact": by_contact, "address": by_address, "created": while_created}


def _arrive(number: str) -> None:
    try:
        with transaction.atomic():
            data = people.clean(business(), {"first_name": "Ada", "phones": [{"number": number}]})
            contact = people.create(business=business(), data=data, by=MANAGER).pk
            _hesitate()
        _propose(contact)
    finally:
        connection.close()


def _stop(number: str, kind: str) -> None:
    outcomes = dnd.change_address(
        business=business(),
        channel="sms",
        address=number,
        block=True,
        by=Actor.contact(),
        reason="stop_keyword",
    )
    note(race=kind, to=number, changes=[change.pk for outcome in outcomes for change in outcome.changes])


@transaction.atomic
def _propose(contact: int) -> None:
    locks.lock_contacts(business().pk, [contact])
    messaging.propose(business().pk, [Proposal(contact, "sms", "automation", "", "Hello", "a workflow")])


def _hesitate() -> None:
    time.sleep(random.uniform(0, LONGEST_HESITATION))


ROLES = {"send": send, "race": race}
