"""What a contact chooses by itself, with nothing but a link: unsubscribing, and every channel on, off or paused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from compliance.models import FeedbackEvent, LinkToken, Statement
from compliance.services import feedback
from contacts import erased, locks
from contacts.actors import Actor
from contacts.models import POINT_OF_CHANNEL
from contacts.words import OUTBOUND_CHANNELS, Channel
from dnd import flags, policy
from dnd import services as dnd
from dnd.flags import Flag
from dnd.models import Ground, Suppression
from dnd.services import addresses, taking_back

BY_LINK = Actor.contact("unsubscribe link")
BY_PAGE = Actor.contact("preference page")
LONGEST_PAUSE = timedelta(days=730)


def unsubscribe(link: LinkToken) -> None:
    """No more of the link's channel, at once and for ever: for the contact, and for the address it was sent to."""
    reason = reason_of(link)
    evidence = evidence_of(link)
    if link.address and reason == "email_unsubscribe":
        with transaction.atomic():
            dnd.change_address(
                business=link.business,
                channel=link.channel,
                address=link.address,
                block=True,
                by=BY_LINK,
                reason=reason,
                evidence_ids=evidence,
            )
            _note_use(link)
    dnd.change(
        business=link.business,
        contacts=[link.contact_id],
        wish=dnd.Wish(outbound={link.channel: True}, reason=reason, evidence_ids=evidence),
        by=BY_LINK,
        address=(POINT_OF_CHANNEL[link.channel], link.address) if link.address else None,
    )


def _note_use(link: LinkToken) -> None:
    """Keep that this contact said so, also where that changed nothing, so that nobody else takes it back for them."""
    now = locks.now()
    Statement.objects.update_or_create(
        business=link.business,
        provider_id=f"{_uses_by(link.contact_id)}{link.pk}",
        defaults={
            "channel": link.channel,
            "address": link.address,
            "says": Statement.Says.OPT_OUT,
            "reason": reason_of(link),
            "received_at": now,
            "clock": Statement.Clock.RECEIPT,
            "state": Statement.State.IN_FORCE,
            "settled_at": now,
        },
    )


def _uses_by(contact: int) -> str:
    return f"link:{contact}:"


@transaction.atomic
def undo(link: LinkToken) -> None:
    """Take back what `unsubscribe` did. What was asked for in any other way, before or since, stays off."""
    locks.lock_addresses(link.business_id, [(POINT_OF_CHANNEL[link.channel], link.address)], exclusive=True)
    if _was_turned_off_otherwise(link) or _was_said_again(link):
        return
    taking_back.take_back(
        business=link.business,
        channel=link.channel,
        address=link.address,
        reason=reason_of(link),
        by=BY_LINK,
        evidence_ids=evidence_of(link),
        contacts=[link.contact_id],
    )


def _was_turned_off_otherwise(link: LinkToken) -> bool:
    """Whether somebody else had set this reason before: a provider to whom they said so, or staff whom they told."""
    return (
        _grounds(link).exclude(opened_by__actor=BY_LINK.label).exists()
        or _suppressions(link).exclude(actor=BY_LINK.label).exists()
    )


def _was_said_again(link: LinkToken) -> bool:
    """Whether a provider was told too since this reason stands, or another contact with the address said it by link."""
    moments = [
        *_grounds(link).values_list("since", flat=True),
        *_suppressions(link).values_list("since", flat=True),
    ]
    if not moments:
        return False
    since = min(moments)
    told = FeedbackEvent.objects.filter(
        business=link.business_id,
        address__in=erased.forms(link.business_id, link.address),
        kind__in=feedback.ASKED_FOR,
        worked_at__gte=since,
    )
    uses = Statement.objects.of(link.business_id, link.channel, link.address)
    uses = uses.filter(provider_id__startswith="link:", received_at__gte=since)
    return told.exists() or uses.exclude(provider_id__startswith=_uses_by(link.contact_id)).exists()


def _grounds(link: LinkToken) -> QuerySet[Ground]:
    grounds = Ground.objects.outbound()
    return grounds.filter(contact=link.contact_id, channel=link.channel, reason=reason_of(link))


def _suppressions(link: LinkToken) -> QuerySet[Suppression]:
    return Suppression.objects.in_force().filter(
        business=link.business_id, channel=link.channel, address=link.address, reason=reason_of(link)
    )


def reason_of(link: LinkToken) -> str:
    return "email_unsubscribe" if link.channel == Channel.EMAIL else "preference_page"


def evidence_of(link: LinkToken) -> tuple[str, ...]:
    return (f"link:{link.pk}", *([f"message:{link.message}"] if link.message else []))


@dataclass(frozen=True, slots=True)
class Choice:
    """One channel as the contact sees it. `locked`: it cannot be turned on here, and how else (`texted`, `owned`).

    `pressed`: somebody pressed 9 at a number of the contact, which is not called whatever is chosen here.
    """

    channel: str
    on: bool = True
    since: datetime | None = None
    until: datetime | None = None
    locked: str = ""
    reason: str = ""
    pressed: bool = False

    @property
    def word(self) -> str:
        if self.on:
            return "on"
        return "paused" if self.until else "off"


ALL_ON = tuple(Choice(channel) for channel in OUTBOUND_CHANNELS)
"""What an unknown link shows: the same as that of a contact who never chose anything."""


