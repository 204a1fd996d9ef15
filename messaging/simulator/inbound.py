"""A contact writes or calls: the webhook that the provider would send."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from messaging.simulator import segments
from messaging.simulator.accounts import Accounts
from messaging.simulator.records import Json, Kind, PhoneRecord
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import new_sid
from messaging.simulator.webhooks import is_address

TEXTS = (
    "account_sid",
    "to",
    "from",
    "body",
    "url",
    "OptOutType",
    "MessageSid",
    "auth_token",
    "kind",
)
KNOWN = (*TEXTS, "date_sent", "params")


class InboundError(ValueError):
    """An order for an inbound message that cannot be carried out."""


@dataclass(frozen=True)
class Order:
    """`url` left empty: the message exists, and its webhook was lost."""

    account_sid: str
    to: str
    sender: str
    body: str
    url: str
    kind: Kind
    opt_out_type: str
    message_sid: str
    auth_token: str
    date_sent: float | None
    params: dict[str, str]


def read(payload: object) -> Order:
    """InboundError names the field that is missing, unknown or wrong."""
    if not isinstance(payload, dict):
        raise InboundError("An inbound message is a JSON object.")
    text = _texts(payload)
    if text["url"] and not is_address(text["url"]):
        raise InboundError("url: an http or https address, or left out.")
    if text["kind"] not in ("", "sms", "call"):
        raise InboundError("kind: sms or call.")
    return Order(
        account_sid=text["account_sid"],
        to=text["to"],
        sender=text["from"],
        body=text["body"],
        url=text["url"],
        kind="call" if text["kind"] == "call" else "sms",
        opt_out_type=text["OptOutType"],
        message_sid=text["MessageSid"],
        auth_token=text["auth_token"],
        date_sent=_moment(payload.get("date_sent")),
        params=_params(payload.get("params") or {}),
    )


def _texts(payload: Json) -> dict[str, str]:
    for name in payload:
        if name not in KNOWN:
            raise InboundError(f"{name}: no such field; there are {', '.join(KNOWN)}.")
    text: dict[str, str] = {}
    for name in TEXTS:
        value = payload.get(name) or ""
        if not isinstance(value, str):
            raise InboundError(f"{name}: a string.")
        text[name] = value
    for name in ("account_sid", "to", "from"):
        if not text[name]:
            raise InboundError(f"{name}: needed.")
    return text


async def deliver(simulation: Simulation, order: Order, began_at: float) -> Json:
    """Keep the message, then tell the product; the answer says what the product said."""
    token = _token(simulation.accounts, order) if order.url else ""
    shelf = simulation.store.phone_shelf(order.kind)
    # The same sid again is the same message, delivered once more.
    record = shelf.get(order.message_sid) if order.message_sid else None
    if record is None:
        record = _record(order, began_at)
        simulation.store.add_phone(record)
    if not order.url:
        return {"sid": record.id, "status": None, "body": "", "error": "No url: not delivered."}
    answer = await simulation.webhooks.post(order.url, _form(record, order), token)
    record.callbacks.append((record.status, answer.status))
    if answer.status is None:
        return {"sid": record.id, "status": None, "body": "", "error": answer.body}
    return {"sid": record.id, "status": answer.status, "body": answer.body, "error": ""}


def _token(accounts: Accounts, order: Order) -> str:
    token = order.auth_token or accounts.token(order.account_sid)
    if token is None:
        raise InboundError(
            f"account_sid: {order.account_sid} has sent nothing yet, so its token is not known; "
            "give auth_token."
        )
    return token


def _record(order: Order, began_at: float) -> PhoneRecord:
    now = time.time()
    return PhoneRecord(
        id=order.message_sid or new_sid("CA" if order.kind == "call" else "SM"),
        kind=order.kind,
        account_sid=order.account_sid,
        to=order.to,
        sender=order.sender,
        body=order.body,
        began_at=began_at,
        received_at=now,
        direction="inbound",
        status="ringing" if order.kind == "call" else "received",
        sent_at=now if order.date_sent is None else order.date_sent,
    )


def _form(record: PhoneRecord, order: Order) -> dict[str, str]:
    places = {f"{side}{part}": "" for side in ("To", "From") for part in ("City", "State", "Zip")}
    form = {
        **places,
        "ToCountry": "US",
        "FromCountry": "US",
        "AccountSid": record.account_sid,
        "To": record.to,
        "From": record.sender,
        "ApiVersion": "2010-04-01",
    }
    if record.kind == "call":
        form |= {"CallSid": record.id, "CallStatus": "ringing", "Direction": "inbound"}
        form |= {"Called": record.to, "Caller": record.sender}
    else:
        form |= dict.fromkeys(("MessageSid", "SmsMessageSid", "SmsSid"), record.id)
        form |= {"SmsStatus": "received", "Body": record.body, "NumMedia": "0"}
        form["NumSegments"] = str(segments.count(record.body))
    if record.sender.startswith("whatsapp:"):
        form |= {"WaId": record.sender.removeprefix("whatsapp:+"), "ProfileName": ""}
    if order.opt_out_type:
        form["OptOutType"] = order.opt_out_type
    return form | order.params


def _params(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise InboundError("params: an object of strings.")
    return value


def _moment(value: object) -> float | None:
    """RFC 3339, or Unix seconds; in range for a date that can be written."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC).timestamp()
    except (ValueError, OverflowError, OSError):
        raise InboundError("date_sent: not a time.") from None
    raise InboundError("date_sent: a time of RFC 3339, or Unix seconds.")
