"""Claiming: decide on due messages under their contacts' locks, and commit before anybody is called."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction

from compliance.services import permits
from contacts.words import Channel
from messaging import encryption, facts
from messaging.delivery import dressing, due, pacing, telling, verdicts
from messaging.delivery.dressing import Dressed
from messaging.delivery.due import Candidate, Waiting
from messaging.delivery.pacing import Leaving
from messaging.delivery.verdicts import Decided
from messaging.encryption import CannotOpen
from messaging.facts import Reading
from messaging.lengths import too_long
from messaging.models import Connection, MessageClass
from messaging.policy import Drop
from messaging.providers.base import Letter

log = logging.getLogger(__name__)

LOOK_AT_LEAST = 16
"""Some candidates will be dropped, and the contacts of some be held by others."""


@dataclass(frozen=True, slots=True)
class Account:
    """A connection with its credentials."""

    id: int
    driver: str
    revision: int
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that is ours to call until its lease ends. `clock`: the monotonic clock just before `claimed_at`.

    `tells`: it says how to opt out.
    """

    message: int
    contact: int
    fence: int
    attempts: int
    account: Account
    letter: Letter
    claimed_at: datetime
    clock: float
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What is to be called, how many messages were decided on, and how many had looked due."""

    calls: list[Claim] = field(default_factory=list)
    decided: int = 0
    found: int = 0


def claim(lane: str, free: int) -> Claims:
    """Decide on due messages of a lane, and claim at most `free` of those that may go.

    Durable: when this returns, the database knows of each that it is about to be called.
    """
    found = due.candidates(lane, max(free * 2, LOOK_AT_LEAST))
    if not found:
        return Claims()
    with transaction.atomic(durable=True):
        return _claim(lane, found, free)


def _claim(lane: str, found: Sequence[Candidate], free: int) -> Claims:
    waiting, keys = due.lock(found)
    if not waiting:
        return Claims(found=len(found))
    clock = time.monotonic()
    reading = facts.read([message.contact for message in waiting])
    permitted = _permitted(waiting, reading)
    decided = [
        made
        for message in waiting
        if (made := verdicts.decide(message, reading, keys, permitted.get(message.id, "")))
    ]
    accounts = _accounts(reading, decided)
    fitting = list(_fitting(decided, accounts, free))
    chosen, handled = _in_turn(lane, fitting, accounts, reading)
    dressed = dressing.dress(
        [(each.message, each.facts.address) for each in chosen if each.sends], reading.at
    )
    chosen = [
        _as_dressed(each, accounts[each.message.id], dressed.get(each.message.id)) if each.sends else each
        for each in chosen
    ]
    written = verdicts.write(chosen)
    dressing.keep({each.message.id: dressed[each.message.id] for each in chosen if each.sends})
    if permitted:
        permits.use([each.message.id for each in chosen if each.sends], reading.at)
    telling.tell_workflows(telling.drops(chosen))
    calls = [
        _claimed(each, accounts[each.message.id], written[each.message.id], clock, dressed[each.message.id])
        for each in chosen
        if each.sends
    ]
    return Claims(calls, handled, len(found))


def _as_dressed(each: Decided, account: Account, worn: Dressed | None) -> Decided:
    """A message without what has to be added to it does not go out, nor one that is not fit to with it."""
    if worn is None:
        return replace(each, verdict=verdicts.in_doubt(each.facts, "what has to be added could not be"))
    unfit = worn.unfit or _too_long(each.message.channel, account, worn)
    return replace(each, verdict=unfit) if unfit else each


def _too_long(channel: str, account: Account, worn: Dressed) -> Drop | None:
    """More than Twilio takes. What a gateway of the business takes, and how much can be spoken, their lines say."""
    if account.driver != Connection.Driver.TWILIO or channel == Channel.CALL:
        return None
    wrong = too_long(channel, worn.body)
    return Drop("template", "too_long", wrong) if wrong else None


def _permitted(waiting: Sequence[Waiting], reading: Reading) -> dict[int, str]:
    """The address to which each confirmation may go that has a permit."""
    confirmations = [message.id for message in waiting if message.message_class == MessageClass.SYSTEM]
    return permits.valid(confirmations, reading.at) if confirmations else {}


def _accounts(reading: Reading, decided: Iterable[Decided]) -> dict[int, Account]:
    """The connection of each message that may go; none where its credentials cannot be opened."""
    accounts = {}
    for each in decided:
        way = reading.way(each.message.contact, each.message.channel) if each.sends else None
        if way is None:
            continue
        try:
            accounts[each.message.id] = Account(way.id, way.driver, way.revision, _unseal(way.sealed))
        except CannotOpen as error:
            log.error("Connection %s cannot be used: %s", way.id, error)
    return accounts


@lru_cache(maxsize=256)
def _unseal(sealed: str) -> Mapping[str, Any]:
    opened: Mapping[str, Any] = encryption.unseal(sealed)
    return opened


def _fitting(decided: Iterable[Decided], accounts: Mapping[int, Account], free: int) -> Iterator[Decided]:
    """What is stored now: every drop and hold, and as many sends as there are threads for."""
    for each in decided:
        if not each.sends:
            yield each
        elif each.message.id not in accounts:
            yield replace(each, verdict=verdicts.in_doubt(each.facts, "the credentials cannot be read"))
        elif free:
            free -= 1
            yield each


def _in_turn(
    lane: str, fitting: Sequence[Decided], accounts: Mapping[int, Account], reading: Reading
) -> tuple[list[Decided], int]:
    """Without those that have to wait for their turn, which stay queued; and with how many something was done."""
    leaving = [
        Leaving(each.message.id, accounts[each.message.id].id, each.message.broadcast)
        for each in fitting
        if each.sends
    ]
    gone, placed = pacing.take(lane, leaving, reading.at) if leaving else (set[int](), set[int]())
    chosen = [each for each in fitting if not each.sends or each.message.id in gone]
    return chosen, len(chosen) + len(placed)


def _claimed(
    each: Decided, account: Account, written: tuple[int, int], clock: float, dressed: Dressed
) -> Claim:
    message, (fence, attempts) = each.message, written
    return Claim(
        message=message.id,
        contact=message.contact,
        fence=fence,
        attempts=attempts,
        account=account,
        letter=Letter(
            message=message.id,
            connection=account.id,
            to=each.facts.address,
            subject=message.subject,
            body=dressed.body,
            headers=dressed.headers,
            channel=message.channel,
        ),
        claimed_at=each.facts.now,
        clock=clock,
        tells=dressed.tells,
    )
