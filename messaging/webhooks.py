"""Whether a request comes from the provider that it says it comes from. What cannot be shown to is nobody's."""

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
CHARACTER = rb"(?:[A-Za-z0-9*\-._~+!'()@:/,$;?]|%[0-9A-F]{2})"
PAIR = re.compile(rb"(%b+)=(%b*)" % (CHARACTER, CHARACTER))
"""One field, as every sender of forms writes it. Stricter than parsers are: the signature covers names and values,
not what stands between them, so that the same form written in another way would pass for what was signed."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A form that Twilio signed for this connection, and the bytes that it came as."""

    account: Connection
    body: bytes
    form: Mapping[str, str]


class _NotSigned(Exception):
    """The request does not show that it comes from the provider."""


def from_twilio(request: HttpRequest, connection: str) -> Signed | None:
    """What Twilio signed; None for whatever cannot be verified. Any exception is a fault of our own.

    The signature covers the address that Twilio was given, so the raw request line is put under HEED_BASE_URL.
    """
    try:
        body = _body(request)
        fields = _fields(body)
    except _NotSigned:
        return None
    account = _find(connection)
    if account is None or not _is_signed(request, account.config["auth_token"], fields):
        return None
    return Signed(account, body, {name: values[-1] for name, values in fields.items()})


def _body(request: HttpRequest) -> bytes:
    if request.content_type != FORM:
        raise _NotSigned
    try:
        body = request.body
    except (SuspiciousOperation, UnreadablePostError) as error:
        raise _NotSigned from error
    if len(body) > LARGEST:
        raise _NotSigned
    return body


class _Fields(dict[str, list[str]]):
    """Fields in the form in which the validator asks for those that come more than once."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _fields(body: bytes) -> _Fields:
    fields = _Fields()
    for pair in body.split(b"&"):
        found = PAIR.fullmatch(pair)
        if found is None:
            raise _NotSigned
        name, value = (_decoded(part) for part in found.groups())
        fields.setdefault(name, []).append(value)
    return fields


def _decoded(part: bytes) -> str:
    try:
        return unquote_to_bytes(part.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise _NotSigned from error


# Written out, since putting the query together would take longer than the database does.
FIND = "SELECT * FROM messaging_connection WHERE id = %s AND driver = 'twilio'"


def _find(connection: str) -> Connection | None:
    if not (connection.isascii() and connection.isdecimal() and len(connection) < 19):
        return None
    return next(iter(Connection.objects.raw(FIND, [int(connection)])), None)


def _is_signed(request: HttpRequest, token: str, fields: _Fields) -> bool:
    signature = request.META.get("HTTP_X_TWILIO_SIGNATURE", "")
    try:
        return bool(RequestValidator(token).validate(_address(request), fields, signature))
    except Exception:
        # The validator raises whatever hostile input makes it raise; what cannot be verified is not verified.
        return False


def _address(request: HttpRequest) -> str:
    raw = str(request.META.get("RAW_URI", ""))
    return settings.HEED_BASE_URL + (raw if raw.startswith("/") else request.get_full_path())
