"""Is this request Twilio's? What cannot be shown to be is nobody's, whatever is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from twilio.request_validator import RequestValidator

from messaging.models import Connection

LARGEST = 256 * 1024
FORM = "application/x-www-form-urlencoded"
PAIR = re.compile(
    rb"((?:[A-Za-z0-9*\-._~+!'()@:/,$;?]|%[0-9A-F]{2})+)=((?:[A-Za-z0-9*\-._~+!'()@:/,$;?]|%[0-9A-F]{2})*)"
)
"""One field as every sender of forms writes it. Stricter than parsers are: Twilio's signature covers names and values
without what parts them, so that another way to write the same form would pass for it."""


class NotVerified(Exception):
    """The request does not show that it comes from the provider."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A request that Twilio signed for this connection."""

    account: Connection
    body: bytes
    form: Mapping[str, str]


def verify(request: HttpRequest, connection: str) -> Verified:
    """The signed form and the connection it is for. Raises NotVerified; a fault of our own is any other exception."""
    if not (connection.isascii() and connection.isdecimal() and len(connection) < 19):
        raise NotVerified
    body = _body(request)
    fields = _fields(body)
    account = Connection.objects.filter(pk=int(connection), driver=Connection.Driver.TWILIO).first()
    if account is None or not _is_signed(request, account.config["auth_token"], fields):
        raise NotVerified
    return Verified(account, body, {name: values[-1] for name, values in fields.items()})


def _body(request: HttpRequest) -> bytes:
    if request.content_type != FORM:
        raise NotVerified
    try:
        body = request.body
    except (SuspiciousOperation, UnreadablePostError) as error:
        raise NotVerified from error
    if len(body) > LARGEST:
        raise NotVerified
    return body


def _fields(body: bytes) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for pair in body.split(b"&"):
        found = PAIR.fullmatch(pair)
        if found is None:
            raise NotVerified
        name, value = (_decoded(part) for part in found.groups())
        fields.setdefault(name, []).append(value)
    return fields


def _decoded(part: bytes) -> str:
    try:
        return unquote_to_bytes(part.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise NotVerified from error


class _Fields(dict[str, list[str]]):
    """As the validator asks for fields that come more than once."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _is_signed(request: HttpRequest, token: str, fields: dict[str, list[str]]) -> bool:
    signature = request.META.get("HTTP_X_TWILIO_SIGNATURE", "")
    try:
        return bool(RequestValidator(token).validate(_address(request), _Fields(fields), signature))
    except Exception:  # the validator meets hostile input with exceptions of every kind
        return False


def _address(request: HttpRequest) -> str:
    """The address that was signed: ours as it is known outside, and the rest byte by byte as it came."""
    raw = request.META.get("RAW_URI") or request.META.get("REQUEST_URI") or request.get_full_path()
    return f"{settings.HEED_BASE_URL}{raw}"
