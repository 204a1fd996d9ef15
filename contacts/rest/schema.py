"""What the OpenAPI schema says of every operation alike: the key, the names, and the problems it may answer."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema_serializer, inline_serializer
from rest_framework import serializers

from contacts.rest.problems import MEDIA_TYPE

ERROR = {
    "type": "object",
    "required": ["field", "code", "detail"],
    "properties": {
        "field": {"type": "string", "description": "The dotted path of the field; empty for the whole body."},
        "code": {"type": "string"},
        "detail": {"type": "string"},
    },
}
PROBLEM = {
    "type": "object",
    "description": "An error, as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence for people."},
        "code": {"type": "string", "description": "For programs, such as dnd_locked."},
        "errors": {
            "type": "array",
            "items": ERROR,
            "description": "For input: what is wrong with which field.",
        },
    },
}
SAYS = {
    "400": "The input does not fit: see `errors`.",
    "401": "The key is missing or unknown.",
    "403": "The key's role may not do this (`role_required`).",
    "404": "There is no such object in this business.",
    "413": "The body is larger than 1 MB.",
    "415": "The body is not JSON.",
    "429": "More than 6,000 requests in a minute; `Retry-After` says in how many seconds to go on.",
}


def problem(says: str) -> OpenApiResponse:
    """For `extend_schema(responses=…)`: a problem that only this operation answers."""
    return OpenApiResponse(description=says)


def example(body: Mapping[str, Any]) -> list[OpenApiExample]:
    """For `extend_schema(examples=…)`: a body that somebody might send."""
    return [OpenApiExample("Such as", value=body, request_only=True)]


def page_of(name: str, row: type[serializers.BaseSerializer[Any]]) -> serializers.BaseSerializer[Any]:
    """The shape of one page of a list."""
    link = partial(serializers.URLField, allow_null=True, help_text="The address of that page.")
    shape: serializers.BaseSerializer[Any] = inline_serializer(
        name,
        {
            "next": link(),
            "previous": link(),
            "results": row(many=True),
        },
    )
    extend_schema_serializer(many=False)(type(shape))
    return shape


class Schema(AutoSchema):
    """Operations are named and grouped by what their resource calls itself."""

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "other")]

    def get_operation_id(self) -> str:
        action = getattr(self.view, "action", self.method.lower())
        return f"{type(self.view).__name__}_{action}".lower()

    def _get_serializer_name(self, *args: Any, **kwargs: Any) -> str:
        """`ContactOut` is what everybody else calls a contact."""
        return str(super()._get_serializer_name(*args, **kwargs)).removesuffix("Out")


def _plain(extension: OpenApiSerializerExtension, auto_schema: Any, direction: str) -> dict[str, Any]:
    """What drf-spectacular makes of the serializer by itself."""
    return dict(auto_schema._map_serializer(extension.target, direction, bypass_extensions=True))


class StrictSerializers(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "contacts.rest.fields.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """An unknown field is an error."""
        return {**_plain(self, auto_schema, direction), "additionalProperties": False}


class Rows(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = "rest_framework.serializers.ModelSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """A row is always shown whole, but for what its serializer names as `may_be_left_out`."""
        shape = _plain(self, auto_schema, direction)
        optional = getattr(self.target, "may_be_left_out", ())
        return {**shape, "required": [name for name in shape["properties"] if name not in optional]}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "contacts.rest.keys.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key; it fixes business and role."}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A postprocessing hook: each operation lists the problems that it may answer, all of one shape."""
    _drop_marks(result)
    result["components"]["schemas"]["Problem"] = PROBLEM
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            for status in _expected(path, method, operation):
                answers.setdefault(status, {"description": SAYS[status]})
            for status, answer in answers.items():
                if status >= "400":
                    answer["content"] = content
            operation["responses"] = dict(sorted(answers.items()))
    return result


def _drop_marks(part: Any) -> None:
    """Take out what drf-spectacular leaves behind for a hook that we do not use."""
    if isinstance(part, dict):
        part.pop("x-spec-enum-id", None)
    for below in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _drop_marks(below)


def _expected(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    found = ["401", "403", "429"]
    if "{" in path:
        found.append("404")
    if method in ("post", "put", "patch"):
        found += ["400", "413", "415"]
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        found.append("400")
    return found
