"""Reading a JSON body strictly: nothing gets past here that a database, a log or a recursion would trip over."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isinf
from typing import Any

from django.http import HttpRequest, UnreadablePostError
from rest_framework.request import Request

from contacts.rest import problems
from contacts.rest.problems import Fault, Problem, joined

LARGEST = 1_000_000
DEEPEST = 64
LONGEST_NUMBER = 18


def read(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """The body, which must be one JSON object; with `optional` it may also be missing."""
    raw = _bytes(request._request)
    if not raw.strip():
        if optional:
            return {}
        raise problems.fault("", "Send a JSON object as the body.", "required")
    _refuse_other_types(request._request)
    value = parse(raw)
    if not isinstance(value, dict):
        raise problems.fault("", "The body must be a JSON object.", "not_an_object")
    return value


def refuse_large(request: HttpRequest) -> None:
    """413 by what the request says of its length, before anything is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or int(length[:20]) > LARGEST:
        raise problems.too_large()


def _bytes(request: HttpRequest) -> bytes:
    """The body, read no further than one byte too many. Without a length, where the server ends it."""
    chunked = "HTTP_TRANSFER_ENCODING" in request.META and request.META.get("wsgi.input_terminated")
    stream = request.META["wsgi.input"] if chunked else request
    try:
        raw: bytes = stream.read(LARGEST + 1)
    except UnreadablePostError as error:
        raise Problem(400, "incomplete", "The body ended early.") from error
    if len(raw) > LARGEST:
        raise problems.too_large()
    return raw


def _refuse_other_types(request: HttpRequest) -> None:
    kind = (request.content_type or "").lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, "not_json", "Send the body as application/json.")


@dataclass(frozen=True, slots=True)
class Odd:
    """Stands in the parsed body for a value that JSON allows and we do not."""

    code: str
    detail: str


TOO_DEEP = Fault("", "too_deep", f"The body may be nested {DEEPEST} levels deep at most.")


def parse(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises a 400 that names what cannot be kept, and where it stands."""
    odds: list[Odd] = []

    def odd(code: str, detail: str) -> Odd:
        odds.append(Odd(code, detail))
        return odds[-1]

    try:
        value = json.loads(raw.decode("utf-8"), **_hooks(odd))
    except RecursionError as error:
        raise problems.invalid([TOO_DEEP]) from error
    except UnicodeDecodeError as error:
        raise problems.fault("", "The body must be UTF-8.", "not_utf8") from error
    except ValueError as error:
        raise problems.fault("", f"The body is not JSON: {error}.", "malformed") from error
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(value) > DEEPEST:
        raise problems.invalid([TOO_DEEP])
    if (odds or b"\\u" in raw) and (faults := list(_faults(value))):
        raise problems.invalid(faults)
    return value


def _hooks(odd: Callable[[str, str], Odd]) -> dict[str, Any]:
    """What `json.loads` is to make of numbers, constants and objects."""

    def whole(digits: str) -> int | Odd:
        return int(digits) if len(digits) <= LONGEST_NUMBER else odd("too_large", "This number is too large.")

    def fraction(digits: str) -> float | Odd:
        number = float(digits)
        return odd("too_large", "This number is too large.") if isinf(number) else number

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            for name, times in Counter(name for name, _ in pairs).items():
                if times > 1:
                    found[name] = odd("doubled", "This field is given twice: give it once.")
        return found

    return {
        "parse_int": whole,
        "parse_float": fraction,
        "parse_constant": lambda name: odd("not_a_number", f"{name} is not a number of JSON."),
        "object_pairs_hook": unique,
    }


def _depth(value: Any) -> int:
    """How deep lists and objects are nested, without recursing into them."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [below for part in level for below in (part.values() if isinstance(part, dict) else part)]
    return depth


def _faults(value: Any, path: str = "") -> Iterator[Fault]:
    match value:
        case Odd():
            yield Fault(path, value.code, value.detail)
        case str():
            if detail := _unkeepable(value):
                yield Fault(path, "invalid", detail)
        case dict():
            for name, below in value.items():
                if detail := _unkeepable(name):
                    yield Fault(joined(path, name), "invalid", detail)
                yield from _faults(below, joined(path, name))
        case list():
            for position, below in enumerate(value):
                yield from _faults(below, joined(path, str(position)))


def _unkeepable(text: str) -> str:
    """Why this text cannot be kept; empty when it can."""
    if "\0" in text:
        return "Text must not hold a NUL character."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "Text must not hold half of a surrogate pair."
    return ""
