"""The one vocabulary for what is handed to a provider and for what every provider says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

CONNECT_LIMIT = 3.0
"""Seconds within which a connection must stand."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is handed over."""

    message: int
    connection: int
    to: str
    subject: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    channel: str = "sms"


@dataclass(frozen=True, slots=True)
class Taken:
    """The provider has it."""

    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Proven not to have it, for now: the same call may be made again, not before `after` seconds.

    `of_connection`: the reason lies in the connection, and would be one for every other message too.
    """

    code: str
    detail: str
    after: float = 0.0
    of_connection: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It does not take this message, today or tomorrow. `of_connection`: as for NotTaken."""

    code: str
    detail: str
    of_connection: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """It may or may not have it: the answer never came, or says nothing."""

    code: str
    detail: str


Answer = Taken | NotTaken | Refused | Lost


@dataclass(frozen=True, slots=True)
class Found:
    """A message that a provider has. `state` is sent, delivered or failed."""

    provider_id: str
    state: str
    code: str = ""


class Line(Protocol):
    """A thread's own way to a provider, kept open between calls. Used by one thread at a time."""

    def send(self, letter: Letter, *, until: float) -> Answer:
        """Hand it over, or say why not. Ends by `until` on the monotonic clock, and begins nothing after it."""
        ...

    def find(self, letter: Letter, *, since: datetime, before: datetime) -> Sequence[Found] | None:
        """What the provider has that is this letter, taken in that time; None when it cannot be asked."""
        ...

    def close(self) -> None: ...
