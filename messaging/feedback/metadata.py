"""Our message's id in the header that each provider gives back with its events."""

import json
from collections.abc import Callable, Mapping

NAME = "heed_message"


def headers(esp: str, message: int) -> dict[str, str]:
    """What an email to this provider carries beside its own headers; nothing for a server that is none of them."""
    return HEADERS[esp](str(message)) if esp in HEADERS else {}


HEADERS: Mapping[str, Callable[[str], dict[str, str]]] = {
    "sendgrid": lambda message: {"X-SMTPAPI": json.dumps({"unique_args": {NAME: message}})},
    "ses": lambda message: {"X-SES-MESSAGE-TAGS": f"{NAME}={message}"},
    "mailgun": lambda message: {"X-Mailgun-Variables": json.dumps({NAME: message})},
    "postmark": lambda message: {f"X-PM-Metadata-{NAME}": message},
    "resend": lambda message: {"X-Metadata": json.dumps({NAME: message})},
    "brevo": lambda message: {"X-Mailin-custom": json.dumps({NAME: message})},
}
