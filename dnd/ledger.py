"""The hash chain and the fold: how a ledger line is sealed, and what the lines of a contact come to."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from dnd.models import Change
from dnd.policy import Held, Position

SEALED = (
    "business_id",
    "contact_id",
    "version",
    "kind",
    "direction",
    "enabled",
    "scope",
    "channels",
    "grounds",
    "ends_at",
    "source",
    "actor",
    "reason",
    "evidence",
    "text_digest",
    "recorded_at",
    "previous_hash",
)
"""The columns that a line's hash covers, in the order of the export."""
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=256)
def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with microseconds, the one form in which a time is sealed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def content(change: Change) -> dict[str, object]:
    """What the hash covers, as plain JSON values."""
    values = {name: getattr(change, name) for name in SEALED}
    values["grounds"] = [list(pair) for pair in change.grounds]
    values["ends_at"] = stamp(change.ends_at)
    values["recorded_at"] = stamp(change.recorded_at)
    return values


def seal(change: Change) -> str:
    """SHA-256 of the line as JSON with sorted keys and no spaces. It covers the hash of the line before."""
    return hashlib.sha256(CANONICAL.encode(content(change)).encode()).hexdigest()


def digest_of(note: str, evidence: str) -> tuple[str, str]:
    """(salt, salted digest) of the words beside a line; without words, two empty strings."""
    if not note and not evidence:
        return "", ""
    salt = secrets.token_hex(16)
    return salt, text_digest(salt, note, evidence)


def text_digest(salt: str, note: str, evidence: str) -> str:
    return hashlib.sha256(f"{salt}\0{note}\0{evidence}".encode()).hexdigest()


def fold(lines: Iterable[Change], position: Position | None = None) -> Position:
    """What the lines of one contact, in order of version, come to."""
    position = position or Position()
    for line in lines:
        apply(position, line)
    return position


def apply(position: Position, line: Change) -> None:
    """Bring `position` one line further."""
    if line.direction == "automations":
        position.do_not_contact = line.enabled
        return
    for channel, reason in line.grounds:
        key = (line.direction, channel, reason)
        if not line.enabled:
            position.grounds.pop(key, None)
            continue
        before = position.grounds.get(key)
        position.grounds[key] = Held(
            line.direction,
            channel,
            reason,
            since=before.since if before else line.recorded_at,
            source=line.source,
            ends_at=line.ends_at,
            opened_by=line.pk,
        )
