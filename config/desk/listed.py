"""Whom the list of contacts shows, by its address: what is done with all of them reads it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from rest_framework.exceptions import ValidationError

from contacts.models import Business
from contacts.rest.fields import shape
from contacts.services.errors import Invalid
from dnd import audience
from dnd import services as dnd
from dnd.audience import ContactFilter, Wanted

LIST = "admin:contacts_contact_changelist"
NAMES = {
    "q": "search", "search": "search", "tag": "tag", "status": "status", "dnd_state": "dnd_state",
    "dnd_channel": "dnd_channel", "dnd_reason": "dnd_reason", "do_not_contact": "do_not_contact",
}  # fmt: skip
"""The list's parameters, and what the filter calls them."""
FLAGS = {"1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Listed:
    """`unread`: by filter, why its value cannot be read; it is not in `wanted`."""

    wanted: Wanted
    dead_too: bool
    unread: Mapping[str, str]

    @property
    def whom(self) -> dnd.Whom:
        return dnd.Whom(wanted=self.wanted, dead_too=self.dead_too)


def filters(asked: Mapping[str, str]) -> dict[str, str]:
    """The filters that are set, by their own names, as the address has them."""
    return {name: asked[key] for key, name in NAMES.items() if asked.get(key, "").strip()}


def parameters(asked: Mapping[str, str]) -> dict[str, str]:
    """What of an address filters the list, by the list's names for it."""
    return {key: asked[key] for key in (*NAMES, "dead") if asked.get(key)}


def read(business: Business, asked: Mapping[str, str]) -> Listed:
    """As the list, it passes over dead statuses unless they are asked for, or one status is."""
    wanted: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, text in filters(asked).items():
        value: Any = FLAGS.get(text, text) if name == "do_not_contact" else text
        try:
            wanted[name] = shape(ContactFilter).fields[name].run_validation(value)
        except ValidationError as error:
            unread[name] = str(cast("list[str]", error.detail)[0])
    try:
        audience.matching(business, cast("Wanted", wanted))
    except Invalid as invalid:
        unread |= invalid.errors
    wanted = {name: value for name, value in wanted.items() if name not in unread}
    dead_too = asked.get("dead") == "1" or bool(asked.get("status"))
    return Listed(cast("Wanted", wanted), dead_too, unread)
