"""Reading DND: the panel of one contact, the wishes of many, and the list's filters. Nothing here writes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from contacts import erased
from contacts.actors import Actor
from contacts.models import Business, Contact
from contacts.words import BIT, CHANNELS_OF, EVERY_OUTBOUND, Direction, Source, channels_in
from dnd import policy
from dnd.models import Change, Ground, Reason, Standing, State
from dnd.reasons import rules, strongest


@dataclass(frozen=True, slots=True)
class Standpoint:
    """One ground as the page and the API show it. `actor` is who set it, by name, where there is one."""

    reason: str
    strength: str
    source: str
    actor: str
    since: datetime
    until: datetime | None
    note: str

    @property
    def words(self) -> str:
        return str(Reason(self.reason).label)


@dataclass(frozen=True, slots=True)
class Flag:
    """One channel of one direction. Without `grounds` it is allowed; the first of them is the strongest.

    `may_lift` says whether this actor may free the channel, given a note where `needs_note` asks for one.
    """

    direction: str
    channel: str
    grounds: tuple[Standpoint, ...] = ()
    may_lift: bool = True
    needs_note: bool = False
    why_not: str = ""

    @property
    def enabled(self) -> bool:
        return bool(self.grounds)


@dataclass(frozen=True, slots=True)
class Switch:
    """The Do Not Contact switch, as this actor may use it."""

    enabled: bool
    may_edit: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """All of a contact's DND, as one actor sees it."""

    state: str
    version: int
    outbound: Mapping[str, Flag]
    inbound: Mapping[str, Flag]
    do_not_contact: Switch


PANEL = """
SELECT s.version, s.outbound, s.do_not_contact,
       g.direction, g.channel, g.reason, g.source, c.actor, g.since, g.ends_at, t.note
  FROM dnd_standing s
  LEFT JOIN dnd_ground g ON g.contact_id = s.contact_id
  LEFT JOIN dnd_change c ON c.id = g.opened_by_id
  LEFT JOIN dnd_changetext t ON t.change_id = c.id
 WHERE s.contact_id = %s
"""


def panel(contact: Contact, actor: Actor) -> Panel:
    """Where a contact stands and what this actor may change, in one query. Without a standing it has no grounds."""
    with connection.cursor() as cursor:
        cursor.execute(PANEL, [contact.pk])
        found = cursor.fetchall()
    version, outbound, paused = found[0][:3] if found else (0, 0, False)
    grounds: dict[tuple[str, str], list[Standpoint]] = defaultdict(list)
    for _, _, _, direction, channel, reason, source, by, since, ends_at, note in found:
        if channel:
            strength = rules()[reason].strength
            grounds[direction, channel].append(
                Standpoint(reason, strength, source, by, since, ends_at, note or "")
            )
    synced = _is_synced(contact.business)
    ways = {
        way: {
            channel: _flag(way, channel, grounds.get((way, channel), []), actor, synced)
            for channel in CHANNELS_OF[way]
        }
        for way in policy.WAYS
    }
    return Panel(
        state=state_of(outbound),
        version=version,
        outbound=ways["outbound"],
        inbound=ways["inbound"],
        do_not_contact=switch(contact, actor, on=paused),
    )


def _flag(direction: str, channel: str, grounds: list[Standpoint], actor: Actor, synced: bool) -> Flag:
    if not grounds:
        return Flag(direction, channel)
    grounds.sort(key=lambda ground: (-rules()[ground.reason].rank, ground.reason))
    denied = _denials(grounds, actor, synced, note="a note")
    return Flag(
        direction,
        channel,
        tuple(grounds),
        may_lift=not denied,
        needs_note=not denied and bool(_denials(grounds, actor, synced, note="")),
        why_not=denied[0][1] if denied else "",
    )


def _denials(grounds: list[Standpoint], actor: Actor, synced: bool, *, note: str) -> list[tuple[str, str]]:
    """(code, why) of each ground that this actor may not lift with this note, least permissive first."""
    verdicts = (
        policy.may_lift(
            rules()[ground.reason], source=actor.source, role=actor.role, note=note, synced=synced
        )
        for ground in grounds
    )
    return sorted((v for v in verdicts if v), key=lambda verdict: policy.SEVERITY.index(verdict[0]))


def switch(contact: Contact, actor: Actor, *, on: bool) -> Switch:
    """The Do Not Contact switch of a contact for this actor."""
    denied = switch_denied(contact.business, contact.pk, actor, on=on)
    return Switch(on, may_edit=denied is None, why_not=denied[1] if denied else "")


def switch_denied(business: Business, contact: int, actor: Actor, *, on: bool) -> tuple[str, str] | None:
    """(code, why) when this actor may not flip the Do Not Contact switch, which is on or off now."""
    synced = _is_synced(business)
    return policy.may_switch(
        source=actor.source,
        role=actor.role,
        allowed=business.allow_do_not_contact,
        synced=synced,
        set_before=synced and on and not switched_by_sync(contact),
    )


def switched_by_sync(contact: int) -> bool:
    """Whether it was a record system that last turned Do Not Contact on or off."""
    lines = Change.objects.filter(contact=contact, direction="automations").order_by("-version")
    return lines.values_list("source", flat=True).first() == Source.SYNC.value


