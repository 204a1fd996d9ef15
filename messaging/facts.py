"""What verdicts are made from, read for any number of contacts in a handful of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any
from zlib import crc32

from django.db import connection

from compliance.services import permitted
from compliance.services.permitted import Clock
from contacts.models import PointKind
from contacts.preferences import NOTHING, InForce
from contacts.services import preferring
from dnd import flags
from dnd.flags import NO_WISHES, Wishes
from dnd.reasons import strongest
from dnd.services import addresses
from messaging import addressing, policy
from messaging.addressing import Point
from messaging.policy import Block, Facts

PEOPLE = """
SELECT c.id, c.business_id, c.deleted_at IS NOT NULL, c.timezone, s.name, s.restricts_contact,
       p.kind, p.value, p.line_type, p.preferred, p.screened, x.channel, x.reason, clock_timestamp()
  FROM contacts_contact c
  LEFT JOIN contacts_status s ON s.id = c.status_id
  LEFT JOIN contacts_contactpoint p ON p.contact_id = c.id
  LEFT JOIN dnd_suppression x
    ON x.business_id = p.business_id AND x.address = p.value AND x.lifted_at IS NULL
 WHERE c.id = ANY(%s) ORDER BY c.id, p.position, p.id
"""
BUSINESSES = """
SELECT b.id, b.delivery_policy, b.calls_after_sms_opt_out, b.preferences_source = 'synced',
       w.channel, w.id, w.driver, w.revision, w.state, w.config
  FROM contacts_business b LEFT JOIN messaging_connection w ON w.business_id = b.id
 WHERE b.id = ANY(%s)
