"""Texts and calls from contacts: into the inbox, or refused where inbound DND says so."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import F

from compliance.models import InboundEvent
from contacts import locks
from contacts.actors import Actor
from contacts.models import POINT_OF_CHANNEL, ContactPoint, Event, EventKind
from contacts.services import events
from contacts.services.events import Happening
from contacts.words import BIT, Channel, Source
from dnd.models import Standing
from dnd.services import addresses
from messaging.inbound.reading import Incoming
from messaging.models import LANE_OF, Message, MessageClass, MessageState

PHONE = POINT_OF_CHANNEL["call"]


def take_text(event: InboundEvent, incoming: Incoming, holders: Sequence[int], keyword: str) -> None:
    """One message for each contact with the address, and an event that workflows may start from.

    For a contact with inbound DND neither: it is counted. The caller holds these contacts' locks.
    """
    if event.worked_at or not holders:
        return
    refused = _refused(holders, incoming.channel)
    taken = [contact for contact in holders if contact not in refused]
    _count_refused(event, incoming.channel, [contact for contact in holders if contact in refused])
    messages = _write(event, incoming, taken)
    received = [
        Happening(
            message.contact_id,
            f"{Channel(incoming.channel).label} received",
            {
                "channel": incoming.channel,
                "message": message.pk,
                "body": incoming.body,
                "keyword": keyword,
            },
        )
        for message in messages
    ]
    by = Actor.contact(incoming.address)
    events.record(
        event.business_id, EventKind.MESSAGE_RECEIVED, received, by=by, at=event.received_at, starts=True
    )


def take_call(event: InboundEvent, incoming: Incoming) -> str:
    """Note a call with each contact who has the number: refused for all of them, or for none."""
    if event.worked_at:
        return "call"
    key = (PHONE, incoming.address)
    holders = locks.lock_contacts(event.business_id, addresses.holders_of(event.business_id, [key]))
    if _refused(holders, Channel.CALL.value):
        _count_refused(event, Channel.CALL.value, holders)
        return "call refused"
    _write(event, incoming, holders)
    return "call"


def refuses_call(business: int, number: str) -> bool:
    """Whether a call from this number is refused: for one contact who has it is for all, since it is one phone."""
    holders = ContactPoint.objects.filter(business=business, kind=PHONE, value=number)
    return bool(_refused(list(holders.values_list("contact", flat=True)), Channel.CALL.value))


def _refused(contacts: Sequence[int], channel: str) -> set[int]:
    """Those of these contacts from whom nothing is taken on this channel."""
    standing = Standing.objects.filter(contact__in=contacts).annotate(hit=F("inbound").bitand(BIT[channel]))
    return set(standing.filter(hit__gt=0).values_list("contact", flat=True))


def _write(event: InboundEvent, incoming: Incoming, contacts: Sequence[int]) -> list[Message]:
    return Message.objects.bulk_create(
        Message(
            business_id=event.business_id,
            contact_id=contact,
            direction=Message.Way.INBOUND,
            channel=incoming.channel,
            message_class=MessageClass.MANUAL,
            lane=LANE_OF[MessageClass.MANUAL.value],
            to=incoming.to,
            body=incoming.body,
            source=Source.CONTACT,
            actor=incoming.address,
            state=MessageState.RECEIVED,
            provider_id=event.provider_id,
            created_at=event.received_at,
            due_at=event.received_at,
            expires_at=event.received_at,
        )
        for contact in contacts
    )


def _count_refused(event: InboundEvent, channel: str, contacts: Sequence[int]) -> None:
    """One line a day in each contact's history, which counts what was refused."""
    for contact in contacts:
        line = _line_of_the_day(contact, channel, event.received_at)
        count = (line.data["count"] if line else 0) + 1
        summary = _words(channel, count)
        if line:
            line.summary, line.data = summary, {"channel": channel, "count": count}
            line.save(update_fields=["summary", "data"])
        else:
            happening = Happening(contact, summary, {"channel": channel, "count": count})
            events.record(
                event.business_id,
                EventKind.INBOUND_BLOCKED,
                [happening],
                by=Actor.contact(),
                at=event.received_at,
                starts=False,
            )


def _line_of_the_day(contact: int, channel: str, moment: datetime) -> Event | None:
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = Event.objects.filter(contact=contact, kind=EventKind.INBOUND_BLOCKED, at__gte=midnight)
    return lines.filter(data__channel=channel).order_by("-id").first()


def _words(channel: str, count: int) -> str:
    times = "" if count == 1 else f", {count} times that day"
    return f"Inbound {Channel(channel).label} blocked by DND{times}"
