"""Which of a contact's addresses a message goes to. Plain values in, plain values out."""

from collections.abc import Sequence
from dataclasses import dataclass

from contacts import phones
from contacts.models import POINT_OF_CHANNEL
from messaging.policy import Obeys

NONE_OF_KIND = {
    "phone": "This contact has no phone number.",
    "email": "This contact has no email address.",
    "facebook": "This contact has no Facebook id.",
    "gmb": "This contact has no Google Business id.",
}
LANDLINES_ONLY = "This contact has only a landline, which cannot be texted."
PREFERS_LANDLINE = "This contact prefers a landline, which cannot be texted."


@dataclass(frozen=True, slots=True)
class Point:
    """One address of a contact, in the order in which the contact has them."""

    kind: str
    value: str
    line_type: str = ""
    preferred: bool = False

    @property
    def textable(self) -> bool:
        return phones.textable(self.line_type)


@dataclass(frozen=True, slots=True)
class Choice:
    """The address to use; without one, why there is none."""

    address: str
    why_not: str = ""


def choose(channel: str, points: Sequence[Point], obeys: Obeys, *, keep: str = "") -> Choice:
    """The address for this channel. `keep`, chosen earlier, stays as long as it can be used.

    A class that obeys the preferred number uses it; the others the first that can be texted, else the first.
    """
    kind = POINT_OF_CHANNEL[channel]
    own = [point for point in points if point.kind == kind]
    if not own:
        return Choice("", NONE_OF_KIND[kind])
    if kind != "phone":
        return Choice(own[0].value)
    usable = [point for point in own if point.textable] if channel == "sms" else own
    if not usable:
        return Choice("", LANDLINES_ONLY)
    if any(point.value == keep for point in usable):
        return Choice(keep)
    return _choose_phone(channel, own, usable, obeys)


def _choose_phone(channel: str, own: Sequence[Point], usable: Sequence[Point], obeys: Obeys) -> Choice:
    preferred = next((point for point in own if point.preferred), None)
    if preferred and obeys.preferred_contact:
        if preferred in usable:
            return Choice(preferred.value)
        if obeys.preferred_way:
            return Choice("", PREFERS_LANDLINE)
    return Choice(next((point for point in usable if point.textable), usable[0]).value)