"""

DELETED = "The contact was deleted."


@dataclass(slots=True)
class Person:
    """A contact, as far as a verdict is concerned. `suppressed`: the reasons, by channel and address."""

    business_id: int
    deleted: bool
    timezone: str
    status: str
    restricts: bool
    points: list[Point] = field(default_factory=list)
    suppressed: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    unscreened: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Way:
    """A business's connection for a channel, its credentials still sealed."""

    id: int
    driver: str
    revision: int
    state: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What a business has decided about choosing a way."""

    delivery_policy: str
    calls_after_sms_opt_out: str
    synced: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """The facts about some contacts at one moment; exact for those whose locks the reader holds."""

    at: datetime
    people: Mapping[int, Person]
    wishes: Mapping[int, Wishes]
    ways: Mapping[tuple[int, str], Way]
    settings: Mapping[int, Settings]
    clocks: Mapping[int, Clock] = field(default_factory=dict)
    preferences: Mapping[int, InForce] = field(default_factory=dict)

    def version(self, contact: int) -> int:
        return self.wishes.get(contact, NO_WISHES).version

    def way(self, contact: int, channel: str) -> Way | None:
        return self.ways.get((self.people[contact].business_id, channel))

    def facts(
        self,
        contact: int,
        channel: str,
        message_class: str,
        *,
        first_due: datetime | None = None,
        expires_at: datetime | None = None,
        keep: str = "",
        withdrawn: str = "",
        permit: str = "",
    ) -> Facts:
        """What the policy is asked with about one message. `keep`: the address that was chosen before.

        `permit`: the one address to which a confirmation may go. `first_due`: since when it waits, where it has
        no `expires_at` yet; outside the permitted hours it only begins to be due when they open.
        """
        person = self.people[contact]
        wishes = self.wishes.get(contact, NO_WISHES)
        choice = addressing.choose(channel, person.points, policy.classes()[message_class], keep=keep)
        way = self.ways.get((person.business_id, channel))
        block = wishes.blocked.get(channel)
        opens_at = partial(self._opens_at, person, contact, channel, message_class, choice.address)
        if first_due and expires_at is None:
            expires_at = policy.expires_at(message_class, opens_at(first_due) or first_due)
        suppressed = person.suppressed.get((channel, choice.address))
        return Facts(
            channel=channel,
            message_class=message_class,
            now=self.at,
            address=choice.address,
            no_address=choice.why_not,
            blocked={channel: Block(block.reason, block.source, block.since)} if block else {},
            suppressed=strongest(suppressed) if suppressed else "",
            sms_opt_out=self._stops_calls(person, contact, choice.address) if channel == "call" else "",
            do_not_contact=wishes.do_not_contact or self.method(contact) == "dnc",
            by_record_system=self.method(contact) == "dnc",
            status=person.status,
            status_restricts=person.restricts,
            connection=way.state if way else "",
            permit=bool(permit) and permit == choice.address,
            withdrawn=withdrawn or (DELETED if person.deleted else ""),
            hours_open_at=opens_at(self.at),
            expires_at=expires_at,
        )

    def method(self, contact: int) -> str:
        """What the record system says: `sms`, `voice`, `dnc`, or nothing."""
        return self.preferences.get(contact, NOTHING).method

    def sms_blocked(self, contact: int, number: str) -> list[str]:
        """Why no text may go to this number of a contact: the reasons of the contact and those of the number."""
        block = self.wishes.get(contact, NO_WISHES).blocked.get("sms")
        suppressed = self.people[contact].suppressed.get(("sms", number), [])
        return [*(block.reasons if block else ()), *suppressed]

    def _stops_calls(self, person: Person, contact: int, number: str) -> str:
        """The SMS opt-out after which this business makes no automated calls; empty where it does, or without one."""
        if self.settings[person.business_id].calls_after_sms_opt_out == "allowed":
            return ""
        asked = [why for why in self.sms_blocked(contact, number) if why not in policy.NO_OPT_OUTS]
        return strongest(asked) if asked else ""

    def _opens_at(
        self, person: Person, contact: int, channel: str, message_class: str, address: str, at: datetime
    ) -> datetime | None:
        """When the hours open that a message of this class has to keep to; None when they are open."""
        clock = self.clocks.get(person.business_id)
        if clock is None or not policy.classes()[message_class].quiet_hours:
            return None
        phones = [point.value for point in person.points if point.kind == PointKind.PHONE]
        number = address if address in phones else next(iter(phones), "")
        spread = crc32(str(contact).encode())
        return clock.opens_at(at, channel=channel, zone=person.timezone, number=number, spread=spread)


def read(contacts: Collection[int]) -> Reading:
    """The facts about these contacts, now; at least one of them must exist."""
    ids = list(set(contacts))
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [ids])
        at, people = _people(cursor.fetchall())
        cursor.execute(BUSINESSES, [list({person.business_id for person in people.values()})])
        found = cursor.fetchall()
    _look_for_erased(people.values())
    settings = {business: Settings(*rest[:3]) for business, *rest in found}
    ways = {(business, rest[3]): Way(*rest[4:]) for business, *rest in found if rest[3]}
    clocks = permitted.clocks(set(settings))
    preferences = _preferences(people, settings, at)
    return Reading(at, people, flags.read(ids), ways, settings, clocks, preferences)


def _preferences(
    people: Mapping[int, Person], settings: Mapping[int, Settings], at: datetime
) -> dict[int, InForce]:
    """What record systems say of those whose business listens to one; a number that they prefer is marked so."""
    synced = [pk for pk, person in people.items() if settings[person.business_id].synced]
    found = preferring.in_force_of(synced, at) if synced else {}
    for pk, holds in found.items():
        points = people[pk].points
        if holds.number and any(point.value == holds.number for point in points):
            people[pk].points = [replace(p, preferred=p.value == holds.number) for p in points]
    return found


def _people(rows: Collection[tuple[Any, ...]]) -> tuple[datetime, dict[int, Person]]:
    """A row for each address, or for each suppression of one; the rows of an address follow each other."""
    people: dict[int, Person] = {}
    for pk, business, deleted, zone, status, restricts, *address, channel, why, _ in rows:
        person = people.get(pk)
        if person is None:
            person = people[pk] = Person(business, deleted, zone, status or "", bool(restricts))
        kind, value, line_type, preferred, screened = address
        points = person.points
        if kind and not (points and (points[-1].kind, points[-1].value) == (kind, value)):
            points.append(Point(kind, value, line_type, preferred))
            if not screened:
                person.unscreened.append(value)
        if channel:
            person.suppressed.setdefault((channel, value), []).append(why)
    return max(row[-1] for row in rows), people


def _look_for_erased(people: Collection[Person]) -> None:
    """An address that has just come may be one that was suppressed before its owner was erased.

    Once it is screened it stands in the suppressions as itself again, so that no other address is looked for.
    """
    new: dict[int, list[Person]] = defaultdict(list)
    for person in people:
        if person.unscreened:
            new[person.business_id].append(person)
    for business, owners in new.items():
        known = addresses.suppressed_among(business, {a for owner in owners for a in owner.unscreened})
        for owner in owners:
            for channel, address, reason in (mark for a in owner.unscreened for mark in known.get(a, ())):
                reasons = owner.suppressed.setdefault((channel, address), [])
                if reason not in reasons:
                    reasons.append(reason)


def inputs(facts: Facts, version: int) -> dict[str, Any]:
    """The facts as they are stored beside the verdict, but for those that are columns of the message itself."""
    kept: dict[str, Any] = {"version": version, "address": facts.address, "connection": facts.connection}
    if block := facts.blocked.get(facts.channel):
        since = block.since and block.since.isoformat()
        kept["blocked"] = {"reason": block.reason, "source": block.source, "since": since}
    for name in (
        "suppressed",
        "sms_opt_out",
        "do_not_contact",
        "by_record_system",
        "status",
        "status_restricts",
        "withdrawn",
        "permit",
    ):
        if value := getattr(facts, name):
            kept[name] = value
    if facts.paused:
        kept["paused"] = True
    if facts.window_opens_at:
        kept["window_opens_at"] = facts.window_opens_at.isoformat()
    if facts.hours_open_at:
        kept["hours_open_at"] = facts.hours_open_at.isoformat()
    return kept
