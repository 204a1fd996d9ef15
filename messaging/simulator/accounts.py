"""Who may send. An account exists from its first use, with the token that it then gave."""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict

from twilio.request_validator import RequestValidator

MAX_ACCOUNTS = 10_000


class Accounts:
    def __init__(self) -> None:
        self._tokens: OrderedDict[str, str] = OrderedDict()

    def admits(self, sid: str, authorization: str) -> bool:
        """HTTP Basic with the account's sid and its token."""
        user, token = _basic(authorization)
        if user != sid or not token:
            return False
        known = self._tokens.setdefault(sid, token)
        if len(self._tokens) > MAX_ACCOUNTS:
            self._tokens.popitem(last=False)
        return known == token

    def token(self, sid: str) -> str | None:
        return self._tokens.get(sid)


def signature(token: str, url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature of a form-encoded POST."""
    return str(RequestValidator(token).compute_signature(url, form))


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.casefold() != "basic":
        return "", ""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, token = decoded.partition(":")
    return user, token
