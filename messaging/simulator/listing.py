"""The lists of messages and of calls: filters and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import urlencode

from messaging.simulator import twilio_json
from messaging.simulator.records import Json, PhoneRecord
from messaging.simulator.store import Shelf

DEFAULT_PAGE, LARGEST_PAGE = 50, 1000

Test = Callable[[PhoneRecord], bool]
Query = Mapping[str, str]


@dataclass(frozen=True)
class Resource:
    """A list of Twilio's API: its name, the date that it filters by, the shape of a row."""

    name: str
    date: str
    shape: Callable[[PhoneRecord], Json]

    @property
    def filters(self) -> tuple[str, ...]:
        return ("To", "From", self.date, f"{self.date}>", f"{self.date}<")


MESSAGES = Resource("Messages", "DateSent", twilio_json.message)
CALLS = Resource("Calls", "StartTime", twilio_json.call)


def page(resource: Resource, shelf: Shelf[PhoneRecord], account: str, query: Query) -> Json:
    """One page, newest first; ValueError with a sentence for a filter that means nothing."""
    size = max(1, min(_number(query, "PageSize", DEFAULT_PAGE), LARGEST_PAGE))
    number = _number(query, "Page", 0)
    tests = _tests(resource, account, query)
    # A page starts after the last record of the one before, so that what arrives between
    # two pages shifts nothing.
    after = query.get("PageToken", "").removeprefix("PA")
    found = shelf.newest(to=_spoken(query.get("To", "")), before=after)
    matching = (record for record in found if all(test(record) for test in tests))
    records = list(islice(matching, size + 1))
    shown, more = records[:size], len(records) > size
    first = {name: query[name] for name in resource.filters if query.get(name)}
    first |= {"PageSize": str(size), "Page": "0"}
    following = {
        **first,
        "Page": str(number + 1),
        "PageToken": f"PA{shown[-1].id if shown else ''}",
    }
    uri = f"{twilio_json.API}/{account}/{resource.name}.json"
    return {
        resource.name.lower(): [resource.shape(record) for record in shown],
        "end": number * size + max(len(shown) - 1, 0),
        "first_page_uri": f"{uri}?{urlencode(first)}",
        "next_page_uri": f"{uri}?{urlencode(following)}" if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": None,
        "start": number * size,
        "uri": f"{uri}?{urlencode({**first, 'Page': str(number)})}",
    }


def _tests(resource: Resource, account: str, query: Query) -> list[Test]:
    tests: list[Test] = [lambda record: record.account_sid == account]
    if sender := _spoken(query.get("From", "")):
        tests.append(lambda record: record.sender == sender)
    if at := query.get(resource.date):
        tests.append(_dated(resource.date, at))
    if since := query.get(f"{resource.date}>"):
        from_moment = _moment(resource.date, since)
        tests.append(lambda record: record.dated >= from_moment)
    if until := query.get(f"{resource.date}<"):
        to_moment = _moment(resource.date, until)
        tests.append(lambda record: record.dated <= to_moment)
    return tests


def _dated(name: str, text: str) -> Test:
    moment = _moment(name, text)
    if len(text) <= len("YYYY-MM-DD"):
        return lambda record: record.dated.date() == moment.date()
    return lambda record: record.dated == moment


def _spoken(number: str) -> str:
    """A plus sign that was not escaped in a query arrives as a space."""
    return number.replace(" ", "+")


def _moment(name: str, text: str) -> datetime:
    """A date or a time, in UTC when it names no zone, in whole seconds."""
    try:
        moment = datetime.fromisoformat(_spoken(text)).replace(microsecond=0)
    except ValueError:
        raise ValueError(f"{name}: {text} is not a date.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or len(text) > 9:
        raise ValueError(f"{name}: {text} is not a number.")
    return int(text)
