"""Acting on what a provider reports of an email address: each kind of report sets Email DND with its own reason."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from compliance.models import FeedbackEvent
from compliance.models.feedback import KINDS_THAT_COUNT
from compliance.services import profiles
from compliance.soft_bounces import Mark, add_up
from contacts import erased, locks
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import POINT_OF_CHANNEL, Business
from contacts.words import Channel
from dnd import services as dnd
from dnd.models import Suppression
from dnd.services import taking_back

EMAIL = Channel.EMAIL.value
Kind = FeedbackEvent.Kind

REASON_OF: dict[str, str] = {
    Kind.HARD_BOUNCE.value: "email_bounce",
    Kind.FAILED.value: "email_failed",
    Kind.SUPPRESSED.value: "email_suppressed",
    Kind.COMPLAINT.value: "email_complaint",
    Kind.UNSUBSCRIBE.value: "email_unsubscribe",
}
ASKED_FOR = (Kind.COMPLAINT.value, Kind.UNSUBSCRIBE.value)
"""What a person wants, and not only what is wrong with an address."""
WORN_OUT = "email_bounce"
COUNTED_AGAIN = "soft bounces counted again"
"""Who lifted a block that a delivery, heard of late, shows to have been none."""


@dataclass(frozen=True, slots=True)
class Told:
    """One report: what a provider says happened at an address, and when by its own clock."""

    kind: str
    address: str
    at: datetime
    by: Actor
    evidence: tuple[str, ...]
    cause: Cause = NO_CAUSE


def key_of(address: str) -> locks.AddressKey:
    return (POINT_OF_CHANNEL[EMAIL], address)


def ask_for_contact(business: Business, told: Told, contact: int | None) -> None:
    """A complaint or an unsubscribing is the contact's own, whatever address the contact has by now."""
    if told.kind not in ASKED_FOR or contact is None:
        return
    wish = dnd.Wish(outbound={EMAIL: True}, reason=REASON_OF[told.kind], evidence_ids=told.evidence)
    dnd.change(
        business=business,
        contacts=[contact],
        wish=wish,
        by=told.by,
        address=key_of(told.address),
        cause=told.cause,
    )


def act(business: Business, told: Told) -> bool:
    """Bring the address to what is known of it; whether this report had it blocked. Doing so again changes nothing.

    The caller has stored the report's row, and holds the address alone.
    """
    if reason := REASON_OF.get(told.kind):
        _block(business, told, reason)
        return True
    if told.kind in KINDS_THAT_COUNT:
        return _weigh(business, told)
    return False


def _block(business: Business, told: Told, reason: str) -> None:
    dnd.change_address(
        business=business,
        channel=EMAIL,
        address=told.address,
        block=True,
        by=told.by,
        reason=reason,
        evidence_ids=told.evidence,
        cause=told.cause,
    )


def _weigh(business: Business, told: Told) -> bool:
    """Block an address whose soft bounces add up. One that a delivery heard of late has cleared is freed again."""
    rows = FeedbackEvent.objects.filter(business=business, address=told.address)
    if not rows.filter(kind=Kind.SOFT_BOUNCE).exists():
        return False
    suppressions = Suppression.objects.filter(
        business=business,
        channel=EMAIL,
        address__in=erased.forms(business.pk, told.address),
        reason=WORN_OUT,
    )
    standing = suppressions.filter(lifted_at=None).first()
    worn_out = _adds_up(business, rows, suppressions)
    if worn_out and standing is None:
        _block(business, told, WORN_OUT)
        return True
    if standing and not worn_out and _came_from_counting(rows, standing):
        taking_back.take_back(
            business=business,
            channel=EMAIL,
            address=told.address,
            reason=WORN_OUT,
            by=Actor.provider(COUNTED_AGAIN),
            evidence_ids=told.evidence,
        )
    return False


def _adds_up(business: Business, rows: QuerySet[FeedbackEvent], suppressions: QuerySet[Suppression]) -> bool:
    """Whether what was reported comes to the threshold, counted from when somebody last lifted the block."""
    profile = profiles.of(business.pk)
    lifted = (
        suppressions.exclude(lifted_at=None).exclude(lifted_by=COUNTED_AGAIN).order_by("-lifted_at").first()
    )
    counting = rows.filter(kind__in=KINDS_THAT_COUNT)
    if lifted and lifted.lifted_at:
        counting = counting.filter(at__gt=lifted.lifted_at)
    marks = (
        Mark(at, kind == Kind.DELIVERED, f"message:{message}" if message else provider_id)
        for at, kind, message, provider_id in counting.values_list("at", "kind", "message", "provider_id")
        if at
    )
    return add_up(marks, threshold=profile.soft_bounces, days=profile.soft_bounce_days)


def _came_from_counting(rows: QuerySet[FeedbackEvent], standing: Suppression) -> bool:
    """Whether the block stands for soft bounces alone: one of them set it, and no hard one was ever reported."""
    counted = rows.filter(kind=Kind.SOFT_BOUNCE, blocked=True, worked_at__gte=standing.since).exists()
    return counted and not rows.filter(kind=Kind.HARD_BOUNCE).exists()
