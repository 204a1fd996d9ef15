"""What every app keeps of a contact, and what becomes of it when two are one person, or one is to be forgotten.

Contacts stand below everything, so each app above says for itself what it keeps and how that moves: it registers a
`Keeper` when it is ready. Every field that refers to a contact belongs to a keeper; a test walks all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contacts.actors import Actor
from contacts.models import Business


@dataclass(frozen=True, slots=True)
class Merging:
    """One contact becomes part of another. Whoever is called with it runs under the locks of both, in one transaction.

    The addresses have moved by then. `at` was read under the locks.
    """

    business: Business
    winner: int
    loser: int
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Erasing:
    """A person is erased: a contact with all that were merged into it, under their locks and in one transaction.

    `addresses`: every one by which they were known. `own`: those that nobody else has; of the others, what stands
    with somebody else stays.
    """

    business: Business
    contacts: tuple[int, ...]
    own: frozenset[str]
    addresses: frozenset[str]
    by: Actor
    at: datetime


@dataclass(frozen=True, slots=True)
class Keeper:
    """What one app keeps of contacts. `fields`: each that refers to a contact, as `dnd.Ground.contact`.

    `addresses`: those that it has kept of these contacts. `busy`: whether something is under way with one of them
    that would write of them again once it is over.
    """

    app: str
    fields: frozenset[str]
    merge: Callable[[Merging], None]
    erase: Callable[[Erasing], None]
    addresses: Callable[[Sequence[int]], set[str]] = lambda contacts: set()
    busy: Callable[[Sequence[int]], bool] = lambda contacts: False


_keepers: dict[str, Keeper] = {}


def register(keeper: Keeper) -> None:
    """Called once by each app, in the order of the layers, lowest first."""
    _keepers[keeper.app] = keeper


def keepers() -> list[Keeper]:
    """The highest layer first: what uses a thing lets go of it before the thing itself moves."""
    return list(reversed(_keepers.values()))
