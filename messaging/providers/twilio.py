"""Texts, WhatsApp and Messenger through Twilio's Messages API, and calls through its Calls API, version 2010-04-01."""

import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from django.conf import settings

from messaging import voice
from messaging.providers.base import CONNECT_LIMIT, Answer, Found, Letter, Lost, NotTaken, Refused, Taken
from messaging.providers.web import (
    ANSWER_LIMIT,
    FAILURES,
    Web,
    json_object,
    read_failure,
    retry_after,
)

PUBLIC = "https://api.twilio.com"
PAGE = 100
SCHEMES = {"whatsapp": "whatsapp:", "facebook": "messenger:"}
"""What stands before both addresses of a message, by its channel."""

STATES = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
"""Twilio's words for what becomes of a message, in ours."""
CALL_STATES = {
    "queued": "sent",
    "initiated": "sent",
    "ringing": "sent",
    "in-progress": "sent",
    "completed": "delivered",
    "busy": "failed",
    "no-answer": "failed",
    "canceled": "failed",
    "failed": "failed",
}
"""… and of a call: nobody heard one that was not answered."""
SID = re.compile(r"[A-Za-z0-9]{2,64}")
OF_THE_ACCOUNT = ("20003", "20005", "20404", "21212", "21606", "21659", "21660", "63007")
"""Codes that say something of the account or of the number that it sends from, and so of every message."""


class TwilioLine:
    """One thread's session with one account."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        account = config["account_sid"]
        base = (settings.HEED_TWILIO_API_BASE or PUBLIC).rstrip("/")
        self._account = f"{base}/2010-04-01/Accounts/{account}"
        self._from = config["from_number"]
        # Where Twilio is, the one who runs Heed says, and nobody else.
        self._web = Web(auth=(account, config["auth_token"]), guarded=False)

    def send(self, letter: Letter, *, until: float) -> Answer:
        form = self._call(letter) if letter.channel == "call" else self._message(letter)
        if len(form.get("Twiml", "")) > voice.LONGEST:
            return Refused("too_long", f"A call can speak at most {voice.LONGEST:,} characters of TwiML.")
        try:
            return read_answer(*self._web.ask("POST", self._list_of(letter), until=until, data=form))
        except FAILURES as error:
            return read_failure(error, "Twilio")

    def find(self, letter: Letter, *, since: datetime, before: datetime) -> Sequence[Found] | None:
        sought = "StartTime>" if letter.channel == "call" else "DateSent>"
        query = {
            "To": self._address(letter, letter.to),
            sought: f"{since.date() - timedelta(days=1)}",
            "PageSize": str(PAGE),
        }
        until = time.monotonic() + CONNECT_LIMIT + ANSWER_LIMIT
        try:
            status, _, body = self._web.ask("GET", self._list_of(letter), until=until, params=query)
            name = "calls" if letter.channel == "call" else "messages"
            listed = json.loads(body)[name] if status == 200 else None
        except (*FAILURES, LookupError):
            return None
        if listed is None or len(listed) == PAGE:
            # Another page may hold a second match, so that the one here would prove nothing.
            return None
        return self._matching(listed, letter, since, before)

    def close(self) -> None:
        self._web.close()

    def _list_of(self, letter: Letter) -> str:
        return f"{self._account}/{'Calls' if letter.channel == 'call' else 'Messages'}.json"

    def _address(self, letter: Letter, address: str) -> str:
        return SCHEMES.get(letter.channel, "") + address

    def _message(self, letter: Letter) -> dict[str, Any]:
        return {
            "To": self._address(letter, letter.to),
            "From": self._address(letter, self._from),
            "Body": letter.body,
            "StatusCallback": _hook(letter, "status"),
            "ValidityPeriod": str(settings.HEED_TWILIO_VALIDITY),
        }

    def _call(self, letter: Letter) -> dict[str, Any]:
        """What is spoken goes along, so that a call that is made can be heard whatever becomes of us."""
        return {
            "To": letter.to,
            "From": self._from,
            "Twiml": voice.document(letter.body, pressed=_hook(letter, "voice")),
            "StatusCallback": _hook(letter, "status"),
            "StatusCallbackEvent": ["initiated", "answered", "completed"],
        }

    def _matching(
        self, rows: Iterable[Mapping[str, Any]], letter: Letter, since: datetime, before: datetime
    ) -> list[Found]:
        """Those rows of the account's list that can be the letter: same addresses, same text, taken in that time."""
        same = {"to": self._address(letter, letter.to), "from": self._address(letter, self._from)}
        if letter.channel != "call":
            # A messaging service may have chosen another number to send from.
            same = {"to": same["to"], "body": letter.body}
        states = CALL_STATES if letter.channel == "call" else STATES
        return [found for row in rows if (found := _match(row, same, states, since, before))]


def _hook(letter: Letter, name: str) -> str:
    """Where Twilio tells us what becomes of this message."""
    return f"{settings.HEED_BASE_URL}/hooks/twilio/{letter.connection}/{name}?m={letter.message}"


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """What an HTTP answer means for the message."""
    told = json_object(body)
    code, said = str(told.get("code") or f"http:{status}"), str(told.get("message") or f"HTTP {status}")
    if status == 429:
        return NotTaken(code, said, after=retry_after(headers), of_connection=True)
    if status >= 500:
        return Lost(f"http:{status}", f"Twilio answered with HTTP {status}.")
    if status >= 300:
        ours = status in (401, 403) or code in OF_THE_ACCOUNT
        return Refused(code, f"Twilio refused it: {said} ({code}).", of_connection=ours)
    if status >= 200 and SID.fullmatch(str(told.get("sid") or "")):
        return Taken(str(told["sid"]))
    return Lost("unreadable", "Twilio's answer could not be read.")


def _match(
    row: Mapping[str, Any],
    same: Mapping[str, str],
    states: Mapping[str, str],
    since: datetime,
    before: datetime,
) -> Found | None:
    try:
        # Twilio's dates are in whole seconds.
        created = parsedate_to_datetime(row["date_created"])
        fits = all(row[name] == value for name, value in same.items()) and row["direction"] != "inbound"
        state = states.get(row["status"])
        sid = str(row["sid"])
    except (LookupError, TypeError, ValueError):
        return None
    if not (fits and state and SID.fullmatch(sid) and since.replace(microsecond=0) <= created <= before):
        return None
    unheard = row["status"] if states is CALL_STATES and state == "failed" else ""
    return Found(sid, state, str(row.get("error_code") or unheard))
