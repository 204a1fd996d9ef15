"""Who would get what, and who nothing and why: counted over a whole audience, a batch in memory at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from contacts import locks
from messaging.broadcasting import deciding, people, window
from messaging.broadcasting.composing import CANNOT_RENDER
from messaging.broadcasting.deciding import Named, Recipient
from messaging.broadcasting.filling import Filling
from messaging.choosing import NONE, WAYS
from messaging.models import Broadcast
from messaging.policy import CAMPAIGN_WINDOW, Hold
from messaging.templates import CannotRender

BATCH = 2_000
EXAMPLES = 5


@dataclass(slots=True)
class Group:
    """Contacts for whom it comes out alike: the way, or none, and why; no reason for what would leave at once."""

    outcome: str
    reason: str
    count: int = 0
    examples: list[Named] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preview:
    """How a broadcast would come out if it were sent now. `left_out`: for a status that means that they are lost.

    `opens_at`: when its daily window opens; None while it is open, or there is none.
    """

    total: int
    left_out: int
    groups: list[Group]
    opens_at: datetime | None = None

    @property
    def outcomes(self) -> dict[str, int]:
        """How many get a text, a call, an email and nothing."""
        counts = dict.fromkeys((*WAYS, NONE), 0)
        for group in self.groups:
            counts[group.outcome] += group.count
        return counts

    @property
    def reasons(self) -> dict[str, int]:
        """Of those who get nothing: how many for which reason."""
        return {group.reason: group.count for group in self.groups if group.outcome == NONE}

    @property
    def later(self) -> int:
        """How many of those who get something would not get it at once."""
        return sum(group.count for group in self.groups if group.outcome != NONE and group.reason)

    @property
    def reached(self) -> int:
        return self.total - self.outcomes[NONE]


@dataclass(slots=True)
class Count:
    """How far a preview is: everybody up to the contact `after`. Its groups are by outcome and reason."""

    after: int = 0
    total: int = 0
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)


def preview(broadcast: Broadcast) -> Preview:
    """Counts over everybody in the audience as it is now. Nothing is written or locked."""
    count = Count()
    for _ in batches(broadcast, count):
        pass
    return outcome(broadcast, count)


def batches(broadcast: Broadcast, count: Count) -> Iterator[None]:
    """Counts on from where `count` is, and stops for its caller after each batch; at its end everybody is in it."""
    opens_at = _opens_at(broadcast)
    at_once = CAMPAIGN_WINDOW if opens_at else ""
    audience = people.of(broadcast).order_by("pk").values_list("pk", "first_name", "last_name")
    while batch := [Named(*row) for row in audience.filter(pk__gt=count.after)[:BATCH]]:
        reading, recipients = deciding.decide(broadcast, batch)
        filling = Filling(broadcast, reading)
        for recipient in recipients:
            count.total += 1
            key = _key(recipient, filling, at_once)
            group = count.groups.setdefault(key, Group(*key))
            group.count += 1
            if len(group.examples) < EXAMPLES:
                group.examples.append(recipient.named)
        count.after = batch[-1].id
        yield


def outcome(broadcast: Broadcast, count: Count) -> Preview:
    """What a whole count comes to."""
    order = (*WAYS, NONE)
    ranked = sorted(
        count.groups.values(), key=lambda group: (order.index(group.outcome), -group.count, group.reason)
    )
    return Preview(count.total, people.left_out(broadcast), ranked, _opens_at(broadcast))


def _opens_at(broadcast: Broadcast) -> datetime | None:
    return window.opens_at(
        locks.now(),
        zone=broadcast.business.timezone,
        opens=broadcast.window_opens,
        closes=broadcast.window_closes,
    )


def _key(recipient: Recipient, filling: Filling, at_once: str) -> tuple[str, str]:
    """Of a group. `at_once`: why not even those go at once against whom nothing stands."""
    outcome, verdict = recipient.chosen.choice.by, recipient.chosen.verdict
    if outcome == NONE:
        return outcome, verdict.reason
    try:
        filling.texts(outcome, recipient.named)
    except CannotRender:
        return NONE, CANNOT_RENDER
    return outcome, verdict.reason if isinstance(verdict, Hold) else at_once
