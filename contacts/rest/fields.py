"""Strict fields: a value has the JSON type that the schema says, an unknown field is an error under its own name."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from functools import cache, cached_property
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from contacts.moments import TOO_FAR, within_reach

LARGEST_ID = 2**63 - 1
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def moment(value: datetime | None) -> str | None:
    """RFC 3339 in UTC with microseconds, always."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if value else None


def number_of(text: object) -> int | None:
    """The row that an id stands for; None for what never was an id."""
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    number = int(text)
    return number if 0 < number <= LARGEST_ID and str(number) == text else None


Shape = TypeVar("Shape", bound="serializers.BaseSerializer[Any]")


@cache
def shape(kind: type[Shape]) -> Shape:
    """The one serializer of this kind, for reading with `run_validation` and showing with `to_representation`.

    Both leave it as it is, and making one for each request costs more than using it.
    """
    return kind()


class Strict(serializers.Serializer[Any]):
    """An object with these fields and no others."""

    default_error_messages = {"invalid": "Give an object.", "unknown": "There is no such field."}

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(name for name, field in self.fields.items() if not field.read_only)

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[Any, Any] = {}
        if isinstance(data, Mapping):
            message = ErrorDetail(str(self.error_messages["unknown"]), "unknown")
            errors = {name: [message] for name in data if name not in self.known}
        elif data is not None:
            self.fail("invalid")
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**errors, **dict(error.detail)}) from error  # type: ignore[arg-type]
        if errors:
            raise ValidationError(errors)
        return value


class Text(serializers.CharField):
    """A string of at most 200 characters where nothing else is said; empty where nothing else is said."""

    default_error_messages = {"invalid": "Give a string."}

    def __init__(self, *, max_length: int = 200, allow_blank: bool = True, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, allow_blank=allow_blank, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


class Flag(serializers.BooleanField):
    default_error_messages = {"invalid": "Give true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input="")
        return bool(data)


class QueryFlag(serializers.BooleanField):
    """`true` or `false` in a query."""

    default_error_messages = {"invalid": "Give true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            self.fail("invalid", input="")
        return bool(data == "true")


class Choice(serializers.ChoiceField):
    """One of a set of words."""

    default_error_messages = {"invalid_choice": "Give one of: {words}."}

    def __init__(self, choices: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(choices=list(choices), **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", words=", ".join(map(str, self.choices)))
        return str(data)


@extend_schema_field(OpenApiTypes.STR)
class Id(serializers.Field[int, Any, str, Any]):
    """The id of an object: a string outside, a number inside."""

    default_error_messages = {"invalid": "Give an id as a string.", "not_found": "There is no such object."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str):
            self.fail("invalid")
        number = number_of(data)
        if number is None:
            self.fail("not_found")
        return number

    def to_representation(self, value: Any) -> str:
        return str(value)


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[datetime, Any, "str | None", Any]):
    """A time on its way out."""

    def to_representation(self, value: datetime) -> str | None:
        return moment(value)


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field[datetime, Any, str, Any]):
    """A time on its way in, with its offset from UTC."""

    default_error_messages = {
        "invalid": "Give a time with its offset, such as 2026-11-30T09:00:00Z.",
        "too_far": TOO_FAR,
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or not INSTANT.fullmatch(data):
            self.fail("invalid")
        try:
            found = datetime.fromisoformat(data.upper().replace("Z", "+00:00"))
        except ValueError:
            self.fail("invalid")
        return found.astimezone(UTC) if within_reach(found) else self.fail("too_far")


@extend_schema_field(OpenApiTypes.STR)
class Clock(serializers.Field[time, Any, str, Any]):
    """A time of day, `08:00`; as a closing time `00:00` ends the day."""

    default_error_messages = {"invalid": "Give a time such as 08:00."}

    def to_internal_value(self, data: Any) -> time:
        try:
            return (
                time.fromisoformat(data) if isinstance(data, str) and len(data) == 5 else self.fail("invalid")
            )
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: time) -> str:
        return f"{value:%H:%M}"


@extend_schema_field(OpenApiTypes.DATETIME)
class QueryMoment(serializers.Field[datetime, Any, "str | None", Any]):
    """A time in a query: RFC 3339 with its offset. A + that was not escaped arrives as a space, and is taken as one."""

    default_error_messages = {
        "invalid": "Give a time with its offset, such as 2026-11-20T09:00:00Z.",
        "too_far": TOO_FAR,
    }

    def to_internal_value(self, data: Any) -> datetime:
        text = str(data).upper().replace(" ", "+")
        try:
            found = datetime.fromisoformat(text) if "T" in text else None
        except ValueError:
            self.fail("invalid")
        if found is None or found.tzinfo is None:
            self.fail("invalid")
        return found.astimezone(UTC) if within_reach(found) else self.fail("too_far")

    def to_representation(self, value: datetime) -> str | None:
        return moment(value)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 200})
class PageSize(serializers.Field[int, Any, int, Any]):
    """`page_size` of a list: 1 to 200."""

    default_error_messages = {"invalid": "Give a number from 1 to 200."}

    def to_internal_value(self, data: Any) -> int:
        number = number_of(data)
        if number is None or number > 200:
            self.fail("invalid")
        return number


class ListQuery(Strict):
    """What every list takes in its query."""

    default_error_messages = {"unknown": "There is no such query parameter."}

    page_size = PageSize(required=False, default=50, help_text="How many results a page has: 1 to 200.")
    cursor = Text(required=False, max_length=2000, help_text="From `next` or `previous` of another page.")
