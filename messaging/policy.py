"""May this go out? Every rule, in order, as one function of plain values. The first rule to speak wins."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from contacts.words import Channel

TABLE = Path(__file__).parent / "data" / "message_classes.csv"
RECONNECT_AFTER = timedelta(minutes=15)
GOOD_FOR = timedelta(hours=24)
SYSTEM_GOOD_FOR = timedelta(minutes=5)
CAMPAIGN_WINDOW = "campaign_window"


@dataclass(frozen=True, slots=True)
class Obeys:
    """Which settings a message class obeys: one line of data/message_classes.csv.

    A class that obeys the preferred *way* does not text somebody whose preferred number is a landline; one that
    obeys the preferred number only then texts another number.
    """

    outbound_dnd: bool
    do_not_contact: bool
    quiet_hours: bool
    preferred_contact: bool
    preferred_way: bool


@cache
def classes() -> dict[str, Obeys]:
    with TABLE.open(newline="") as file:
        return {
            row["message_class"]: Obeys(
                outbound_dnd=row["outbound_dnd"] == "obeys",
                do_not_contact=row["do_not_contact"] == "obeys",
                quiet_hours=row["quiet_hours"] == "obeys",
                preferred_contact=row["preferred_contact"] in ("obeys", "number only"),
                preferred_way=row["preferred_contact"] == "obeys",
            )
            for row in csv.DictReader(file)
        }


@dataclass(frozen=True, slots=True)
class Block:
    """The strongest ground for which a channel is blocked."""

    reason: str
    source: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a verdict is made from, read under the contact's lock."""

    channel: str
    message_class: str
    now: datetime
    address: str = ""
    no_address: str = "This contact has no address for the channel."
    blocked: Mapping[str, Block] = field(default_factory=dict)
    suppressed: str = ""
    sms_opt_out: str = ""
    """Of a call, where the business makes no automated calls after an SMS opt-out: why SMS is blocked."""
    do_not_contact: bool = False
    by_record_system: bool = False
    """Whether it is the record system that says so now."""
    status: str = ""
    status_restricts: bool = False
    connection: str = "connected"
    permit: bool = False
    withdrawn: str = ""
    paused: bool = False
    window_opens_at: datetime | None = None
    hours_open_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Send:
    rule: str = "clear"
    reason: str = ""
    detail: str = "Nothing stands against it."


@dataclass(frozen=True, slots=True)
class Hold:
    rule: str
    reason: str
    detail: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    rule: str
    reason: str
    detail: str


Verdict = Send | Hold | Drop

BY_A_PERSON = ("manual", "system")
"""The classes of which a person causes each message: a member of staff writes it, or it answers the contact."""
NO_AUTOMATIONS = "Do Not Contact is on: no automations."
BY_RECORD_SYSTEM = "Do Not Contact is on by the record system: no automations."
NO_CALLS_EITHER = "The contact opted out of SMS, after which this business makes no automated calls either."
NO_OPT_OUTS = ("carrier_unreachable",)
"""Reasons for which SMS is blocked though nobody asked for it."""

SKIPS = ("address", "dnd", "suppressed", "do_not_contact", "status", "expired")
"""The rules whose drop makes a workflow's step `skipped`; any other drop makes it `failed`."""


def decide(facts: Facts) -> Verdict:
    """The verdict at `facts.now`. A block is never outvoted by a preference."""
    obeys = classes()[facts.message_class]
    system = facts.message_class == "system"
    if facts.withdrawn:
        return Drop("withdrawn", "withdrawn", facts.withdrawn)
    if system and not facts.permit:
        return Drop("permit", "no_permit", "A confirmation needs the permit of the message that it answers.")
    if not facts.address:
        return Drop("address", "no_address", facts.no_address)
    if unwanted := _unwanted(facts, obeys):
        return unwanted
    if not facts.connection:
        return Drop(
            "connection",
            "no_connection",
            f"The business has no connection for {Channel(facts.channel).label}.",
        )
    if facts.connection == "disconnected":
        return Hold(
            "disconnected", "disconnected", "The channel is disconnected.", facts.now + RECONNECT_AFTER
        )
    if facts.paused:
        return Hold("paused", "paused", "The broadcast is paused.", facts.now + RECONNECT_AFTER)
    if facts.window_opens_at:
        until = facts.window_opens_at
        detail = f"Outside the daily window of the campaign: held until {until:%Y-%m-%d %H:%M} UTC."
        return Hold("hours", CAMPAIGN_WINDOW, detail, until)
    if obeys.quiet_hours and facts.hours_open_at and facts.hours_open_at > facts.now:
        until = facts.hours_open_at
        return Hold(
            "hours",
            "quiet_hours",
            f"Outside the contact's permitted hours: held until {until:%Y-%m-%d %H:%M} UTC.",
            until,
        )
    if facts.expires_at and facts.now >= facts.expires_at:
        return Drop("expired", "expired", "It waited too long to be sent.")
    return Send()


def _unwanted(facts: Facts, obeys: Obeys) -> Drop | None:
    """What the contact has asked for, and what its status says."""
    if obeys.outbound_dnd and (block := facts.blocked.get(facts.channel)):
        return Drop("dnd", f"dnd:{facts.channel}:{block.reason}", _why_blocked(facts.channel, block))
    if obeys.outbound_dnd and facts.suppressed:
        return Drop("suppressed", f"suppressed:{facts.suppressed}", "The address is on the suppression list.")
    if facts.sms_opt_out and facts.message_class not in BY_A_PERSON:
        return Drop("dnd", f"dnd:sms:{facts.sms_opt_out}", NO_CALLS_EITHER)
    if obeys.do_not_contact and facts.do_not_contact:
        return Drop(
            "do_not_contact", "do_not_contact", BY_RECORD_SYSTEM if facts.by_record_system else NO_AUTOMATIONS
        )
    if facts.status_restricts and facts.message_class not in BY_A_PERSON:
        return Drop("status", "status", f"The status {facts.status} restricts contact.")
    return None


def _why_blocked(channel: str, block: Block) -> str:
    since = f" since {block.since:%Y-%m-%d %H:%M} UTC" if block.since else ""
    return f"DND is active for {Channel(channel).label}: {block.reason}, set by {block.source}{since}."


def expires_at(message_class: str, first_due: datetime) -> datetime:
    """Until when a message may go out."""
    return first_due + (SYSTEM_GOOD_FOR if message_class == "system" else GOOD_FOR)
