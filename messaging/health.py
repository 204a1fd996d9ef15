"""How the ways out of a business fare: what went through each of them, what waits, and for how many it is closed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone

from contacts.models import Business
from dnd import flags
from messaging.models import WAITING, Connection, Message, MessageState

A_DAY = timedelta(days=1)
WENT = (MessageState.SENT.value, MessageState.DELIVERED.value)


@dataclass(frozen=True, slots=True)
class Health:
    """One channel. `day`: how many messages of the last day stand in each state. `blocked`: contacts with DND on it."""

    day: Mapping[str, int] = field(default_factory=dict)
    waiting: int = 0
    blocked: int = 0

    @property
    def sent(self) -> int:
        return sum(self.day.get(state, 0) for state in WENT)

    @property
    def failed(self) -> int:
        return self.day.get(MessageState.FAILED.value, 0)

    @property
    def dropped(self) -> int:
        return self.day.get(MessageState.DROPPED.value, 0)

    @property
    def unknown(self) -> int:
        return self.day.get(MessageState.UNKNOWN.value, 0)


def of(business: Business) -> dict[str, Health]:
    """Every channel's, in a handful of queries; what a channel costs is what it held in the last day."""
    days: dict[str, Counter[str]] = defaultdict(Counter)
    for channel, state, count in _last_day(business):
        days[channel][state] = count
    waits = Message.objects.filter(business=business, state__in=WAITING)
    waiting = dict(waits.order_by().values_list("channel").annotate(Count("pk")))
    return {
        channel: Health(days[channel], waiting.get(channel, 0), blocked)
        for channel, blocked in flags.blocked_by_channel(business.pk).items()
    }


def _last_day(business: Business) -> QuerySet[Message, tuple[str, str, int]]:
    """(channel, state, count), found from the newest backwards."""
    ours = Message.objects.filter(business=business, direction=Message.Way.OUTBOUND)
    since = timezone.now() - A_DAY
    before = ours.filter(created_at__lt=since).order_by("-id").values_list("id", flat=True).first() or 0
    return ours.filter(id__gt=before).order_by().values_list("channel", "state").annotate(Count("pk"))


def fares(connection: Connection) -> str:
    """In one word: disconnected, new, failing or working."""
    if connection.state == Connection.State.DISCONNECTED:
        return "disconnected"
    worked, failed = connection.worked_at, connection.failed_at
    if failed and (worked is None or failed > worked):
        return "failing"
    return "working" if worked else "new"
