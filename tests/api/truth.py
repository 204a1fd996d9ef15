"""Holds every answer of the API against what the OpenAPI schema says of it."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker

UNDOCUMENTED = {405}
"""What any address may answer to what it does not do."""


@cache
def schema() -> dict[str, Any]:
    return dict(SchemaGenerator().get_schema(request=None, public=True))


@cache
def _addresses() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in schema()["paths"]]


def operation(method: str, path: str) -> dict[str, Any] | None:
    path = urlsplit(path).path
    known = next((name for pattern, name in _addresses() if pattern.fullmatch(path)), None)
    return schema()["paths"][known].get(method.lower()) if known else None


def check(method: str, path: str, status: int, body: Any) -> None:
    """Fails when the schema does not know this answer, or says that it looks otherwise."""
    says = operation(method, path)
    if says is None or status in UNDOCUMENTED:
        return
    answer = says["responses"].get(str(status))
    assert answer is not None, f"{method} {path} answered {status}, which the schema does not know: {body}"
    for content in answer.get("content", {}).values():
        _validator(json.dumps(content["schema"])).validate(body)


def check_request(shape: dict[str, Any], body: Any) -> None:
    _validator(json.dumps(shape)).validate(body)


@cache
def _validator(shape: str) -> Draft202012Validator:
    whole = {**json.loads(shape), "components": schema()["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())
