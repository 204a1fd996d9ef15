"""Everything accepted, newest last, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Reversible
from itertools import dropwhile, islice, takewhile
from secrets import token_hex
from typing import Generic, TypeVar

from messaging.simulator.records import EmailRecord, PhoneRecord

Record = TypeVar("Record", PhoneRecord, EmailRecord)

MAX_BYTES = 256 * 1024 * 1024


def new_sid(prefix: str) -> str:
    """An identifier of Twilio's form: two letters and 32 hexadecimal digits."""
    return prefix + token_hex(16)


class Shelf(Generic[Record]):
    """The newest records of one kind: at most `keep`, and at most `max_bytes` of content."""

    def __init__(self, keep: int, max_bytes: int = MAX_BYTES) -> None:
        self._keep = keep
        self._max_bytes = max_bytes
        self._bytes = 0
        self._by_id: OrderedDict[str, Record] = OrderedDict()
        # Lists, since most addresses have one record: an empty deque takes 600 bytes.
        self._by_address: dict[str, list[Record]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, record: Record) -> None:
        self._bytes += record.size
        self._by_id[record.id] = record
        for address in _keys(record):
            self._by_address.setdefault(address, []).append(record)
        while len(self._by_id) > self._keep or self._bytes > self._max_bytes:
            self._drop_oldest()

    def get(self, record_id: str) -> Record | None:
        return self._by_id.get(record_id)

    def newest(
        self, *, to: str = "", since: float = 0.0, before: str = "", limit: int | None = None
    ) -> list[Record]:
        """Newest first; `before` is the id of the last record of an earlier answer."""
        source: Reversible[Record]
        source = self._by_address.get(to.casefold(), []) if to else self._by_id.values()
        records: Iterator[Record] = iter(reversed(source))
        if before:
            records = islice(dropwhile(lambda record: record.id != before, records), 1, None)
        recent = takewhile(lambda record: record.received_at >= since, records)
        return list(islice(recent, limit))

    def clear(self) -> None:
        self._bytes = 0
        self._by_id.clear()
        self._by_address.clear()

    def _drop_oldest(self) -> None:
        _, record = self._by_id.popitem(last=False)
        self._bytes -= record.size
        for address in _keys(record):
            # The oldest of all is also the oldest of each of its addresses.
            records = self._by_address[address]
            records.pop(0)
            if not records:
                del self._by_address[address]


def _keys(record: PhoneRecord | EmailRecord) -> set[str]:
    return {address.casefold() for address in record.addresses}


class Store:
    def __init__(self, keep: int) -> None:
        self.keep = keep
        self.texts = Shelf[PhoneRecord](keep)
        self.calls = Shelf[PhoneRecord](keep)
        self.posts = Shelf[PhoneRecord](keep)
        self.emails = Shelf[EmailRecord](keep)
        self.counts: dict[str, int] = {}
        self.clear()

    def add_phone(self, record: PhoneRecord) -> None:
        self.counts["inbound" if record.direction == "inbound" else record.kind] += 1
        self.phone_shelf(record.kind).add(record)

    def add_email(self, record: EmailRecord) -> None:
        self.counts["email"] += 1
        self.emails.add(record)

    def phone_shelf(self, kind: str) -> Shelf[PhoneRecord]:
        return {"call": self.calls, "http": self.posts}.get(kind, self.texts)

    def clear(self) -> None:
        # Counts of what was accepted since, also of what is no longer kept.
        self.counts = {"sms": 0, "email": 0, "call": 0, "http": 0, "inbound": 0}
        self.texts.clear()
        self.calls.clear()
        self.posts.clear()
        self.emails.clear()
