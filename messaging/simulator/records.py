"""What was accepted, as it was said on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Literal

Kind = Literal["sms", "call", "email", "http"]
Json = dict[str, object]

FOLD = re.compile(r"\r?\n(?=[ \t])")


@dataclass(slots=True, eq=False)
class PhoneRecord:
    """A text, a call or what an endpoint was posted, in either direction. `said`: what was heard in a call."""

    id: str
    kind: Kind
    account_sid: str
    to: str
    sender: str
    body: str
    began_at: float
    received_at: float
    direction: str
    status: str
    sent_at: float | None = None
    error_code: int | None = None
    status_callback: str = ""
    params: tuple[tuple[str, str], ...] = ()
    callbacks: list[tuple[str, int | None]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    pressed: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.to,)

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(name) + len(value) for name, value in self.params)

    @property
    def dated(self) -> datetime:
        """The moment that date filters mean; Twilio's dates have whole seconds."""
        seconds = self.received_at if self.sent_at is None else self.sent_at
        return datetime.fromtimestamp(int(seconds), UTC)

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "kind": self.kind,
            "direction": self.direction,
            "account_sid": self.account_sid,
            "to": self.to,
            "from": self.sender,
            "subject": "",
            "body": self.body,
            "status": self.status,
            "error_code": self.error_code,
            "status_callback": self.status_callback,
            "params": [list(pair) for pair in self.params],
            "callbacks": [{"status": name, "answer": code} for name, code in self.callbacks],
            "said": self.said,
            "pressed": self.pressed,
            "began_at": self.began_at,
            "received_at": self.received_at,
        }


@dataclass(slots=True, eq=False)
class EmailRecord:
    """An email: its envelope, and the bytes that came after DATA."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    began_at: float
    received_at: float
    kind: Kind = "email"

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.recipients

    @property
    def size(self) -> int:
        return len(self.raw)

    def as_json(self) -> Json:
        # Parsed only when somebody looks: accepting must stay quick.
        message = message_from_bytes(self.raw)
        headers = _headers(message)
        return {
            "id": self.id,
            "kind": self.kind,
            "direction": "outbound",
            "to": ", ".join(self.recipients),
            "recipients": list(self.recipients),
            "from": self.sender,
            "subject": headers.get("Subject", ""),
            "body": _part(message, "text/plain"),
            "html": _part(message, "text/html"),
            "headers": headers,
            "raw": self.raw.decode("utf-8", "replace"),
            "began_at": self.began_at,
            "received_at": self.received_at,
        }


def _headers(message: Message) -> dict[str, str]:
    """Decoded and unfolded; a header that stands more than once is joined by commas."""
    headers: dict[str, str] = {}
    for name, value in message.items():
        text = _decoded(FOLD.sub("", str(value)))
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError, HeaderParseError):
        # An unknown charset or broken encoding is shown as it came.
        return value


def _part(message: Message, content_type: str) -> str:
    """The first part of this type that is not an attachment."""
    for part in message.walk():
        attached = part.get_content_disposition() == "attachment"
        if part.get_content_type() != content_type or part.is_multipart() or attached:
            continue
        payload = part.get_payload(decode=True)
        return _text(payload, part.get_content_charset("utf-8")) if isinstance(payload, bytes) else ""
    return ""


def _text(payload: bytes, charset: str) -> str:
    try:
        text = payload.decode(charset, "replace")
    except LookupError:
        text = payload.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")
