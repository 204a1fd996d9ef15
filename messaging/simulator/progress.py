"""What becomes of a text or call after it was accepted, and telling its sender."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

from messaging.simulator.accounts import Accounts
from messaging.simulator.calls import Listener
from messaging.simulator.records import PhoneRecord
from messaging.simulator.settings import Settings
from messaging.simulator.webhooks import Webhooks

CONCURRENCY = 8
RETRY_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a record becomes, in this order, and which of these its sender is told."""

    statuses: tuple[str, ...]
    told: frozenset[str]
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    record: PhoneRecord
    plan: Plan
    generation: int
    position: int = 0
    retrying: bool = False

    @property
    def status(self) -> str:
        return self.plan.statuses[self.position]

    @property
    def is_last(self) -> bool:
        return self.position + 1 == len(self.plan.statuses)


class Progress:
    """Statuses in order, each a delay after the one before; one retry of a failed callback."""

    def __init__(self, settings: Settings, accounts: Accounts, webhooks: Webhooks, limit: int) -> None:
        self.waiting = 0
        self.given_up = 0
        self._settings = settings
        self._accounts = accounts
        self._webhooks = webhooks
        self._listener = Listener(accounts, webhooks)
        self._limit = limit
        self._generation = 0
        self._due: asyncio.Queue[Step] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._workers = [asyncio.create_task(self._work()) for _ in range(CONCURRENCY)]

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def begin(self, record: PhoneRecord, plan: Plan) -> None:
        # A receiver slower than the senders must not fill our memory: what is over the limit
        # stays "queued" and is counted.
        if self.waiting >= self._limit:
            self.given_up += 1
            return
        self.waiting += 1
        self._later(self._settings.callback_delay, Step(record, plan, self._generation))

    def forget(self) -> None:
        """No callback for anything accepted so far, but those being sent this moment."""
        self._generation += 1
        self.waiting = 0
        self.given_up = 0

    def _later(self, delay: float, step: Step) -> None:
        asyncio.get_running_loop().call_later(delay, self._due.put_nowait, step)

    async def _work(self) -> None:
        while True:
            await self._take(await self._due.get())

    async def _take(self, step: Step) -> None:
        if step.generation != self._generation:
            return
        if not step.retrying:
            _advance(step)
            if step.record.kind == "call" and step.status == "in-progress":
                await self._listener.answer(step.record)
        told = await self._tell(step.record, step.status) if step.status in step.plan.told else True
        if step.generation != self._generation:
            return
        if not told and not step.retrying:
            self._later(RETRY_AFTER, replace(step, retrying=True))
        elif not step.is_last:
            following = replace(step, position=step.position + 1, retrying=False)
            self._later(self._settings.callback_delay, following)
        else:
            self.waiting -= 1

    async def _tell(self, record: PhoneRecord, status: str) -> bool:
        token = self._accounts.token(record.account_sid)
        if not record.status_callback or not self._settings.callbacks or token is None:
            return True
        form = _call_form(record, status) if record.kind == "call" else _text_form(record, status)
        answer = await self._webhooks.post(record.status_callback, form, token)
        record.callbacks.append((status, answer.status))
        return answer.ok


def _advance(step: Step) -> None:
    record = step.record
    record.status = step.status
    if record.sent_at is None:
        record.sent_at = time.time()
    if step.is_last:
        record.error_code = step.plan.error_code


def _text_form(record: PhoneRecord, status: str) -> dict[str, str]:
    form = {
        "MessageSid": record.id,
        "MessageStatus": status,
        "SmsSid": record.id,
        "SmsStatus": status,
        "AccountSid": record.account_sid,
        "To": record.to,
        "From": record.sender,
        "ApiVersion": "2010-04-01",
    }
    if record.error_code is not None:
        form["ErrorCode"] = str(record.error_code)
    return form


def _call_form(record: PhoneRecord, status: str) -> dict[str, str]:
    form = {
        "CallSid": record.id,
        "CallStatus": status,
        "AccountSid": record.account_sid,
        "To": record.to,
        "From": record.sender,
        "Direction": record.direction,
        "ApiVersion": "2010-04-01",
    }
    if status == "completed":
        form["CallDuration"] = "1"
    return form
