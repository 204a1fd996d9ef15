"""Which way a message goes to each of many contacts: read in a handful of queries, or proposed to the door."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contacts import phones
from contacts.models import Contact, PointKind
from contacts.words import Source
from messaging import choosing, facts
from messaging import policy as rules
from messaging.choosing import CHANNEL_OF, NONE, Choice, Way
from messaging.facts import Reading
from messaging.policy import Facts, Hold, Verdict
from messaging.services import proposing
from messaging.services.proposing import Answer, Draft, Proposal


@dataclass(frozen=True, slots=True)
class Chosen:
    """The way for one contact, and at which version of it that was decided.

    `facts` are those of the way that `choice.verdict` is about; None for a message that has no copy at all.
    """

    contact_id: int
    choice: Choice
    facts: Facts | None
    version: int

    @property
    def verdict(self) -> Verdict:
        return self.choice.verdict

    @property
    def channel(self) -> str:
        """The channel of that way: the one to send on, or the first that was refused."""
        return CHANNEL_OF.get(self.choice.about, "")

    @property
    def goes(self) -> bool:
        """Whether there is a way, be it held."""
        return self.choice.by != NONE


def choose_ways(
    business: int, contacts: Collection[int], *, message_class: str, copies: Collection[str], policy: str = ""
) -> dict[int, Chosen]:
    """The way for each of these contacts, by id; those that this business does not have are left out.

    `copies`: of "text", "call", "email", those for which the message has copy. `policy`: "cascade" or "literal",
    the business's when left out. Whoever sends decides once more under the locks, with `way_of`.
    """
    known = list(Contact.objects.of(business).filter(pk__in=contacts).values_list("pk", flat=True))
    if not known:
        return {}
    reading = facts.read(known)
    return {
        pk: way_of(reading, pk, message_class=message_class, copies=copies, policy=policy) for pk in known
    }


def way_of(
    reading: Reading,
    contact: int,
    *,
    message_class: str,
    copies: Collection[str],
    policy: str = "",
    first_due: datetime | None = None,
) -> Chosen:
    """The way for one contact of a reading; exact while the reader holds its lock. `first_due` as in a proposal."""
    person = reading.people[contact]
    asked: dict[str, Facts] = {}

    def ask(way: str) -> Way:
        asked[way] = known = reading.facts(contact, CHANNEL_OF[way], message_class, first_due=first_due)
        return Way(
            rules.decide(known), known.address, way == "call" and _textable(reading, contact, known.address)
        )

    choice = choosing.choose(
        copies=copies,
        ask=ask,
        obeys=rules.classes()[message_class],
        has_phone=any(point.kind == PointKind.PHONE for point in person.points),
        policy=policy or reading.settings[person.business_id].delivery_policy,
        method=reading.method(contact),
    )
    return Chosen(contact, choice, asked.get(choice.about), reading.version(contact))


@dataclass(frozen=True, slots=True)
class Copy:
    """What a message says when it goes one way."""

    body: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class OneWay:
    """A message that goes at most one of the ways for which it has copy. Else as a `Proposal`."""

    contact_id: int
    message_class: str
    copies: Mapping[str, Copy]
    actor: str
    enrollment: int | None = None
    step: int | None = None
    first_due: datetime | None = None
    source: str = Source.WORKFLOW.value


def propose_one_way(business: int, wanted: Sequence[OneWay]) -> list[Answer]:
    """As `propose`, each by the way that is chosen for its contact; never more than one message of each.

    One for which there is no way is recorded as refused, on the way whose verdict says why.
    """
    if not wanted:
        return []
    reading = facts.read([each.contact_id for each in wanted])
    drafts = [_draft(reading, each) for each in wanted]
    ids = iter(proposing.write(business, [draft for draft in drafts if not isinstance(draft.verdict, Hold)]))
    return [
        Answer(draft.verdict, None if isinstance(draft.verdict, Hold) else next(ids), draft.version)
        for draft in drafts
    ]


def _draft(reading: Reading, wanted: OneWay) -> Draft:
    chosen = way_of(
        reading,
        wanted.contact_id,
        message_class=wanted.message_class,
        copies=wanted.copies,
        first_due=wanted.first_due or reading.at,
    )
    if chosen.facts is None:
        raise ValueError("A message that is proposed has copy for at least one way.")
    copy = wanted.copies[chosen.choice.about]
    proposal = Proposal(
        contact_id=wanted.contact_id,
        channel=chosen.channel,
        message_class=wanted.message_class,
        subject=copy.subject,
        body=copy.body,
        actor=wanted.actor,
        enrollment=wanted.enrollment,
        step=wanted.step,
        first_due=wanted.first_due,
        source=wanted.source,
    )
    return Draft(proposal, chosen.facts, chosen.verdict, chosen.version)


def _textable(reading: Reading, contact: int, number: str) -> bool:
    """Whether a text could go to the number that a call would go to."""
    lines = (point.line_type for point in reading.people[contact].points if point.value == number)
    return phones.textable(next(lines, "")) and not reading.sms_blocked(contact, number)
