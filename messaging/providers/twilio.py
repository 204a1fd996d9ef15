"""Texts through Twilio's Messages API, version 2010-04-01."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from messaging.providers.base import CONNECT_LIMIT, Answer, Found, Letter, Lost, NotTaken, Refused, Taken

PUBLIC = "https://api.twilio.com"
IDLE_LIMIT = 2.0
"""A connection idle for longer is not used again: the far side may close it as we write, and nobody would know."""
ANSWER_LIMIT = 8.0
LARGEST_ANSWER = 1_000_000
PAGE = 100

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
"""Twilio's words for what becomes of a text, in ours."""
SID = re.compile(r"[A-Za-z0-9]{2,64}")


class _Late(NewConnectionError):
    """The connection stood too late to begin anything on it."""


class _Deadline(threading.local):
    until = float("inf")


deadline = _Deadline()


class _InTime(HTTPConnection):
    """Resolving a name knows no time limit, so the clock is read again before the first byte is written."""

    def connect(self) -> None:
        super().connect()
        if time.monotonic() > deadline.until - ANSWER_LIMIT:
            self.close()
            raise _Late(self, "Connected too late.")


class _InTimeTLS(_InTime, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _InTime


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _InTimeTLS


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}


class TwilioLine:
    """One thread's session with one account."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        account = config["account_sid"]
        base = (settings.HEED_TWILIO_API_BASE or PUBLIC).rstrip("/")
        self._url = f"{base}/2010-04-01/Accounts/{account}/Messages.json"
        self._from = config["from_number"]
        self._used_at = time.monotonic()
        self._session = requests.Session()
        self._session.auth = (account, config["auth_token"])
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def send(self, letter: Letter, *, until: float) -> Answer:
        callback = f"{settings.HEED_BASE_URL}/hooks/twilio/{letter.connection}/status?m={letter.message}"
        form = {
            "To": letter.to,
            "From": self._from,
            "Body": letter.body,
            "StatusCallback": callback,
            "ValidityPeriod": str(settings.HEED_TWILIO_VALIDITY),
        }
        try:
            return read_answer(*self._ask("POST", until, data=form))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return read_failure(error)

    def find(self, letter: Letter, *, since: datetime, before: datetime) -> Sequence[Found] | None:
        query = {"To": letter.to, "DateSent>": f"{since.date() - timedelta(days=1)}", "PageSize": str(PAGE)}
        try:
            status, _, body = self._ask("GET", time.monotonic() + CONNECT_LIMIT + ANSWER_LIMIT, params=query)
            listed = json.loads(body)["messages"] if status == 200 else None
        except (requests.RequestException, HTTPError, OSError, ValueError, LookupError):
            return None
        if listed is None or len(listed) == PAGE:
            # Another page may hold a second match, so that the one here would prove nothing.
            return None
        return [found for row in listed if (found := _match(row, letter, since, before))]

    def close(self) -> None:
        self._session.close()

    def _ask(self, method: str, until: float, **options: Any) -> tuple[int, Mapping[str, str], bytes]:
        if time.monotonic() - self._used_at > IDLE_LIMIT:
            self._session.close()
        deadline.until = until
        limits = (CONNECT_LIMIT, ANSWER_LIMIT)
        try:
            with self._session.request(
                method, self._url, timeout=limits, allow_redirects=False, stream=True, **options
            ) as response:
                return response.status_code, response.headers, b"".join(_within(response, until))
        finally:
            self._used_at = time.monotonic()


def _within(response: requests.Response, until: float) -> Iterator[bytes]:
    """The body, as long as it comes in time and is no larger than an answer can be."""
    size = 0
    for piece in response.iter_content(65_536):
        size += len(piece)
        if size > LARGEST_ANSWER or time.monotonic() > until:
            raise requests.ReadTimeout("The answer does not end.")
        yield piece


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """What an HTTP answer means for the text."""
    told = _json(body)
    code, said = str(told.get("code") or f"http:{status}"), str(told.get("message") or f"HTTP {status}")
    if status == 429:
        return NotTaken(code, said, after=_seconds(headers.get("Retry-After", "")))
    if status >= 500:
        return Lost(f"http:{status}", f"Twilio answered with HTTP {status}.")
    if status >= 300:
        return Refused(code, f"Twilio refused it: {said} ({code}).")
    if status >= 200 and SID.fullmatch(str(told.get("sid") or "")):
        return Taken(str(told["sid"]))
    return Lost("unreadable", "Twilio's answer could not be read.")


def read_failure(error: Exception) -> Answer:
    """Whether a call that ended without an answer can have arrived: only one that never connected cannot."""
    reasons = list(_causes(error))
    if any(isinstance(reason, NewConnectionError | ConnectTimeoutError) for reason in reasons):
        return NotTaken("not_connected", "Twilio could not be reached.")
    if any(type(reason).__name__ == "SSLCertVerificationError" for reason in reasons):
        return NotTaken("not_connected", "Twilio's certificate could not be verified.")
    return Lost("no_answer", "The connection to Twilio was lost before its answer came.")


def _causes(error: BaseException | None) -> Iterator[object]:
    """The exception and all that is inside it: requests wraps urllib3's, and that wraps the socket's."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [*found.args, getattr(found, "reason", None), found.__cause__, found.__context__]


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(text: str) -> float:
    """Retry-After: a number of seconds or a date."""
    if text.isascii() and text.isdigit() and len(text) < 6:
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.0


def _match(row: Mapping[str, Any], letter: Letter, since: datetime, before: datetime) -> Found | None:
    """This row of the account's list, if it is the letter: same address, same text, taken in that time."""
    try:
        # Twilio's dates are in whole seconds.
        created = parsedate_to_datetime(row["date_created"])
        same = (row["to"], row["body"]) == (letter.to, letter.body) and row["direction"] != "inbound"
        state = STATES.get(row["status"])
        sid = str(row["sid"])
    except (LookupError, TypeError, ValueError):
        return None
    if not (same and state and SID.fullmatch(sid) and since.replace(microsecond=0) <= created <= before):
        return None
    return Found(sid, state, str(row.get("error_code") or ""))
