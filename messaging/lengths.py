"""How long a message may be as it leaves, with all that is filled in and added to it."""

from collections.abc import Mapping

from contacts.words import Channel

LONGEST: Mapping[str, int] = {
    Channel.SMS: 1600,
    Channel.WHATSAPP: 1600,
    Channel.FACEBOOK: 1600,
    Channel.CALL: 1600,
}
"""Characters: what Twilio takes of a text (its error 21617 is for more), and what anybody listens to of a call."""


def too_long(channel: str, whole: str) -> str:
    """One sentence when this is longer than fits; `whole`: as it leaves."""
    longest = LONGEST.get(channel, len(whole))
    if len(whole) <= longest:
        return ""
    return (
        f"With all that is filled in and added, this has {len(whole):,} characters, and {longest:,} fit: "
        f"shorten it by {len(whole) - longest:,}."
    )
