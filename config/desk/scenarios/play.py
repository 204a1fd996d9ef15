"""What a scenario may do and ask: it acts as a person of the demo would, and watches what the workers make of it."""

import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from config.desk.demo import pipelines, seeding, staff
from config.desk.demo import workflows as demo
from config.desk.scenarios import provider
from config.desk.scenarios.story import Story
from contacts import locks
from contacts.models import Business, Contact, ContactPoint, Notification, Task
from contacts.services import people, statuses, tags
from contacts.words import Channel
from dnd import services as dnd
from dnd.models import DncEntry, Effective, Ground, Suppression
from messaging import services as messaging
from messaging.models import Message, MessageQuerySet
from workflows import services as workflows
from workflows.models import RUNNING, Enrollment, EnrollmentState, StatusAction, StepRun
from workflows.services import actions

PATIENCE = 30.0
LOOK = 0.1
WENT_OUT = ("sent", "delivered")
# Area codes whose numbers 555-0100 to 555-0199 exist only in fiction.
AREAS = (212, 213, 303, 305, 312, 404, 503, 512, 602, 612, 617, 702, 713, 801, 813, 919)

Scenario = Callable[["Play"], None]


class TookTooLong(Exception):
    """What was waited for did not happen."""


class Play:
    """One performance of a scenario. `tell` gets a line for each thing that happens, with its time."""

    def __init__(self, tell: Callable[[datetime, str], None]) -> None:
        self.tell = tell
        self.business: Business = seeding.seed()["demo"]
        self.actor = staff.seed(self.business).actor("manager")
        self.workflows = demo.ensure(self.business, by=self.actor)
        self.statuses = pipelines.ensure(self.business, by=self.actor)
        self.stories: list[Story] = []
        self.differences: list[str] = []

    # --- what a person does ---

    def new_contact(self, *, tags: Sequence[str] = (), email: str = "") -> Contact:
        """Somebody whom nobody has written to before, with a mobile number and an email address."""
        data = {
            "first_name": "Sam",
            "last_name": f"Sample {secrets.token_hex(2)}",
            "email": email or self.unused_email(),
            "phones": [{"number": self._unused_number(), "line_type": "mobile"}],
            "tags": list(tags),
        }
        data = people.clean(self.business, data)
        contact = people.create(business=self.business, data=data, by=self.actor)
        self.say(f"{contact.name} is a new contact: {self.address(contact, 'phone')}, {data['email']}")
        self.stories.append(Story(contact))
        return contact

    def enroll(self, contact: Contact, workflow: str) -> Enrollment:
        self.say(f"{self.actor.label} adds {contact.name} to “{workflow}”")
        return workflows.enroll(workflow=self.workflows[workflow], contact=contact.pk, by=self.actor)

    def set_dnd(self, contact: Contact, outbound: Mapping[str, bool], *, note: str = "") -> str:
        """Why that is refused; empty when it is done."""
        try:
            dnd.change_one(
                business=self.business,
                contact=contact.pk,
                wish=dnd.Wish(outbound=outbound, note=note),
                by=self.actor,
            )
        except dnd.Refused as refusal:
            self.say(f"Refused: {refusal}")
            return str(refusal)
        return ""

    def text_by_hand(self, contact: Contact, body: str) -> str:
        """Why this SMS cannot be sent; empty when it is on its way."""
        self.say(f"{self.actor.label} writes an SMS: {body}")
        return self._by_hand(contact, "sms", "", body)

    def email_by_hand(self, contact: Contact, subject: str, body: str) -> str:
        """Why this email cannot be sent; empty when it is on its way."""
        self.say(f"{self.actor.label} writes an email to {self.address(contact, 'email')}: {subject}")
        return self._by_hand(contact, "email", subject, body)

    def _by_hand(self, contact: Contact, channel: str, subject: str, body: str) -> str:
        try:
            messaging.send_manual(
                business=self.business, contact=contact.pk, channel=channel, subject=subject, body=body,
                by=self.actor, user_name=self.actor.label,
            )  # fmt: skip
        except messaging.NotSent as refusal:
            self.say(str(refusal))
            return str(refusal)
        return ""

    def set_email(self, contact: Contact, email: str) -> None:
        self.say(f"{self.actor.label} gives {contact.name} another email address: {email}")
        data = people.clean(self.business, {"email": email})
        people.update(contact=contact, data=data, by=self.actor)

    def receives(self, contact: Contact, body: str, *, sid: str = "") -> str:
        """The contact texts; the same `sid` again is the same text, told once more. The text's id."""
        self.say(f"{contact.name} texts “{body}”" + (" (told again)" if sid else ""))
        told = provider.deliver(self.business, self.address(contact, "phone"), body, sid)
        if told is None:
            raise TookTooLong("the provider is not the simulator, so that nobody can text in here")
        return told

    def same_number_again(self, contact: Contact) -> Contact:
        """Another contact with the same phone number, as an import or a form of the website would bring it."""
        data = {"first_name": "Sam", "last_name": f"Double {secrets.token_hex(2)}"}
        data = people.clean(self.business, {**data, "phones": [{"number": self.address(contact, "phone")}]})
        double = people.create(business=self.business, data=data, by=self.actor)
        self.say(f"{double.name} comes in with the same number")
        self.stories.append(Story(double))
        return double

    def put_into(self, contact: Contact, status: str) -> None:
        statuses.change(
            business=self.business, contacts=[contact.pk], status=self.statuses[status].pk, by=self.actor
        )

    def press(self, contact: Contact, name: str) -> dict[str, bool]:
        """Run an action of the first status; whether each of its operations changed something, or all did nothing."""
        self.say(f"{self.actor.label} presses “{name}”")
        action = StatusAction.objects.select_related("status__pipeline__business").get(
            status=self.statuses[pipelines.NEW], name=name
        )
        ran = actions.run(action=action, contact=contact.pk, by=self.actor)
        done = ran.run.results if ran.run else []
        return {one["words"]: ran.changed and one["outcome"] == "done" for one in done}

    # --- what can be seen ---

    def status_of(self, contact: Contact) -> str:
        return str(Contact.objects.values_list("status__name", flat=True).get(pk=contact.pk))

    def on_the_list(self, contact: Contact) -> list[tuple[str, str]]:
        """(action, who) of each entry of the Do Not Contact list."""
        return list(DncEntry.objects.in_force().filter(contact=contact).values_list("action", "actor"))

    def now(self) -> datetime:
        return locks.now()

    def blocked(self, contact: Contact, channel: str = "sms") -> list[str]:
        """For which reasons a channel is blocked."""
        grounds = Ground.objects.outbound().filter(contact=contact, channel=channel)
        return sorted(grounds.values_list("reason", flat=True))

    def blocked_since(self, contact: Contact) -> datetime:
        """When the last change of DND was in force."""
        return Effective.objects.filter(change__contact=contact).latest("at").at

    def suppressed(self, email: str) -> list[str]:
        """For which reasons an email address must not be used, whoever has it."""
        standing = Suppression.objects.in_force().filter(business=self.business, address=email)
        return sorted(standing.values_list("reason", flat=True))

    def not_delivered(self, contact: Contact) -> list[str]:
        rows = self._played(contact).filter(state="failed")
        return list(rows.order_by("id").values_list("reason", flat=True))

    def received(self, contact: Contact) -> list[str]:
        rows = Message.objects.filter(contact=contact, direction="inbound")
        return list(rows.order_by("id").values_list("body", flat=True))

    def tags(self, contact: Contact) -> list[str]:
        return tags.names_of(contact.pk)

    def told(self, contact: Contact, audience: str, message: str) -> int:
        """How often they were told this."""
        return Notification.objects.filter(contact=contact, audience=audience, message=message).count()

    def tasks(self, contact: Contact, workflow: str) -> list[str]:
        """Those that this workflow made."""
        rows = Task.objects.filter(contact=contact, created_by=workflow)
        return list(rows.order_by("id").values_list("title", flat=True))

    def sent(self, contact: Contact, channel: str = "") -> list[Message]:
        rows = self._played(contact).filter(state__in=WENT_OUT)
        return list(rows.filter(channel=channel) if channel else rows)

    def _played(self, contact: Contact) -> MessageQuerySet:
        rows = Message.objects.filter(contact=contact, direction="outbound")
        return rows.exclude(enrollment__in=self._others(contact))

    def _others(self, contact: Contact) -> list[int]:
        """The enrollments in workflows besides the demo's: what they do is not part of the play."""
        own = [self.workflows[name].pk for name in demo.DEFINITIONS[self.business.slug]]
        rows = Enrollment.objects.filter(contact=contact).exclude(workflow__in=own)
        return list(rows.values_list("id", flat=True))

    def outcomes(self, contact: Contact, workflow: str) -> list[tuple[str, str, str]]:
        """(kind, outcome, reason) of each step that the contact has been through, in order."""
        rows = StepRun.objects.filter(enrollment__in=self._enrollments(contact, workflow))
        return list(rows.order_by("id").values_list("kind", "outcome", "reason"))

    def waiting(self, contact: Contact, workflow: str) -> bool:
        return any(one.state == EnrollmentState.WAITING for one in self._enrollments(contact, workflow))

    def ended(self, contact: Contact, workflow: str) -> bool:
        """Whether it was started, and is over."""
        states = [one.state for one in self._enrollments(contact, workflow)]
        return bool(states) and not any(state in RUNNING for state in states)

    def address(self, contact: Contact, kind: str) -> str:
        return ContactPoint.objects.filter(contact=contact, kind=kind).values_list("value", flat=True)[0]

    def _enrollments(self, contact: Contact, workflow: str) -> list[Enrollment]:
        return list(Enrollment.objects.filter(contact=contact, workflow=self.workflows[workflow]))

    # --- waiting and holding against the promise ---

    def until(self, what: str, condition: Callable[[], object], *, within: float = PATIENCE) -> None:
        """Tell what happens until this is so."""
        deadline = time.monotonic() + within
        while True:
            so = condition()
            self._tell_news()
            if so:
                return
            if time.monotonic() > deadline:
                raise TookTooLong(f"waited {within:.0f} s for {what}")
            time.sleep(LOOK)

    def expect(self, promise: str, kept: bool, found: object = "") -> None:
        self.say(f"{'as promised' if kept else 'NOT AS PROMISED'}: {promise}")
        if not kept:
            self.differences.append(f"{promise}; but found: {found}" if found != "" else promise)

    def expect_arrived(self, contact: Contact, *, sms: int, email: int) -> None:
        """So many, and no more, reached the provider, besides what other workflows of the business sent."""
        others = Message.objects.filter(enrollment__in=self._others(contact))
        for channel, kind, count in (("sms", "phone", sms), ("email", "email", email)):
            there = provider.accepted(self.business, channel, self.address(contact, kind))
            label = Channel(channel).label
            if there is None:
                self.say(
                    f"{label} goes to another provider than the simulator: what arrived cannot be looked at"
                )
            else:
                known = set(others.filter(channel=channel).values_list("provider_id", flat=True))
                found = [body for identity, body in there if identity not in known]
                self.expect(f"at the provider: {label} × {count}", len(found) == count, found)

    def say(self, line: str) -> None:
        self._tell_news()
        self.tell(locks.now(), line)

    def _tell_news(self) -> None:
        for story in self.stories:
            for at, line in story.news():
                self.tell(at, line)

    def unused_email(self, mailbox: str = "") -> str:
        """`mailbox` stands before the @: the provider simulator has some that refuse."""
        chance = secrets.token_hex(4)
        return f"{mailbox}@{chance}.example.org" if mailbox else f"sam.{chance}@example.org"

    def _unused_number(self) -> str:
        while True:
            number = f"+1{random.choice(AREAS)}55501{random.randrange(100):02}"
            if not ContactPoint.objects.filter(business=self.business, value=number).exists():
                return number
