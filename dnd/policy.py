"""Who may change what of a contact's DND, and what a change comes to. Plain values in, plain values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contacts.words import CHANNELS_OF, Channel, role_reaches
from dnd.reasons import Rule, rules
from dnd.why_not import LOCKED, NOT_HEARD, NOTE_ABOUT, OWNED, SET_BEFORE

WAYS = ("outbound", "inbound")


@dataclass(frozen=True, slots=True)
class Held:
    """One ground that stands."""

    direction: str
    channel: str
    reason: str
    since: datetime | None = None
    source: str = ""
    ends_at: datetime | None = None
    opened_by: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: per direction, which channels to block (True) and which to free (False)."""

    outbound: Mapping[str, bool] = field(default_factory=dict)
    inbound: Mapping[str, bool] = field(default_factory=dict)
    do_not_contact: bool | None = None
    reason: str = "user_request"
    note: str = ""
    evidence: str = ""
    evidence_ids: tuple[str, ...] = ()
    ends_at: datetime | None = None
    reviewed: bool = False
    in_bulk: bool = False
    by_link: bool = False

    def of(self, direction: str) -> Mapping[str, bool]:
        return self.outbound if direction == "outbound" else self.inbound

    def blocks(self, direction: str) -> list[str]:
        return [c for c in CHANNELS_OF[direction] if self.of(direction).get(c) is True]

    def frees(self, direction: str) -> list[str]:
        return [c for c in CHANNELS_OF[direction] if self.of(direction).get(c) is False]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one channel of one direction was not changed. `code`: dnd_locked, role_required or note_required."""

    code: str
    direction: str
    channel: str
    why: str


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger line to be written, in the order in which it takes effect."""

    kind: str
    direction: str
    enabled: bool
    scope: str
    channels: tuple[str, ...]
    grounds: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Position:
    """Where a contact stands: grounds by (direction, channel, reason), and the Do Not Contact switch."""

    grounds: dict[tuple[str, str, str], Held] = field(default_factory=dict)
    do_not_contact: bool = False

    @classmethod
    def of(cls, held: Iterable[Held], *, do_not_contact: bool = False) -> "Position":
        return cls({(h.direction, h.channel, h.reason): h for h in held}, do_not_contact)

    def blocked(self, direction: str) -> set[str]:
        return {channel for way, channel, _ in self.grounds if way == direction}

    def reasons(self, direction: str, channel: str) -> list[str]:
        return sorted(r for way, c, r in self.grounds if (way, c) == (direction, channel))

    def copy(self) -> "Position":
        return Position(dict(self.grounds), self.do_not_contact)


def may_lift(
    rule: Rule,
    *,
    source: str,
    role: str | None,
    note: str,
    reviewed: bool = False,
    synced: bool = True,
) -> tuple[str, str] | None:
    """None when this actor may take the ground away, else (code, why). The contact and a sync answer to nobody.

    `synced`: whether the business listens to its record system.
    """
    if source not in rule.lifted_by or (
        rule.reason == "free_text_opt_out" and source == "user" and not reviewed
    ):
        if rule.reason == "record_system" and not synced:
            return "dnd_locked", NOT_HEARD
        return "dnd_locked", LOCKED.get(rule.reason, f"This cannot be lifted by {source}.")
    if source not in ("user", "api"):
        return None
    if rule.min_role and not role_reaches(role, rule.min_role):
        return "role_required", f"Lifting this needs the role {rule.min_role}."
    if rule.note_to_lift and not note.strip():
        return (
            "note_required",
            f"Lifting this needs a note: {NOTE_ABOUT.get(rule.reason, 'how you know that they agree.')}",
        )
    return None


def refusals(
    position: Position, wish: Wish, *, source: str, role: str | None, synced: bool = True
) -> list[Refusal]:
    """Each channel that this actor may not free, with the least permissive of its reasons."""
    found = []
    for direction in WAYS:
        for channel in wish.frees(direction):
            verdicts = [
                may_lift(
                    rules()[reason],
                    source=source,
                    role=role,
                    note=wish.note,
                    reviewed=wish.reviewed,
                    synced=synced,
                )
                or _bulk_denies(rules()[reason], wish)
                or _link_denies(rules()[reason], wish)
                for reason in position.reasons(direction, channel)
            ]
            if denied := sorted((v for v in verdicts if v), key=lambda v: SEVERITY.index(v[0])):
                found.append(Refusal(denied[0][0], direction, channel, denied[0][1]))
    return found


LIFTED_IN_BULK = frozenset({"user_request", "workflow", "import"})
"""What users, workflows and imports set. Nobody looks at each contact of a bulk change, so nothing else is freed."""
ONE_BY_ONE = "This is lifted on the contact's own page, not for many at once."


def _bulk_denies(rule: Rule, wish: Wish) -> tuple[str, str] | None:
    denied = wish.in_bulk and rule.reason not in LIFTED_IN_BULK
    return ("dnd_locked", LOCKED.get(rule.reason, ONE_BY_ONE)) if denied else None


TEXTED = frozenset({"stop_keyword", "carrier_blocked", "free_text_opt_out"})
"""Reasons that only a START from the very number lifts: who holds an email's link need not hold the phone."""


