"""Calls over HTTP that begin in time or not at all, follow no redirect, and read no answer without an end."""

import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from messaging import network
from messaging.providers.base import CONNECT_LIMIT, Answer, Lost, NotTaken, Refused

IDLE_LIMIT = 2.0
"""A connection idle for longer is not used again: the far side may close it as we write, and nobody would know."""
ANSWER_LIMIT = 8.0
LARGEST_ANSWER = 1_000_000
SHORT = 4
"""Digits of a length that is not worth a new connection."""
FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)
"""What a call that ended without an answer may raise."""


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


class _Guarded(_InTime):
    """To addresses that were looked at only: a business may name any host, and not every host is for it."""

    def _new_conn(self) -> socket.socket:
        try:
            return network.connect(self.host, self.port or self.default_port, timeout=CONNECT_LIMIT)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "It took too long to connect.") from error
        except OSError as error:
            raise NewConnectionError(self, "It could not be connected.") from error


class _GuardedTLS(_Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _InTime


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _InTimeTLS


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _GuardedPoolTLS(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class _Adapter(HTTPAdapter):
    pools: Mapping[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _PoolTLS}

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = dict(self.pools)


class _GuardedAdapter(_Adapter):
    pools = {"http": _GuardedPool, "https": _GuardedPoolTLS}


class Web:
    """One thread's session with one far side. `guarded`: whose address a business chose."""

    def __init__(self, *, auth: tuple[str, str] | None = None, guarded: bool) -> None:
        self._used_at = time.monotonic()
        self._session = requests.Session()
        self._session.auth = auth
        self._session.trust_env = False
        adapter = _GuardedAdapter if guarded else _Adapter
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter(pool_connections=1, pool_maxsize=1, max_retries=0))

    def ask(
        self, method: str, url: str, *, until: float, **options: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body. Raises one of FAILURES."""
        with self._begin(method, url, until, **options) as response:
            return response.status_code, response.headers, b"".join(_within(response, until))

    def tell(self, url: str, *, until: float, **options: Any) -> tuple[int, Mapping[str, str]]:
        """Post something whose answer is its status alone: that and the headers. Raises one of FAILURES."""
        with self._begin("POST", url, until, **options) as response:
            _read_to_the_end(response, until)
            return response.status_code, response.headers

    @contextmanager
    def _begin(self, method: str, url: str, until: float, **options: Any) -> Iterator[requests.Response]:
        if time.monotonic() - self._used_at > IDLE_LIMIT:
            self._session.close()
        deadline.until = until
        limits = (CONNECT_LIMIT, ANSWER_LIMIT)
        try:
            with self._session.request(
                method, url, timeout=limits, allow_redirects=False, stream=True, **options
            ) as response:
                yield response
        finally:
            self._used_at = time.monotonic()

    def close(self) -> None:
        self._session.close()


def _within(response: requests.Response, until: float) -> Iterator[bytes]:
    """The body, as long as it comes in time and is no larger than an answer can be."""
    size = 0
    for piece in response.iter_content(65_536):
        size += len(piece)
        if size > LARGEST_ANSWER or time.monotonic() > until:
            raise requests.ReadTimeout("The answer does not end.")
        yield piece


def _read_to_the_end(response: requests.Response, until: float) -> None:
    """Of a short answer, so that its connection can be used again. How the body ends changes nothing."""
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and len(length) <= SHORT:
        with suppress(*FAILURES):
            for _ in _within(response, until):
                pass


def read_failure(error: Exception, whom: str) -> Answer:
    """Whether a call that ended without an answer can have arrived: only one that never connected cannot."""
    reasons = list(_causes(error))
    if refused := next((reason for reason in reasons if isinstance(reason, network.NotAllowed)), None):
        return Refused("network", str(refused), of_connection=True)
    if any(isinstance(reason, NewConnectionError | ConnectTimeoutError) for reason in reasons):
        return NotTaken(
            "not_connected", f"{whom[0].upper()}{whom[1:]} could not be reached.", of_connection=True
        )
    if any(type(reason).__name__ == "SSLCertVerificationError" for reason in reasons):
        said = f"The certificate of {whom} could not be verified."
        return NotTaken("not_connected", said, of_connection=True)
    return Lost("no_answer", f"The connection to {whom} was lost before its answer came.")


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


def json_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object of an answer; an empty one where it is none."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds until the far side wants to be called again: a number or a date."""
    text = headers.get("Retry-After", "")
    if text.isascii() and text.isdigit() and len(text) < 6:
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return 0.0
