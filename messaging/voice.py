"""What a call says, as TwiML: the text, and how to be rid of such calls."""

from xml.sax.saxutils import escape, quoteattr

LONGEST = 4_000
"""Characters of TwiML that Twilio takes along with a call."""
STOPS = "9"
"""The key that stops these calls."""
HOW_TO_STOP = f"To stop these calls, press {STOPS}."
WAITS = 6
"""Seconds for which a key is waited for after the last word."""


def document(text: str, *, pressed: str) -> str:
    """Speak the text, and wait for one key all the while; which it was is told to `pressed`."""
    return (
        f'<Response><Gather numDigits="1" timeout="{WAITS}" method="POST" action={quoteattr(pressed)}>'
        f"<Say>{escape(_spoken(text))}</Say><Say>{HOW_TO_STOP}</Say></Gather></Response>"
    )


def _spoken(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
