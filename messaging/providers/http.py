"""Messages handed to an endpoint of the business's own: a JSON POST, signed as Standard Webhooks has it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from messaging.providers.base import Answer, Found, Letter, Lost, NotTaken, Refused, Taken
from messaging.providers.web import FAILURES, Web, read_failure, retry_after

ENDPOINT = "The endpoint"
NOT_THERE = (401, 403, 404, 405, 410)
"""What an endpoint says that does not know us, or that is none."""


class HttpLine:
    """One thread's session with one endpoint."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._url = config["url"]
        self._webhook = Webhook(config["secret"])
        self._web = Web(guarded=True)

    def send(self, letter: Letter, *, until: float) -> Answer:
        body = payload(letter)
        headers = self._headers(letter, body)
        try:
            status, told = self._web.tell(self._url, until=until, data=body, headers=headers)
        except FAILURES as error:
            return read_failure(error, "the endpoint")
        return read_answer(status, told)

    def find(self, letter: Letter, *, since: datetime, before: datetime) -> Sequence[Found] | None:
        return None

    def close(self) -> None:
        self._web.close()

    def _headers(self, letter: Letter, body: bytes) -> dict[str, str]:
        """The id is the message's own, so that an endpoint knows a second try for what it is."""
        now = datetime.now(UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": "Heed",
            "webhook-id": str(letter.message),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(str(letter.message), now, body.decode()),
        }


def payload(letter: Letter) -> bytes:
    """What the endpoint is told of a message."""
    told = {"id": str(letter.message), "channel": letter.channel, "to": letter.to, "body": letter.body}
    return json.dumps(told, ensure_ascii=False).encode()


def read_answer(status: int, headers: Mapping[str, str]) -> Answer:
    """What the endpoint's answer means for the message."""
    if status == 429:
        said = f"{ENDPOINT} asked to be called later."
        return NotTaken("http:429", said, after=retry_after(headers), of_connection=True)
    if status >= 500:
        return Lost(f"http:{status}", f"{ENDPOINT} answered with HTTP {status}.")
    if 300 <= status < 400:
        said = f"{ENDPOINT} answered with a redirect, which is not followed."
        return Refused(f"http:{status}", said, of_connection=True)
    if status >= 300 or status < 200:
        said = f"{ENDPOINT} refused it with HTTP {status}."
        return Refused(f"http:{status}", said, of_connection=status in NOT_THERE)
    return Taken()
