"""Twilio's JSON, by its documentation of version 2010-04-01."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from messaging.simulator import segments
from messaging.simulator.magic import ERROR_MESSAGES, Refusal
from messaging.simulator.records import Json, PhoneRecord

API = "/2010-04-01/Accounts"


def error(refusal: Refusal) -> Json:
    return {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }


def message(record: PhoneRecord) -> Json:
    uri = f"{API}/{record.account_sid}/Messages/{record.id}"
    media = sum(name.startswith("MediaUrl") for name, _ in record.params)
    service = dict(record.params).get("MessagingServiceSid")
    return {
        "account_sid": record.account_sid,
        "api_version": "2010-04-01",
        "body": record.body,
        "date_created": _date(record.received_at),
        "date_sent": None if record.sent_at is None else _date(record.sent_at),
        "date_updated": _date(record.sent_at or record.received_at),
        "direction": record.direction,
        "error_code": record.error_code,
        "error_message": ERROR_MESSAGES.get(record.error_code or 0),
        "from": record.sender or None,
        "messaging_service_sid": service,
        "num_media": str(media),
        "num_segments": str(segments.count(record.body)),
        "price": None,
        "price_unit": "USD",
        "sid": record.id,
        "status": record.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": record.to,
        "uri": f"{uri}.json",
    }


def call(record: PhoneRecord) -> Json:
    over = record.status not in ("queued", "ringing", "in-progress")
    ended = _date(record.sent_at) if over and record.sent_at is not None else None
    return {
        "account_sid": record.account_sid,
        "answered_by": None,
        "api_version": "2010-04-01",
        "date_created": _date(record.received_at),
        "date_updated": _date(record.sent_at or record.received_at),
        "direction": record.direction,
        "duration": "1" if record.status == "completed" else ("0" if over else None),
        "end_time": ended,
        "from": record.sender,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "price": None,
        "price_unit": "USD",
        "sid": record.id,
        "start_time": None if record.sent_at is None else _date(record.sent_at),
        "status": record.status,
        "to": record.to,
        "uri": f"{API}/{record.account_sid}/Calls/{record.id}.json",
    }


def _date(seconds: float) -> str:
    """RFC 2822, as all dates of this version of the API."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC))
