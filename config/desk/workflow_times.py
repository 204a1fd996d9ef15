"""Times in a definition: kept in UTC, edited in the business's time zone."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from contacts.models import Business

DEEPEST = 20


def to_local(definition: Mapping[str, Any], business: Business) -> dict[str, Any]:
    """With every `until` as a browser's field for date and time wants it."""
    zone = ZoneInfo(business.timezone)

    def local(text: str) -> str:
        moment = datetime.fromisoformat(text).astimezone(zone).replace(tzinfo=None)
        return moment.isoformat(timespec="seconds" if moment.second else "minutes")

    return _mapped(definition, local)


def to_utc(definition: Mapping[str, Any], business: Business) -> dict[str, Any]:
    """With every `until` that came from such a field in UTC. What cannot be read stays, for the service to refuse."""
    zone = ZoneInfo(business.timezone)

    def utc(text: str) -> str:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    return _mapped(definition, utc)


def _mapped(definition: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {**definition, "steps": _steps(definition.get("steps"), change, DEEPEST)}


def _steps(steps: Any, change: Callable[[str], str], depth: int) -> Any:
    if not isinstance(steps, list) or not depth:
        return steps
    return [_step(step, change, depth) if isinstance(step, dict) else step for step in steps]


def _step(step: dict[str, Any], change: Callable[[str], str], depth: int) -> dict[str, Any]:
    changed = dict(step)
    for branch in ("then", "else"):
        if branch in step:
            changed[branch] = _steps(step[branch], change, depth - 1)
    if step.get("kind") == "wait" and isinstance(step.get("until"), str):
        with suppress(ValueError, OverflowError):
            changed["until"] = change(step["until"])
    return changed
