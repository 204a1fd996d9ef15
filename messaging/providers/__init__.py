"""The ways out of Heed. Only `messaging.delivery` may import them."""

from collections.abc import Callable, Mapping
from typing import Any

from messaging.providers.base import Line
from messaging.providers.http import HttpLine
from messaging.providers.smtp import SmtpLine
from messaging.providers.twilio import TwilioLine

LINES: Mapping[str, Callable[[Mapping[str, Any]], Line]] = {
    "twilio": TwilioLine,
    "smtp": SmtpLine,
    "http": HttpLine,
}


def open_line(driver: str, config: Mapping[str, Any]) -> Line:
    """A line of this driver with a connection's config. Nothing is connected before the first call."""
    return LINES[driver](config)
