"""Reading what Twilio has: when a text was written, and which texts came in. Nothing here sends anything."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings

from contacts.moments import TOO_FAR, within_reach

PUBLIC = "https://api.twilio.com"
LIMITS = (3.0, 5.0)
"""Seconds to connect, and to wait for more of an answer."""
ANSWER_WITHIN = 10.0
LARGEST_ANSWER = 8_000_000
PAGE = 1000
MOST_PAGES = 100
SCHEMES = {"whatsapp": "whatsapp:", "facebook": "messenger:"}
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class NoAnswer(Exception):
    """Twilio could not be asked, or did not say."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One text of the list. `form`: as its webhook would have told it."""

    sid: str
    created_at: datetime
    form: bytes


def created_at(config: Mapping[str, Any], sid: str) -> datetime | None:
    """When Twilio says that it took this text; None when it knows nothing of it. Raises NoAnswer."""
    status, found = _get(config, f"{_account(config)}/Messages/{sid}.json")
    if status == 404:
        return None
    if status != 200:
        raise NoAnswer(f"HTTP {status}")
    return _moment(found.get("date_created")) if found.get("date_created") else None


def received(
    config: Mapping[str, Any], *, channel: str, since: datetime, before: datetime
) -> Iterator[Listed]:
    """Every text to this connection's number or page in that time, newest first. Raises NoAnswer."""
    own = _own(str(config["from_number"]), channel)
    query = {"DateSent>": _written(since), "DateSent<": _written(before), "PageSize": str(PAGE)}
    if not SERVICE.fullmatch(own):
        query["To"] = own
    path: str | None = f"{_account(config)}/Messages.json?{urlencode(query)}"
    for _ in range(MOST_PAGES):
        status, found = _get(config, str(path))
        if status != 200 or not isinstance(found.get("messages"), list):
            raise NoAnswer(f"HTTP {status}")
        yield from (listed for row in found["messages"] if (listed := _listed(row, own)))
        path = found.get("next_page_uri")
        if not path:
            return
        if not (isinstance(path, str) and path.startswith(f"{_account(config)}/Messages.json?")):
            raise NoAnswer("The next page is somewhere else.")
    raise NoAnswer("The list does not end.")


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _own(sender: str, channel: str) -> str:
    """As Twilio writes it: what is no plain text has the channel before it."""
    scheme = SCHEMES.get(channel, "")
    return sender if SERVICE.fullmatch(sender) else scheme + sender.removeprefix(scheme)


def _account(config: Mapping[str, Any]) -> str:
    return f"/2010-04-01/Accounts/{config['account_sid']}"


def _listed(row: Any, own: str) -> Listed | None:
    """An inbound text, if this row is one of ours that can be read."""
    try:
        if row["direction"] != "inbound" or own not in (row["to"], row.get("messaging_service_sid")):
            return None
        form = {"MessageSid": row["sid"], "From": row["from"], "To": row["to"], "Body": row["body"] or ""}
        return Listed(str(row["sid"]), _moment(row["date_created"]), urlencode(form).encode())
    except (LookupError, TypeError, AttributeError, NoAnswer, UnicodeEncodeError):
        return None


def _moment(text: Any) -> datetime:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError) as error:
        raise NoAnswer("The time cannot be read.") from error
    if not within_reach(moment):
        raise NoAnswer(TOO_FAR)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _get(config: Mapping[str, Any], path: str) -> tuple[int, dict[str, Any]]:
    base = (settings.HEED_TWILIO_API_BASE or PUBLIC).rstrip("/")
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.get(
                f"{base}{path}",
                auth=(config["account_sid"], config["auth_token"]),
                timeout=LIMITS,
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code, _object(_body(response))
    except (requests.RequestException, OSError) as error:
        raise NoAnswer(type(error).__name__) from error


def _body(response: requests.Response) -> bytes:
    """The answer, as long as it ends in time and is no larger than one can be."""
    ends_at, body = time.monotonic() + ANSWER_WITHIN, b""
    for piece in response.iter_content(65_536):
        body += piece
        if len(body) > LARGEST_ANSWER or time.monotonic() > ends_at:
            raise NoAnswer("The answer does not end.")
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
