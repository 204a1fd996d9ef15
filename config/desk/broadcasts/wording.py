"""Broadcasts in words: whom one is for, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from config.desk import words
from contacts.models import Business, Status
from contacts.words import Channel
from dnd.models import Reason
from messaging.broadcasting.counting import Progress
from messaging.broadcasting.previewing import Group, Preview
from messaging.choosing import NONE
from messaging.models import Broadcast, MessageState
from messaging.policy import CAMPAIGN_WINDOW

STATES = {
    "on": "blocked on every channel",
    "partial": "blocked on some channels",
    "off": "blocked on no channel",
}
NAMED = {"text": "a text", "call": "a call", "email": "an email", NONE: "nothing"}
LATER = {
    "quiet_hours": "once the hours open where they are",
    "disconnected": "once the channel is connected again",
    CAMPAIGN_WINDOW: "once the daily window opens",
}
REASONS = {
    "no_address": "There is no address that can be used.",
    "no_connection": "There is no connection for the channel.",
    "status": "The contact's status restricts contact.",
    "withdrawn": "It was taken back before it left.",
    "expired": "It waited too long to be sent.",
    "no_postal_address": "The business had no postal address, which an email to many has to name.",
    "too_long": "It was too long with all that is filled in and added.",
    "cannot_render": "The text could not be filled in for this contact, or nothing was left of it.",
}
SHOWN = (
    (MessageState.QUEUED, "Queued"),
    (MessageState.HELD, "Held: they wait for hours, a connection, or because it is paused"),
    (MessageState.CALLING, "Being handed over"),
    (MessageState.SENT, "Sent"),
    (MessageState.DELIVERED, "Delivered"),
    (MessageState.FAILED, "Failed at the provider"),
    (MessageState.UNKNOWN, "Handed over, and nobody knows what became of it"),
    (MessageState.DROPPED, "Not sent"),
)


def status_names(business: Business) -> dict[int, str]:
    return dict(Status.objects.filter(pipeline__business=business).values_list("pk", "name"))


def audience(broadcast: Broadcast, statuses: Mapping[int, str]) -> str:
    """`Everybody`, `Contacts with the tag “vip”, blocked on no channel`. `statuses`: their names."""
    parts = list(filters(broadcast.audience, statuses))
    return f"Contacts {', '.join(parts)}" if parts else "Everybody"


def filters(wanted: Mapping[str, Any], statuses: Mapping[int, str]) -> Iterator[str]:
    """Each filter in words."""
    if search := wanted.get("search"):
        yield f"found by “{search}”"
    if tag := wanted.get("tag"):
        yield f"with the tag “{tag}”"
    if status := wanted.get("status"):
        yield f"in the status “{statuses.get(status, 'that is gone')}”"
    if state := wanted.get("dnd_state"):
        yield STATES[state]
    if channel := wanted.get("dnd_channel"):
        yield f"blocked on {Channel(channel).label}"
    if reason := wanted.get("dnd_reason"):
        yield f"blocked because: {Reason(reason).label}"
    if (paused := wanted.get("do_not_contact")) is not None:
        yield "with automations paused" if paused else "with automations not paused"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: how many, what of them, and where to see them. `share`: of all, in percent."""

    words: str
    count: int
    share: float
    url: str = ""
    examples: tuple[tuple[str, str], ...] = ()


def coming_out(seen: Preview) -> tuple[list[Line], list[Line]]:
    """Who would get what, and who nothing and why."""
    reached = [_would(group, seen.total, seen.opens_at) for group in seen.groups if group.outcome != NONE]
    others = [_would(group, seen.total) for group in seen.groups if group.outcome == NONE]
    return reached, others


def _would(group: Group, total: int, opens_at: datetime | None = None) -> Line:
    if group.outcome == NONE:
        said = reason(group.reason)
    else:
        later = LATER.get(group.reason, "later") if group.reason else ""
        if opens_at and group.reason == CAMPAIGN_WINDOW:
            later = f"{later}: {words.at(opens_at)}"
        said = f"get {NAMED[group.outcome]}" + (f", {later}" if later else "")
    examples = tuple(
        (f"{one.first_name} {one.last_name}".strip() or f"Contact {one.id}", _contact(one.id))
        for one in group.examples
    )
    return Line(said, group.count, 100 * group.count / max(total, 1), examples=examples)


def _contact(pk: int) -> str:
    return reverse("admin:contacts_contact_change", args=[pk])


def reason(code: str) -> str:
    return REASONS.get(code) or words.why(code, "")


def became(broadcast: Broadcast, progress: Progress) -> list[Line]:
    """What has become of it, state by state, those left out of which there are none."""
    total = max(progress.total, 1)
    lines = [
        Line(said, progress.states[state], 100 * progress.states[state] / total, _messages(broadcast, state))
        for state, said in SHOWN
        if progress.states[state]
    ]
    if progress.undecided:
        said = (
            "Never reached: it was cancelled before"
            if broadcast.state == "cancelled"
            else "Not looked at yet"
        )
        lines.insert(0, Line(said, progress.undecided, 100 * progress.undecided / total))
    return lines


def refusals(progress: Progress) -> list[Line]:
    """Why some got nothing, and why some failed."""
    total = max(progress.total, 1)
    both = [*progress.dropped.items(), *progress.failed.items()]
    return [Line(reason(code), count, 100 * count / total) for code, count in both]


def _messages(broadcast: Broadcast, state: str) -> str:
    return f"{reverse('admin:messaging_message_changelist')}?broadcast={broadcast.pk}&state={state}"
