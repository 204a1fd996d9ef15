"""Whether addresses may be used: asked before a list is bought or called. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from compliance.services.suppressing import clean
from contacts.models import Business
from contacts.words import OUTBOUND_CHANNELS
from dnd.services.addresses import suppressed_among

MOST = 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """One address as it was given: the form in which it is kept, on which channels it is suppressed, and why.

    `fault` says why it is no address; then nothing else is known of it.
    """

    given: str
    address: str = ""
    channels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    fault: str = ""

    @property
    def suppressed(self) -> bool:
        return bool(self.channels)


def check(*, business: Business, addresses: Sequence[str]) -> list[Checked]:
    """Each of these emails and numbers, in the same order, held against the suppressions of the business."""
    cleaned = [_cleaned(business, given) for given in addresses]
    suppressed = suppressed_among(business.pk, {each.address for each in cleaned if each.address})
    return [_found(each, suppressed.get(each.address, set())) for each in cleaned]


def _cleaned(business: Business, given: str) -> Checked:
    try:
        return Checked(given, clean(business, "email" if "@" in given else "sms", given))
    except ValueError as error:
        return Checked(given, fault=str(error))


def _found(each: Checked, marks: set[tuple[str, str, str]]) -> Checked:
    if not marks:
        return each
    channels = {channel for channel, _, _ in marks}
    return Checked(
        each.given,
        each.address,
        tuple(channel for channel in OUTBOUND_CHANNELS if channel in channels),
        tuple(sorted({reason for _, _, reason in marks})),
    )