def _is_synced(business: Business) -> bool:
    return business.preferences_source == Business.PreferencesSource.SYNCED


@dataclass(frozen=True, slots=True)
class Block:
    """The strongest ground of a blocked channel, and the reasons of all of them."""

    reason: str
    source: str
    since: datetime
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a contact's outbound messages must obey."""

    version: int = 0
    blocked: Mapping[str, Block] = field(default_factory=dict)
    do_not_contact: bool = False


NO_WISHES = Wishes()


def read(contacts: Iterable[int]) -> dict[int, Wishes]:
    """The wishes of these contacts, in one query. One without changes is left out: `NO_WISHES` holds for it.

    The mask of the standing decides what is blocked; a ground that has ended but whose line is not yet
    written still blocks.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.contact_id, s.version, s.do_not_contact, g.channel, g.reason, g.source, g.since"
            " FROM dnd_standing s LEFT JOIN dnd_ground g"
            " ON g.contact_id = s.contact_id AND g.direction = 'outbound' AND s.outbound > 0"
            " WHERE s.contact_id = ANY(%s)",
            [list(contacts)],
        )
        rows = cursor.fetchall()
    blocked: dict[int, dict[str, dict[str, Block]]] = defaultdict(lambda: defaultdict(dict))
    for contact, _, _, channel, reason, source, since in rows:
        if channel:
            blocked[contact][channel][reason] = Block(reason, source, since)
    return {
        contact: Wishes(
            version,
            {c: replace(by[strongest(list(by))], reasons=tuple(by)) for c, by in blocked[contact].items()},
            paused,
        )
        for contact, version, paused in {row[:3] for row in rows}
    }


def masks(contacts: Iterable[int]) -> dict[int, int]:
    """The bit mask of blocked outbound channels of each of these contacts for whom any is."""
    found = Standing.objects.filter(contact__in=list(contacts), outbound__gt=0)
    return dict(found.values_list("contact", "outbound"))


def suppressed(business: int, addresses: Iterable[str]) -> dict[str, int]:
    """The bit mask of the channels on which each of these addresses is suppressed now, for those that are."""
    found: dict[str, int] = defaultdict(int)
    known_by = erased.by_form(business, addresses)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT address, channel FROM dnd_suppression"
            " WHERE business_id = %s AND address = ANY(%s) AND lifted_at IS NULL",
            [business, list(known_by)],
        )
        for form, channel in cursor.fetchall():
            found[known_by[form]] |= BIT[channel]
    return dict(found)


def state_of(mask: int) -> str:
    """`on` every outbound channel blocked, `off` none, `partial` some."""
    if mask == 0:
        return State.OFF.value
    return State.ON.value if mask == EVERY_OUTBOUND else State.PARTIAL.value


def filter_contacts(
    contacts: QuerySet[Contact],
    *,
    state: str | None = None,
    channel: str | None = None,
    reason: str | None = None,
    do_not_contact: bool | None = None,
) -> QuerySet[Contact]:
    """Contacts in this state; with this channel blocked outbound; blocked for this reason (on that channel, if both).

    Each filter is a semi-join on an index, so a page costs the same however many contacts there are.
    """
    if state is not None:
        contacts = _in_state(contacts, state)
    if reason is not None:
        grounds = Ground.objects.filter(contact=OuterRef("pk"), direction=Direction.OUTBOUND, reason=reason)
        contacts = contacts.filter(Exists(grounds.filter(channel=channel) if channel else grounds))
    elif channel is not None:
        standing = Standing.objects.annotate(hit=F("outbound").bitand(BIT[channel]))
        contacts = contacts.filter(Exists(standing.filter(contact=OuterRef("pk"), hit__gt=0)))
    if do_not_contact is not None:
        on = Exists(Standing.objects.filter(contact=OuterRef("pk"), do_not_contact=True))
        contacts = contacts.filter(on if do_not_contact else ~on)
    return contacts


def _in_state(contacts: QuerySet[Contact], state: str) -> QuerySet[Contact]:
    standing = Standing.objects.filter(contact=OuterRef("pk"))
    if state == State.OFF:
        return contacts.filter(~Exists(standing.filter(outbound__gt=0)))
    if state == State.ON:
        return contacts.filter(Exists(standing.filter(outbound=EVERY_OUTBOUND)))
    return contacts.filter(Exists(standing.filter(Q(outbound__gt=0) & ~Q(outbound=EVERY_OUTBOUND))))


BLOCKED = """
SELECT s.outbound, count(*) FROM dnd_standing s JOIN contacts_contact c ON c.id = s.contact_id
 WHERE s.business_id = %s AND s.outbound > 0 AND c.deleted_at IS NULL GROUP BY 1
"""


def blocked_by_channel(business: int) -> dict[str, int]:
    """How many contacts of a business have outbound DND on each channel."""
    counts = dict.fromkeys(BIT, 0)
    with connection.cursor() as cursor:
        cursor.execute(BLOCKED, [business])
        for mask, contacts in cursor.fetchall():
            for channel in channels_in(mask):
                counts[channel] += contacts
    return counts
