"""Times, sources and channels as the desk's templates write them."""

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.desk import words
from contacts import erased, phones
from contacts.words import Channel, in_words
from dnd.models import Reason
from messaging.models import Message
from workflows.models import StepRun

register = template.Library()


@register.filter
def when(moment: datetime | None) -> str | SafeString:
    """The time in the business's zone and how long ago that is."""
    if moment is None:
        return ""
    text = f"{words.at(moment)} ({words.ago(moment, timezone.now())})"
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), text)


@register.filter
def shortly(moment: datetime | None) -> str | SafeString:
    """How long ago it is, with the time for whoever points at it."""
    if moment is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        words.at(moment),
        words.ago(moment, timezone.now()),
    )


@register.filter
def clock(moment: datetime) -> str:
    """The time of day alone, for a list that is grouped by day."""
    return f"{timezone.localtime(moment):%H:%M}"


@register.filter
def how_to_lift(reason: str) -> str:
    """What has to be done outside of Heed before a ground may be lifted; empty for most."""
    return words.HOW_TO_LIFT.get(reason, "")


@register.filter
def percent(share: float) -> str:
    """`2%`, `0.31%`: as many digits as such a share needs."""
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


@register.filter
def count(number: int) -> str:
    """`1,204`."""
    return f"{number:,}"


@register.filter
def seconds(span: float | None) -> str:
    """`12 ms`, `1.4 s`."""
    if span is None:
        return "–"
    return f"{span * 1000:.0f} ms" if span < 1 else f"{span:.1f} s"


@register.simple_tag
def by_whom(source: str, actor: str) -> str:
    return words.by_whom(source, actor)


@register.filter
def channel_icon(channel: str) -> str:
    return words.CHANNEL_ICONS.get(channel, "chat")


@register.filter
def channels_words(channels: Sequence[str]) -> str:
    """`SMS and Email`."""
    return in_words(channels)


@register.filter
def channel_name(channel: str) -> str:
    return Channel(channel).label if channel in Channel.values else channel


@register.filter
def number(address: str) -> str:
    """A number as people write it; any other address as it is, unless its owner was erased."""
    return erased.SHOWN if address.startswith(erased.PREFIX) else phones.pretty(address)


@register.filter
def reason_words(reason: str) -> str:
    return str(Reason(reason).label) if reason in Reason.values else reason


@register.filter
def skip_words(reason: str) -> str:
    return words.SKIPS.get(reason, reason)


@register.filter
def why(done: Message | StepRun) -> str:
    return words.why(done.reason, done.detail)
