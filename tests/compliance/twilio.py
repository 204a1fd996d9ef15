"""Twilio as Heed meets it: requests signed by the official library, and a memory of when each text was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from twilio.request_validator import RequestValidator

from contacts.models import Business
from messaging import services as messaging
from messaging.inbound.twilio_list import NoAnswer
from messaging.models import Connection
from tests.factories import ENTERPRISE

TOKEN = "a-secret-token-0123"
CONFIG = {"account_sid": "AC1", "auth_token": TOKEN, "from_number": "+14155550199"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
numbers = count(1)


def new_sid() -> str:
    return f"SM{next(numbers):032x}"


def connect(business: Business, channel: str = "sms") -> Connection:
    return messaging.create_connection(
        business=business, channel=channel, driver="twilio", config=dict(CONFIG), by=ENTERPRISE
    )


@dataclass(frozen=True)
class Signed:
    """A request just as Twilio would make it."""

    path: str
    body: bytes
    signature: str

    def send(self, client: Client | None = None, **headers: str) -> HttpResponse:
        path, _, query = self.path.partition("?")
        return (client or Client()).generic(
            "POST",
            path,
            self.body,
            content_type=headers.pop("content_type", "application/x-www-form-urlencoded"),
            QUERY_STRING=query,
            HTTP_X_TWILIO_SIGNATURE=self.signature,
            **headers,
        )


def sign(path: str, form: Mapping[str, str], token: str = TOKEN) -> Signed:
    signature = RequestValidator(token).compute_signature(f"{settings.HEED_BASE_URL}{path}", dict(form))
    return Signed(path, urlencode(form).encode(), signature)


def text_form(body: str, sender: str, **more: str) -> dict[str, str]:
    """What Twilio tells of a text; fields as it names them can be added or changed."""
    sid = more.pop("MessageSid", None) or new_sid()
    form = {
        "ToCountry": "US", "ToState": "", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "", "FromZip": "94107",
        "SmsSid": sid, "FromState": "CA", "SmsStatus": "received", "FromCity": "SAN FRANCISCO", "Body": body,
        "FromCountry": "US", "To": CONFIG["from_number"], "ToZip": "", "NumSegments": "1", "MessageSid": sid,
        "AccountSid": CONFIG["account_sid"], "From": sender, "ApiVersion": "2010-04-01",
    }  # fmt: skip
    return form | more


def text(account: Connection, body: str, sender: str, **more: str) -> Signed:
    return sign(f"/hooks/twilio/{account.pk}/message", text_form(body, sender, **more))


@dataclass
class Clock:
    """When Twilio says that each text was written. What it has never heard of is None, what it hides NoAnswer."""

    moments: dict[str, datetime] = field(default_factory=dict)
    silent: bool = False
    asked: list[str] = field(default_factory=list)

    def at(self, seconds: float) -> str:
        """A new text, written so many seconds after noon."""
        sid = new_sid()
        self.moments[sid] = NOON + timedelta(seconds=seconds)
        return sid

    def created_at(self, config: Mapping[str, Any], sid: str) -> datetime | None:
        self.asked.append(sid)
        if self.silent:
            raise NoAnswer("HTTP 500")
        return self.moments.get(sid)