def _link_denies(rule: Rule, wish: Wish) -> tuple[str, str] | None:
    return ("dnd_locked", LOCKED[rule.reason]) if wish.by_link and rule.reason in TEXTED else None


SEVERITY = ("dnd_locked", "role_required", "note_required")


def unfit(wish: Wish, *, source: str) -> str | None:
    """One sentence when this reason cannot be set by this source, or cannot stand on one of the channels.

    What the contact or a provider lifts, it lifts for its own reason; people and keys name one that they may set.
    """
    rule = rules().get(wish.reason)
    if rule is None:
        return f"Unknown reason {wish.reason!r}."
    on_behalf = source in ("user", "api")
    lifts = not on_behalf and source in rule.lifted_by and not _blocks_any(wish)
    if source not in rule.set_by and not lifts:
        return f"The reason {wish.reason} cannot be set by {source}."
    for direction in WAYS:
        for channel in wish.blocks(direction) + (wish.frees(direction) if on_behalf else []):
            if not rule.covers(direction, channel):
                return f"The reason {wish.reason} cannot stand on {direction} {Channel(channel).label}."
    return None


def _blocks_any(wish: Wish) -> bool:
    return any(wish.blocks(direction) for direction in WAYS)


def plan(position: Position, wish: Wish) -> list[Line]:
    """The lines that bring `position` to `wish`, in order: freeing before blocking. `position` is brought along."""
    lines: list[Line] = []
    for direction in WAYS:
        lines += lift(
            position,
            direction,
            [(c, r) for c in wish.frees(direction) for r in position.reasons(direction, c)],
        )
    for direction in WAYS:
        lines += block(position, direction, wish.blocks(direction), wish)
    if wish.do_not_contact is not None and wish.do_not_contact != position.do_not_contact:
        position.do_not_contact = wish.do_not_contact
        lines.append(Line("changed", "automations", wish.do_not_contact, "all", (), ()))
    return lines


def block(position: Position, direction: str, channels: Iterable[str], wish: Wish) -> list[Line]:
    """Add the wish's reason to these channels: `changed` where nothing stood, `reinforced` elsewhere."""
    added = [c for c in channels if _is_new(position.grounds.get((direction, c, wish.reason)), wish)]
    if not added:
        return []
    before = position.blocked(direction)
    for channel in added:
        position.grounds[direction, channel, wish.reason] = Held(
            direction, channel, wish.reason, ends_at=wish.ends_at
        )
    scope = "all" if position.blocked(direction) == set(CHANNELS_OF[direction]) else "specific"
    groups = (
        ("changed", [c for c in added if c not in before]),
        ("reinforced", [c for c in added if c in before]),
    )
    return [
        Line(
            kind,
            direction,
            True,
            scope,
            tuple(hit),
            tuple((c, wish.reason) for c in hit),
        )
        for kind, hit in groups
        if hit
    ]


def _is_new(held: Held | None, wish: Wish) -> bool:
    """Whether the wish is stricter than what stands: a new ground, or a later end."""
    if held is None:
        return True
    return held.ends_at is not None and (wish.ends_at is None or wish.ends_at > held.ends_at)


def lift(position: Position, direction: str, pairs: Iterable[tuple[str, str]]) -> list[Line]:
    """Take these (channel, reason) away: `changed` where nothing stands any more, `weakened` where something does."""
    gone = [(c, r) for c, r in pairs if position.grounds.pop((direction, c, r), None)]
    if not gone:
        return []
    still = position.blocked(direction)
    scope = "all" if not still else "specific"
    lines = []
    for kind, hit in (
        ("changed", [pair for pair in gone if pair[0] not in still]),
        ("weakened", [pair for pair in gone if pair[0] in still]),
    ):
        if hit:
            channels = tuple(c for c in CHANNELS_OF[direction] if c in {pair[0] for pair in hit})
            lines.append(Line(kind, direction, False, scope, channels, tuple(hit)))
    return lines


def older(position: Position, direction: str, channel: str, as_of: datetime | None) -> list[tuple[str, str]]:
    """The grounds of a channel that a wish of that time is about: those that people and programs set later are not.

    What an address itself or its provider said is not asked for its age here: who keeps those in order has done so.
    """
    return [
        (channel, reason)
        for reason in position.reasons(direction, channel)
        if as_of is None
        or rules()[reason].told_from_outside
        or (since := position.grounds[direction, channel, reason].since) is None
        or since <= as_of
    ]


def may_switch(
    *, source: str, role: str | None, allowed: bool, synced: bool, set_before: bool = False
) -> tuple[str, str] | None:
    """None when this actor may flip the Do Not Contact switch, else (code, why).

    `set_before`: it is on, and somebody but the record system turned it on.
    """
    if source == "sync":
        return None
    if synced:
        why = SET_BEFORE if set_before else OWNED
        return "owned_by_record_system", why
    if not allowed:
        return (
            "do_not_contact_off",
            "Do Not Contact is not turned on for this business (Business Profile).",
        )
    if source in ("user", "api") and not role_reaches(role, "enterprise"):
        return "role_required", "Only an enterprise user can change this."
    return None
