"""A business with both connections, a provider that takes down what it is handed, and the real simulator."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from compliance.services import profiles
from contacts import locks
from contacts.models import Business, Contact
from messaging import delivery
from messaging import services as messaging
from messaging.models import Connection, Message
from messaging.providers.base import Answer, Found, Letter, Taken
from messaging.services import Proposal
from tests.factories import ENTERPRISE, BusinessFactory, ContactFactory

TWILIO = {"account_sid": "AC1", "auth_token": "a-secret-token-0123", "from_number": "+14155550199"}
ADDS_NOTHING = dict.fromkeys(("sms_opt_out", "sms_sender", "email_unsubscribe", "email_sender"), False)
SMTP = {"url": "smtp://user:letmein@127.0.0.1:2525", "from_email": "hello@clinic.example"}
HTTP = {"url": "http://127.0.0.1:2526/messages", "secret": "whsec_aGVlZC1wcm92aWRlci1zaW11bGF0b3ItMDE="}
PAGE = TWILIO | {"from_number": "102030405060708"}
OTHERS = {
    "call": ("twilio", TWILIO),
    "whatsapp": ("twilio", TWILIO),
    "facebook": ("twilio", PAGE),
    "gmb": ("http", HTTP),
}
"""A way to each channel besides texts and emails."""


@pytest.fixture
def business() -> Business:
    return connected(BusinessFactory())


@pytest.fixture
def contact(business: Business) -> Contact:
    return ContactFactory(business=business)


def connected(business: Business) -> Business:
    """With a connection for texts and one for emails, and nothing that compliance adds to them."""
    for channel, driver, config in (("sms", "twilio", TWILIO), ("email", "smtp", SMTP)):
        messaging.create_connection(
            business=business, channel=channel, driver=driver, config=config, by=ENTERPRISE
        )
    profiles.update(business=business, data=ADDS_NOTHING, by=ENTERPRISE)
    return business


def connect_others(business: Business, *channels: str, **gmb: str) -> None:
    """Connect these channels of OTHERS; all of them when none is named. `gmb`: changes of its config."""
    for channel in channels or OTHERS:
        driver, config = OTHERS[channel]
        config = config | gmb if channel == "gmb" else config
        messaging.create_connection(
            business=business, channel=channel, driver=driver, config=config, by=ENTERPRISE
        )


@dataclass
class Provider:
    """Takes everything, or answers each call with what `answer` says of it. `letters`: what it was handed."""

    letters: list[Letter] = field(default_factory=list)
    answer: Callable[[Letter], Answer] = lambda letter: Taken(f"SM{letter.message:032x}")
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bodies(self) -> list[str]:
        return [letter.body for letter in self.letters]

    def send(self, letter: Letter, *, until: float) -> Answer:
        with self.lock:
            self.letters.append(letter)
        return self.answer(letter)

    def find(self, letter: Letter, *, since: datetime, before: datetime) -> Sequence[Found] | None:
        return None

    def close(self) -> None:
        pass

    def always(self, answer: Answer) -> None:
        self.answer = lambda letter: answer


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    lines = dict.fromkeys(("twilio", "smtp", "http"), lambda config: made)
    monkeypatch.setattr("messaging.providers.LINES", lines)
    return made


def propose(*contacts: Contact, channel: str = "sms", body: str = "Hello", **fields: Any) -> list[Message]:
    """Propose a message to each contact; those that were written."""
    fields = {"message_class": "automation", "subject": "Hi", "actor": "Reminder"} | fields
    with transaction.atomic():
        business = contacts[0].business_id
        locks.lock_contacts(business, [contact.pk for contact in contacts])
        proposals = [Proposal(contact_id=c.pk, channel=channel, body=body, **fields) for c in contacts]
        answers = messaging.propose(business, proposals)
    return [Message.objects.get(pk=answer.message_id) for answer in answers if answer.message_id]


def queue(contact: Contact, **fields: Any) -> Message:
    (message,) = propose(contact, **fields)
    assert message.state == "queued", message.detail
    return message


def deliver(lane: str = "interactive") -> int:
    return delivery.deliver(lane)


def make_due(**filters: Any) -> None:
    """As if the time until then had passed."""
    Message.objects.filter(**filters).update(due_at=locks.now())


def forward(message: Message, seconds: float) -> None:
    """As if its claim had been made so many seconds earlier."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET claimed_at = claimed_at - %s * interval '1 second',"
            " lease_until = lease_until - %s * interval '1 second' WHERE id = %s",
            [seconds, seconds, message.pk],
        )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """The outcomes that workflows are told: (message, outcome)."""
    outcomes: list[tuple[int, str]] = []
    monkeypatch.setattr(
        "messaging.hooks.settled", lambda news: outcomes.extend((n.message, n.outcome) for n in news)
    )
    return outcomes


@dataclass(frozen=True)
class Simulator:
    http: str
    smtp: str


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    command = [sys.executable, "-m", "messaging.simulator", "--http-port", "0", "--smtp-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        ports: Mapping[str, str] = dict(
            word.split("=") for word in process.stdout.readline().split() if "=" in word
        )
        yield Simulator(f"http://127.0.0.1:{ports['http']}", f"smtp://u:p@127.0.0.1:{ports['smtp']}")
        process.terminate()


@pytest.fixture
def simulator(simulator_process: Simulator, settings: Any) -> Simulator:
    settings.HEED_TWILIO_API_BASE = simulator_process.http
    return simulator_process


def set_smtp(business: Business, url: str) -> None:
    connection_ = Connection.objects.get(business=business, channel="email")
    messaging.update_connection(connection=connection_, config={"url": url}, by=ENTERPRISE)
