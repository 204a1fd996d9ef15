"""Every error of the REST API in one shape, as RFC 9457 has it, whoever found the fault."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from contacts.services.errors import Conflict, Invalid, RoleRequired

MEDIA_TYPE = "application/problem+json"
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field: its dotted path (empty for the whole body), a code and a sentence."""

    field: str
    code: str
    detail: str

    def body(self) -> dict[str, str]:
        return {"field": printable(self.field), "code": self.code, "detail": self.detail}


class Problem(Exception):
    """An answer that is not the wished one. `code` is for programs, `detail` is one sentence for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = list(faults)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.faults:
            body["errors"] = [fault.body() for fault in self.faults]
        return body

    def response(self) -> Response:
        return Response(self.body(), status=self.status, headers=self.headers, content_type=MEDIA_TYPE)

    def plain_response(self) -> HttpResponse:
        """The same outside of REST framework's views."""
        text = json.dumps(self.body())
        return HttpResponse(text, status=self.status, headers=self.headers, content_type=MEDIA_TYPE)


def printable(name: str) -> str:
    """A name that somebody sent, in a form that can be sent back."""
    return name.encode("utf-8", "replace").decode()[:LONGEST_NAME]


def invalid(faults: Sequence[Fault]) -> Problem:
    """The input does not fit: 400, each field by its path."""
    named = [
        f"{printable(fault.field)}: {fault.detail}" if fault.field else fault.detail for fault in faults[:3]
    ]
    more = f" And {len(faults) - 3} more." if len(faults) > 3 else ""
    return Problem(400, "invalid", " ".join(named) + more, faults=faults)


def fault(field: str, detail: str, code: str = "invalid") -> Problem:
    """`invalid` for one field."""
    return invalid([Fault(field, code, detail)])


def not_found(detail: str = "There is nothing at this address.") -> Problem:
    return Problem(404, "not_found", detail)


def too_large() -> Problem:
    return Problem(413, "too_large", "A body may have 1 MB at most.")


def handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's EXCEPTION_HANDLER. What is not known here is our own fault and becomes a 500 in config/api."""
    problem = problem_of(error)
    return problem.response() if problem else None


def problem_of(error: Exception) -> Problem | None:
    """What services, Django and REST framework raise, as a problem."""
    match error:
        case Problem():
            return error
        case Invalid():
            codes = error.codes
            return invalid(
                [Fault(path, codes.get(path, "invalid"), why) for path, why in error.errors.items()]
            )
        case RoleRequired():
            return Problem(403, "role_required", str(error))
        case Conflict():
            return Problem(409, error.code, str(error))
        case ObjectDoesNotExist() | Http404():
            return not_found()
        case exceptions.ValidationError():
            return invalid(list(faults_of(error.detail)))
        case exceptions.APIException():
            return _from_framework(error)
        case SuspiciousOperation():
            return Problem(400, "bad_request", "The request cannot be read.")
    return None


CODES = {405: "method_not_allowed", 429: "too_many_requests"}


def _from_framework(error: exceptions.APIException) -> Problem:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    code = CODES.get(error.status_code) or str(error.get_codes())
    return Problem(error.status_code, code, str(error.detail), headers=headers)


def faults_of(detail: Any, path: str = "") -> Iterator[Fault]:
    """The leaves of a ValidationError's nested detail, each with its dotted path; the empty key is the level itself."""
    if isinstance(detail, Mapping):
        for name, below in detail.items():
            yield from faults_of(below, joined(path, str(name)))
    elif isinstance(detail, list):
        for position, below in enumerate(detail):
            leaf = isinstance(below, str)
            yield from faults_of(below, path if leaf else joined(path, str(position)))
    else:
        yield Fault(path, str(getattr(detail, "code", "invalid")), str(detail))


def joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name
