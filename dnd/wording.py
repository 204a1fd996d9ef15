"""How Heed says what it knows about DND: one place, so that page, API and timeline use the same words."""

from collections.abc import Sequence

from contacts.words import CHANNELS_OF, Direction, in_words

ASIDE = {
    "reinforced": "a further reason",
    "weakened": "one reason fewer, still blocked",
}


def summary(
    *,
    direction: str,
    enabled: bool,
    channels: Sequence[str],
    source: str,
    kind: str = "changed",
) -> str:
    """`DND enabled by user for SMS and Email`, `DND disabled by contact for all channels`: those that changed."""
    verb = "enabled" if enabled else "disabled"
    if direction == Direction.AUTOMATIONS:
        return f"Do Not Contact {verb} by {source}"
    covered = "all channels" if set(channels) == set(CHANNELS_OF[direction]) else in_words(channels)
    asides = [
        word
        for word in (
            direction if direction == Direction.INBOUND else "",
            ASIDE.get(kind, ""),
        )
        if word
    ]
    return f"DND {verb} by {source} for {covered}" + (f" ({', '.join(asides)})" if asides else "")
