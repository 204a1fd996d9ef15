"""Reading what somebody sent: every mistake is noted under its dotted path, with one sentence that names the fix."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from contacts.moments import TOO_FAR, within_reach

TEXT = 200
LONGEST_WAIT = 365 * 86_400
MOST_VALUES = 100
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
DURATION = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class _Wrong:
    """Stands for a value that was not accepted; why is in the notes."""


WRONG: Final = _Wrong()


@dataclass(slots=True)
class Notes:
    """The mistakes found so far, by dotted path. The first one on a path stays."""

    errors: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, sentence: str, code: str = "invalid") -> _Wrong:
        if path not in self.errors:
            self.errors[path], self.codes[path] = sentence, code
        return WRONG


Read = Callable[[Notes, str, Any], Any]
"""(notes, path, value) → the value as it is kept, or WRONG after a note."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object. `hint` is the sentence for a value that is missing or of another type."""

    read: Read
    hint: str
    required: bool = True


def below(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)


def shape(
    notes: Notes,
    path: str,
    value: Mapping[str, Any],
    fields: Mapping[str, Field],
    *,
    known: Collection[str] = (),
) -> dict[str, Any]:
    """The fields that could be read. Keys that are neither fields nor `known` are blamed under their own name."""
    allowed = list(dict.fromkeys([*known, *fields]))
    for key in value:
        if key not in allowed:
            fix = f"use {', '.join(allowed)}" if allowed else "leave it out"
            notes.add(below(path, printable(key)), f"Unknown field: {fix}.", "unknown")
    found = {}
    for name, spec in fields.items():
        if name not in value:
            if spec.required:
                notes.add(below(path, name), spec.hint, "required")
            continue
        got = spec.read(notes, below(path, name), value[name])
        if not isinstance(got, _Wrong):
            found[name] = got
    return found


def printable(key: str) -> str:
    """A key of somebody's JSON as it can be shown: cut, and without half characters."""
    return str(key)[:100].replace("\0", "").encode(errors="replace").decode()


def text(
    hint: str, *, most: int = TEXT, empty: bool = False, required: bool = True, one_line: bool = False
) -> Field:
    """A string that PostgreSQL can keep, not blank unless `empty`."""

    def read(notes: Notes, path: str, value: Any) -> Any:
        if not isinstance(value, str) or not (empty or value.strip()):
            return notes.add(path, hint)
        if len(value) > most:
            return notes.add(path, f"This is too long: use at most {most:,} characters.")
        if not storable(value):
            return notes.add(path, "This holds a character that cannot be kept, such as NUL: take it out.")
        if one_line and not value.isprintable():
            return notes.add(path, "Write this on one line, without control characters.")
        return value

    return Field(read, hint, required)


def storable(value: str) -> bool:
    """Whether PostgreSQL can keep it: no NUL, no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def boolean(hint: str, *, required: bool = True) -> Field:
    def read(notes: Notes, path: str, value: Any) -> Any:
        return value if isinstance(value, bool) else notes.add(path, hint)

    return Field(read, hint, required)


def choice(values: Sequence[str], *, required: bool = True) -> Field:
    hint = f"Choose one of {', '.join(values)}."

    def read(notes: Notes, path: str, value: Any) -> Any:
        return value if isinstance(value, str) and value in values else notes.add(path, hint)

    return Field(read, hint, required)


def choices(values: Sequence[str], *, required: bool = True) -> Field:
    """A list of different words out of `values`, in the order in which they were given."""
    hint = f"Give a list of {', '.join(values)}."

    def read(notes: Notes, path: str, value: Any) -> Any:
        if not isinstance(value, list):
            return notes.add(path, hint)
        for position, word in enumerate(value):
            if not isinstance(word, str) or word not in values:
                return notes.add(f"{path}.{position}", f"Unknown value: use one of {', '.join(values)}.")
        return list(dict.fromkeys(value))

    return Field(read, hint, required)


def texts(hint: str, *, required: bool = True) -> Field:
    """A list of strings, such as tags."""
    one = text("Give a text of 1 to 200 characters.")

    def read(notes: Notes, path: str, value: Any) -> Any:
        if not isinstance(value, list):
            return notes.add(path, hint)
        if len(value) > MOST_VALUES:
            return notes.add(path, f"Give at most {MOST_VALUES} values.")
        got = [one.read(notes, f"{path}.{position}", word) for position, word in enumerate(value)]
        return WRONG if any(isinstance(word, _Wrong) for word in got) else [" ".join(w.split()) for w in got]

    return Field(read, hint, required)


def duration(hint: str, *, required: bool = True) -> Field:
    """`90s`, `15m`, `2h`, `3d`; at most 365 days."""

    def read(notes: Notes, path: str, value: Any) -> Any:
        if not isinstance(value, str) or not DURATION.fullmatch(value):
            return notes.add(path, hint)
        if seconds_in(value) > LONGEST_WAIT:
            return notes.add(path, "This is too long: wait at most 365d.")
        return value

    return Field(read, hint, required)


def seconds_in(value: str) -> int:
    """How long a duration that was accepted is."""
    return int(value[:-1]) * SECONDS[value[-1]]


def moment(hint: str, *, required: bool = True) -> Field:
    """An RFC 3339 time with its offset, kept in UTC."""

    def read(notes: Notes, path: str, value: Any) -> Any:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            return notes.add(path, hint)
        try:
            found = datetime.fromisoformat(value.upper())
        except ValueError:
            return notes.add(path, hint)
        if not within_reach(found):
            return notes.add(path, TOO_FAR)
        return found.astimezone(UTC).isoformat().replace("+00:00", "Z")

    return Field(read, hint, required)


def identifier(hint: str, *, required: bool = True) -> Field:
    """An id as REST shows it: a string of digits."""

    def read(notes: Notes, path: str, value: Any) -> Any:
        fits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18
        return str(int(value)) if fits else notes.add(path, hint)

    return Field(read, hint, required)


def identifiers(hint: str, *, required: bool = True) -> Field:
    """A list of different ids."""
    one = identifier("Give an id, as a string.")

    def read(notes: Notes, path: str, value: Any) -> Any:
        if not isinstance(value, list):
            return notes.add(path, hint)
        if len(value) > MOST_VALUES:
            return notes.add(path, f"Give at most {MOST_VALUES} values.")
        got = [one.read(notes, f"{path}.{position}", each) for position, each in enumerate(value)]
        return WRONG if any(isinstance(each, _Wrong) for each in got) else list(dict.fromkeys(got))

    return Field(read, hint, required)
