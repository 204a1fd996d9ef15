"""The events in a request, each with the id by which it is told from every other, however often it comes."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Raw:
    """One event as it came, as JSON in ASCII: whatever came can be kept. Empty: it could not be read."""

    provider_id: str
    payload: str = ""


IN_BATCHES = ("sendgrid", "brevo")
"""Who may send several events at once, as a list."""


def split(esp: str, headers: Headers, body: bytes) -> list[Raw]:
    """The events of a genuine request; of one that cannot be read, a single one that says so."""
    try:
        content = json.loads(body)
        several = content if esp in IN_BATCHES and isinstance(content, list) else [content]
        events = [_raw(esp, headers, event) for event in several]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return [Raw(f"sha256:{hashlib.sha256(body).hexdigest()}")]
    return list({raw.provider_id: raw for raw in events}.values())


def _raw(esp: str, headers: Headers, event: Any) -> Raw:
    if not isinstance(event, dict):
        raise TypeError("An event is an object.")
    payload = json.dumps(event, ensure_ascii=True)
    given = IDS[esp](headers, event)
    if isinstance(given, str | int) and 0 < len(str(given)) <= 180 and str(given).isprintable():
        return Raw(str(given), payload)
    return Raw(f"sha256:{hashlib.sha256(_known_by(esp, event)).hexdigest()}", payload)


def _known_by(esp: str, event: Mapping[str, Any]) -> bytes:
    """What makes an event without an id the same as another: all of it, but for how it was signed."""
    if esp == "mailgun" and isinstance(event.get("event-data"), dict):
        return json.dumps(event["event-data"], sort_keys=True).encode()
    return json.dumps(event, sort_keys=True).encode()


def _mailgun(headers: Headers, event: Mapping[str, Any]) -> Any:
    """Its ids are unique within a day alone, so that the time belongs to them."""
    data = event["event-data"]
    known, at = data.get("id"), data.get("timestamp")
    return f"{known}:{at}" if isinstance(known, str) and known and at else None


def _postmark(headers: Headers, event: Mapping[str, Any]) -> Any:
    """Only bounces and complaints have an id."""
    return f"{event.get('RecordType')}:{event['ID']}" if event.get("ID") else None


IDS: Mapping[str, Callable[[Headers, Mapping[str, Any]], Any]] = {
    "sendgrid": lambda headers, event: event.get("sg_event_id"),
    "ses": lambda headers, event: event.get("MessageId"),
    "mailgun": _mailgun,
    "postmark": _postmark,
    "resend": lambda headers, event: headers.get("svix-id") or headers.get("webhook-id"),
    "brevo": lambda headers, event: None,
}
