"""Does this event start this trigger? Plain values in, yes or no out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance import keywords


@dataclass(frozen=True, slots=True)
class Happened:
    """What triggers look at of an event. `tags`: the contact's when it happened, in lower case."""

    kind: str
    data: Mapping[str, Any]
    tags: frozenset[str]


Filters = Mapping[str, Any]


def matches(trigger: Mapping[str, Any], event: Happened) -> bool:
    """Whether the event is of the trigger's kind and passes every one of its filters."""
    asked = MATCHERS.get(trigger["type"])
    return asked is not None and trigger["type"] == event.kind and asked(trigger["filters"], event)


def contact_dnd(filters: Filters, event: Happened) -> bool:
    """`*_all` is about the scope; a specific flag about any overlap of channels, whatever the scope."""
    facts = event.data
    return (
        filters.get("direction", facts["direction"]) == facts["direction"]
        and _flag_fits(filters, facts)
        and _among(filters.get("sources"), facts["source"])
        and _among(filters.get("reasons"), facts["reason"])
        and tags_fit(filters.get("tags"), event.tags)
    )


def _flag_fits(filters: Filters, facts: Mapping[str, Any]) -> bool:
    flag = filters.get("flag")
    if flag is None:
        return True
    way, _, reach = flag.partition("_")
    if (way == "enabled") is not facts["enabled"]:
        return False
    if reach == "all":
        return bool(facts["scope"] == "all")
    return not set(filters["channels"]).isdisjoint(facts["channels"])


def do_not_contact_changed(filters: Filters, event: Happened) -> bool:
    wanted = filters.get("enabled")
    return wanted in (None, event.data["enabled"]) and tags_fit(filters.get("tags"), event.tags)


def contact_created(filters: Filters, event: Happened) -> bool:
    return tags_fit(filters.get("tags"), event.tags)


def about_tag(filters: Filters, event: Happened) -> bool:
    """Here the filter is about the tag that was added or removed, not about the contact's tags."""
    return tags_fit(filters.get("tags"), frozenset([event.data["tag"].lower()]))


def status_changed(filters: Filters, event: Happened) -> bool:
    """The filter names the statuses that a contact comes into; without it every move counts."""
    return _among(filters.get("statuses"), str(event.data["to"])) and tags_fit(
        filters.get("tags"), event.tags
    )


def message_received(filters: Filters, event: Happened) -> bool:
    """A keyword is the whole message, whatever its case, spaces and punctuation."""
    wanted = {keywords.plain(word) for word in filters.get("keywords") or ()}
    return (
        _among(filters.get("channels"), event.data["channel"])
        and (not wanted or keywords.plain(event.data["body"]) in wanted)
        and tags_fit(filters.get("tags"), event.tags)
    )


def message_failed(filters: Filters, event: Happened) -> bool:
    """A code is the provider's own: 30003, smtp:550, busy."""
    return (
        _among(filters.get("channels"), event.data["channel"])
        and _among(filters.get("codes"), event.data["code"])
        and tags_fit(filters.get("tags"), event.tags)
    )


def email_event(filters: Filters, event: Happened) -> bool:
    return _among(filters.get("events"), event.data["event"]) and tags_fit(filters.get("tags"), event.tags)


def _among(wanted: Sequence[str] | None, got: str) -> bool:
    """An empty list is no filter."""
    return not wanted or got in wanted


def tags_fit(filter_: Mapping[str, Any] | None, tags: frozenset[str]) -> bool:
    """`equals`: has exactly these. Upper and lower case are the same tag."""
    if filter_ is None:
        return True
    wanted = frozenset(value.lower() for value in filter_["values"])
    match filter_["op"]:
        case "equals":
            return tags == wanted
        case "not_equals":
            return tags != wanted
        case "any_of":
            return bool(tags & wanted)
        case "none_of":
            return not tags & wanted
        case _:
            return False


MATCHERS: dict[str, Callable[[Filters, Happened], bool]] = {
    "contact_dnd": contact_dnd,
    "do_not_contact_changed": do_not_contact_changed,
    "contact_created": contact_created,
    "tag_added": about_tag,
    "tag_removed": about_tag,
    "status_changed": status_changed,
    "message_received": message_received,
    "message_failed": message_failed,
    "email_event": email_event,
}
"""By the kind of trigger, which is the kind of its event. `manual` is started by people and steps, not by events."""
