"""Signed requests to the addresses that a sender gave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from messaging.simulator.accounts import signature

# Twilio waits 15 s; shorter here, so that one dead address does not hold the slots for long.
TIMEOUT = ClientTimeout(total=10)
MAX_ANSWER = 65_536
PRINTABLE_ASCII = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Answer:
    """`status` is None when no answer came; `body` then says why."""

    status: int | None
    body: str

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Webhooks:
    def __init__(self) -> None:
        self._session = ClientSession(
            timeout=TIMEOUT,
            cookie_jar=DummyCookieJar(),
            connector=TCPConnector(limit=64),
            headers={"User-Agent": "TwilioProxy/1.1"},
        )

    async def post(self, url: str, form: dict[str, str], token: str) -> Answer:
        headers = {"X-Twilio-Signature": signature(token, url, form)}
        try:
            # encoded=True: what is sent must be, byte for byte, what was signed.
            target = URL(url, encoded=True)
            async with self._session.post(
                target, data=form, headers=headers, allow_redirects=False
            ) as response:
                body = await response.content.read(MAX_ANSWER)
                return Answer(response.status, body.decode("utf-8", "replace"))
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            return Answer(None, str(error) or type(error).__name__)

    async def close(self) -> None:
        await self._session.close()


def is_address(url: str) -> bool:
    """May this be called: an absolute http or https URL, already escaped."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and PRINTABLE_ASCII.fullmatch(url) is not None