def read(link: LinkToken | None) -> tuple[Choice, ...]:
    """Every channel as it stands, in the order in which channels are shown."""
    if link is None or link.contact.deleted_at:
        return ALL_ON
    panel = flags.panel(link.contact, BY_PAGE)
    pressed = _pressed(link)
    found = (_choice(panel.outbound[channel]) for channel in OUTBOUND_CHANNELS)
    return tuple(replace(choice, pressed=choice.channel in pressed) for choice in found)


def _pressed(link: LinkToken) -> set[str]:
    """The channels on which a number of the contact asked by a key to be left alone. No link lifts that."""
    numbers = link.contact.points.filter(kind=POINT_OF_CHANNEL[Channel.CALL]).values("value")
    standing = Suppression.objects.in_force().filter(business=link.business_id, address__in=numbers)
    return set(standing.filter(reason__in=addresses.PRESSED).values_list("channel", flat=True))


def _choice(flag: Flag) -> Choice:
    if not flag.grounds:
        return Choice(flag.channel)
    ends = [ground.until for ground in flag.grounds]
    until = None if None in ends else max(end for end in ends if end)
    since = min(ground.since for ground in flag.grounds)
    texted = any(ground.reason in policy.TEXTED for ground in flag.grounds)
    locked = "texted" if texted else "" if flag.may_lift else "owned"
    return Choice(flag.channel, False, since, until, locked, flag.grounds[0].reason)


def save(link: LinkToken | None, wanted: Mapping[str, bool], shown: Mapping[str, str]) -> list[Choice]:
    """Turn channels on and off as wished; those that changed, as they are now. What is locked stays off.

    `shown`: the word for each channel on the page that was filled in. "On" frees a channel only where that page
    showed it off or paused, so that a page left open takes back nothing that was said since. "Off" is the contact's
    own from now on, also where others had turned the channel off; only one that the page showed off already was
    left alone and not chosen, and `stop_everything` is how to choose it.
    """
    before = read(link)
    blocks = {
        c.channel: True
        for c in before
        if wanted.get(c.channel) is False and (_may_stop(c) or shown.get(c.channel) != "off")
    }
    frees = {
        c.channel: False
        for c in before
        if wanted.get(c.channel) and shown.get(c.channel) in ("off", "paused") and not c.on and not c.locked
    }
    # Apart, so that nothing that might stand against turning one on can keep another from being turned off.
    _change(link, dnd.Wish(outbound=blocks, reason="preference_page"))
    _free(link, frees)
    return _changed(link, before, blocks | frees)


def _free(link: LinkToken | None, channels: Mapping[str, bool]) -> None:
    """A channel that turns out to be locked once the lock is held does not keep the others from being turned on."""
    outcomes = _change(link, dnd.Wish(outbound=channels, reason="preference_page"))
    if refused := {refusal.channel for outcome in outcomes for refusal in outcome.refusals}:
        rest = {channel: False for channel in channels if channel not in refused}
        _change(link, dnd.Wish(outbound=rest, reason="preference_page"))


def _may_stop(choice: Choice) -> bool:
    return choice.on or choice.until is not None


def stop_everything(link: LinkToken | None) -> list[Choice]:
    """Turn every channel off; one that is off for another reason is off for this one too from now on."""
    before = read(link)
    blocks = dict.fromkeys(OUTBOUND_CHANNELS, True)
    _change(link, dnd.Wish(outbound=blocks, reason="preference_page"))
    return _changed(link, before, blocks)


def pause(link: LinkToken | None, until: date) -> list[Choice]:
    """Nothing on any channel that is on, until that day begins where the contact is; a longer pause stays as it is."""
    ends_at = start_of(link, until)
    before = read(link)
    channels = {choice.channel: True for choice in before if _may_stop(choice)}
    _change(link, dnd.Wish(outbound=channels, reason="preference_page", ends_at=ends_at))
    if link is None or link.contact.deleted_at:
        return [_as_if_off(choice, ends_at) for choice in before]
    return [now for now, old in zip(read(link), before, strict=True) if now != old]


def start_of(link: LinkToken | None, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone_of(link)).astimezone(UTC)


def zone_of(link: LinkToken | None) -> ZoneInfo:
    if link is None:
        return ZoneInfo("UTC")
    return ZoneInfo(link.contact.timezone or link.business.timezone)


def today(link: LinkToken | None) -> date:
    return locks.now().astimezone(zone_of(link)).date()


def _change(link: LinkToken | None, wish: dnd.Wish) -> list[dnd.Outcome]:
    if link is None or not wish.outbound:
        return []
    if link.contact.deleted_at:
        if wish.outbound.get(link.channel) and link.address:
            unsubscribe(link)
        return []
    wish = replace(wish, evidence_ids=evidence_of(link), by_link=True)
    return dnd.change(business=link.business, contacts=[link.contact_id], wish=wish, by=BY_PAGE)


def _changed(link: LinkToken | None, before: tuple[Choice, ...], wanted: Mapping[str, bool]) -> list[Choice]:
    if link is None or link.contact.deleted_at:
        return [_as_if_off(choice) for choice in before if wanted.get(choice.channel)]
    return [
        now
        for now, old in zip(read(link), before, strict=True)
        if (now.word, now.reason) != (old.word, old.reason)
    ]


def _as_if_off(choice: Choice, until: datetime | None = None) -> Choice:
    """What an unknown link is told: what somebody who had chosen it would be."""
    return replace(choice, on=False, since=locks.now(), until=until, reason="preference_page")
