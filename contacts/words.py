"""The words that every app shares: channels, directions, sources, roles. Standard library and Django choices only."""

from collections.abc import Iterable, Sequence
from functools import cache
from zoneinfo import available_timezones

from django.db import models


class Channel(models.TextChoices):
    """Ways to reach a contact, in the order in which they are shown. The position is the bit in a mask."""

    CALL = "call", "Call"
    SMS = "sms", "SMS"
    EMAIL = "email", "Email"
    WHATSAPP = "whatsapp", "WhatsApp"
    FACEBOOK = "facebook", "Facebook"
    GMB = "gmb", "Google Business"


class Direction(models.TextChoices):
    """Which way a message goes; `automations` is the ledger's word for the Do Not Contact switch."""

    OUTBOUND = "outbound", "Outbound"
    INBOUND = "inbound", "Inbound"
    AUTOMATIONS = "automations", "Automations"


class Source(models.TextChoices):
    """Who caused a change."""

    USER = "user", "user"
    CONTACT = "contact", "contact"
    WORKFLOW = "workflow", "workflow"
    PROVIDER = "provider", "provider"
    IMPORT = "import", "import"
    API = "api", "api"
    SYNC = "sync", "sync"


class Role(models.TextChoices):
    """What a person or an API key may do in a business, widest last."""

    STAFF = "staff", "Staff"
    MANAGER = "manager", "Manager"
    ENTERPRISE = "enterprise", "Enterprise"


class LineType(models.TextChoices):
    """What kind of line a phone number is; `unknown` counts as one that can be texted."""

    MOBILE = "mobile", "Mobile"
    LANDLINE = "landline", "Landline"
    VOIP = "voip", "VoIP"
    TOLL_FREE = "toll_free", "Toll-free"
    UNKNOWN = "unknown", "Unknown"


FAMILIES: dict[str, tuple[str, ...]] = {
    "calls": (Channel.CALL.value,),
    "texts": (Channel.SMS.value, Channel.WHATSAPP.value, Channel.FACEBOOK.value, Channel.GMB.value),
    "emails": (Channel.EMAIL.value,),
}
"""What people mean when they say which messages they want no more. "No more texts" is about every way in which
a short text arrives, not about one network, as a STOP and an opt-out in free words are."""
OUTBOUND_CHANNELS: tuple[str, ...] = tuple(Channel.values)
INBOUND_CHANNELS: tuple[str, ...] = (Channel.CALL.value, Channel.SMS.value)
CHANNELS_OF: dict[str, tuple[str, ...]] = {
    Direction.OUTBOUND.value: OUTBOUND_CHANNELS,
    Direction.INBOUND.value: INBOUND_CHANNELS,
    Direction.AUTOMATIONS.value: (),
}
BIT: dict[str, int] = {channel: 1 << position for position, channel in enumerate(Channel.values)}
EVERY_OUTBOUND: int = sum(BIT.values())


def mask_of(channels: Iterable[str]) -> int:
    """The bit mask of a set of channels."""
    return sum(BIT[channel] for channel in set(channels))


def channels_in(mask: int) -> list[str]:
    """The channels whose bit is set, in the order in which they are shown."""
    return [channel for channel, bit in BIT.items() if mask & bit]


def role_reaches(role: str | None, least: str) -> bool:
    """Whether `role` may do what needs at least `least`. No role may do nothing."""
    order = Role.values
    return role is not None and order.index(role) >= order.index(least)


def in_words(channels: Sequence[str]) -> str:
    """`SMS`, `SMS and Email`, `Call, SMS and Email`: labels in the order in which channels are shown."""
    labels = [Channel(channel).label for channel in OUTBOUND_CHANNELS if channel in channels]
    if len(labels) < 2:
        return "".join(labels)
    return f"{', '.join(labels[:-1])} and {labels[-1]}"


def in_families(channels: Iterable[str]) -> str:
    """`calls and texts`, `all channels`; channels that make no whole family by their own names."""
    left = set(channels)
    if left == set(OUTBOUND_CHANNELS):
        return "all channels"
    words = []
    for family, members in FAMILIES.items():
        if left.issuperset(members):
            words.append(family)
            left.difference_update(members)
    words += [Channel(channel).label for channel in OUTBOUND_CHANNELS if channel in left]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


@cache
def time_zones() -> frozenset[str]:
    """The name of every time zone. To find them opens some 600 files, so it is done once."""
    return frozenset(available_timezones())
