"""What was allowed at a moment: the lines that had been written by then, added up."""

from collections import defaultdict
from datetime import datetime

from contacts.models import Contact
from contacts.words import CHANNELS_OF, mask_of
from dnd import ledger, policy
from dnd.flags import Flag, Panel, Standpoint, Switch, state_of
from dnd.models import Change, ChangeText
from dnd.policy import Held, Position
from dnd.reasons import rules

PAST = "This is how it was then: it can be changed only as it is now."


def panel(contact: Contact, moment: datetime) -> Panel:
    """Where the contact stood at that moment, as `flags.panel` shows where it stands now. Before its first line: free.

    A change counts from the moment at which it was recorded.
    """
    lines = list(Change.objects.filter(contact=contact, recorded_at__lte=moment).order_by("version"))
    position = ledger.fold(lines)
    opened = {line.pk: line for line in lines}
    notes = _notes(position)
    grounds: dict[tuple[str, str], list[Standpoint]] = defaultdict(list)
    for held in position.grounds.values():
        grounds[held.direction, held.channel].append(_standpoint(held, opened, notes))
    ways = {
        way: {channel: _flag(way, channel, grounds[way, channel]) for channel in CHANNELS_OF[way]}
        for way in policy.WAYS
    }
    return Panel(
        state=state_of(mask_of(position.blocked("outbound"))),
        version=lines[-1].version if lines else 0,
        outbound=ways["outbound"],
        inbound=ways["inbound"],
        do_not_contact=Switch(position.do_not_contact, may_edit=False, why_not=PAST),
    )


def _notes(position: Position) -> dict[int, str]:
    """The words of the lines that opened what stood; what was erased since is gone from here too."""
    opened = {held.opened_by for held in position.grounds.values()}
    return dict(ChangeText.objects.filter(change__in=opened).values_list("change_id", "note"))


def _standpoint(held: Held, opened: dict[int, Change], notes: dict[int, str]) -> Standpoint:
    line = opened[held.opened_by or 0]
    return Standpoint(
        reason=held.reason,
        strength=rules()[held.reason].strength,
        source=held.source,
        actor=line.actor,
        since=held.since or line.recorded_at,
        until=held.ends_at,
        note=notes.get(line.pk, ""),
    )


def _flag(direction: str, channel: str, grounds: list[Standpoint]) -> Flag:
    grounds.sort(key=lambda ground: (-rules()[ground.reason].rank, ground.reason))
    return Flag(direction, channel, tuple(grounds), may_lift=False, why_not=PAST)
