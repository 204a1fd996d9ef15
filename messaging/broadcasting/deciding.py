"""Which way the message of a broadcast goes to each of many contacts: read in sets, and once for all who are alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from contacts.models import PointKind
from dnd.flags import Wishes
from messaging import facts
from messaging.facts import Person, Reading
from messaging.models import Broadcast
from messaging.policy import Hold
from messaging.services.choosing import Chosen, way_of

US = "+1"
AREA = 8
"""`+1` and the digits of an American number by which it is known where it may be."""


@dataclass(frozen=True, slots=True)
class Named:
    """A contact as the audience gives it."""

    id: int
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """A contact with its way, its verdict and what that was made from. `to`: the address, if there is one."""

    named: Named
    chosen: Chosen
    to: str


def decide(broadcast: Broadcast, people: Sequence[Named]) -> tuple[Reading, Iterator[Recipient]]:
    """The way for each of these contacts, as of one moment; nothing is locked, the door decides again."""
    reading = facts.read([one.id for one in people])
    return reading, _Chooser(broadcast, reading).choose(people)


class _Chooser:
    """Asks once for all contacts of whom everything that a verdict is made from is the same, but the address."""

    def __init__(self, broadcast: Broadcast, reading: Reading) -> None:
        self._reading = reading
        self._kind, self._copies = broadcast.kind, tuple(broadcast.copies)
        self._clock = reading.clocks.get(broadcast.business_id)
        self._known: dict[Any, tuple[Chosen, int]] = {}

    def choose(self, people: Sequence[Named]) -> Iterator[Recipient]:
        for named in people:
            person = self._reading.people.get(named.id)
            if person is not None:
                yield self._one(named, person)

    def _one(self, named: Named, person: Person) -> Recipient:
        if person.suppressed or person.deleted:
            return self._alone(named)
        like = self._like(person, self._reading.wishes.get(named.id))
        known = self._known.get(like)
        if known is None:
            alone = self._alone(named)
            # When the hours open differs from contact to contact, so that not everything starts at once.
            if not (isinstance(alone.chosen.verdict, Hold) and alone.chosen.verdict.rule == "hours"):
                place = next((n for n, p in enumerate(person.points) if p.value == alone.to), -1)
                self._known[like] = (alone.chosen, place)
            return alone
        chosen, place = known
        return Recipient(named, chosen, person.points[place].value if place >= 0 else "")

    def _alone(self, named: Named) -> Recipient:
        chosen = way_of(
            self._reading,
            named.id,
            message_class=self._kind,
            copies=self._copies,
            first_due=self._reading.at,
        )
        return Recipient(named, chosen, chosen.facts.address if chosen.facts else "")

    def _like(self, person: Person, wishes: Wishes | None) -> Any:
        points = tuple([(p.kind, p.line_type, p.preferred) for p in person.points])
        where = (person.timezone, _areas(person)) if self._clock else ()
        stands = _standing(wishes) if wishes else ()
        return person.status, person.restricts, points, where, stands


def _standing(wishes: Wishes) -> Any:
    blocks = [(channel, b.reason, b.source, b.since, b.reasons) for channel, b in wishes.blocked.items()]
    return wishes.do_not_contact, tuple(sorted(blocks))


def _areas(person: Person) -> tuple[str, ...]:
    phones = (p.value for p in person.points if p.kind == PointKind.PHONE)
    return tuple([number[:AREA] if number.startswith(US) else number for number in phones])
