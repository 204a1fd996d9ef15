"""How a contact would be reached: the card that says it for each class of message, and the preferred contact."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from config.desk import finding, site, words
from contacts import phones, preferences
from contacts.acting import actor_of
from contacts.models import Business, Contact, Method, PointKind, Preference, Sync
from contacts.services import preferring
from contacts.services.errors import Conflict, Invalid
from contacts.words import Channel, LineType
from dnd.flags import NO_WISHES
from dnd.why_not import SET_BEFORE
from messaging import facts
from messaging import services as messaging
from messaging.addressing import Point
from messaging.choosing import CHANNEL_OF, WAYS, Choice
from messaging.facts import Reading
from messaging.policy import Hold

CLASSES = (
    ("automation", "Automations"),
    ("broadcast", "Broadcasts"),
    ("campaign", "Campaigns"),
    ("manual", "Messages that you write"),
)
ICONS = {"text": "sms", "call": "call", "email": "mail"}
NAMES = {"text": "TEXT", "call": "CALL", "email": "EMAIL"}
SYNCS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Line:
    """The way that messages would go, and a sentence for each way that they would not."""

    way: str
    icon: str
    to: str
    waits: str
    why_not: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number that may be preferred, and what it would be used for."""

    value: str
    label: str
    line: str
    way: str
    preferred: bool


def of(contact: Contact) -> dict[str, Any]:
    """What the cards show, in a handful of queries."""
    reading = facts.read([contact.pk])
    synced = contact.business.preferences_source == Business.PreferencesSource.SYNCED
    points = [point for point in reading.people[contact.pk].points if point.kind == PointKind.PHONE]
    return {
        "reach": _reach(reading, contact.pk),
        "consent": _consent(reading, contact.pk, points),
        "numbers": [_number(reading, contact.pk, point) for point in points],
        "none_preferred": not any(point.preferred for point in points),
        "emails": [p.value for p in reading.people[contact.pk].points if p.kind == PointKind.EMAIL],
        "synced": _synced(contact, reading) if synced else None,
    }


def _reach(reading: Reading, contact: int) -> list[tuple[str, Line]]:
    """The classes with what holds for them; those of which the same holds stand together."""
    together: dict[Line, list[str]] = {}
    for message_class, label in CLASSES:
        together.setdefault(_line(reading, contact, message_class), []).append(label)
    if len(together) == 1:
        return [("Every message", next(iter(together)))]
    return [(", ".join([labels[0], *map(_lowered, labels[1:])]), line) for line, labels in together.items()]


def _lowered(label: str) -> str:
    return label[0].lower() + label[1:]


def _line(reading: Reading, contact: int, message_class: str) -> Line:
    choice = messaging.way_of(reading, contact, message_class=message_class, copies=WAYS).choice
    waits = choice.verdict.detail if isinstance(choice.verdict, Hold) else ""
    return Line(
        way=NAMES.get(choice.by, ""),
        icon=ICONS.get(choice.by, "block"),
        to=phones.pretty(choice.to) if choice.by in ("text", "call") else choice.to,
        waits=waits,
        why_not=tuple((NAMES[way], _why(choice, way)) for way in WAYS if way != choice.by),
    )


def _why(choice: Choice, way: str) -> str:
    """Why a way is not taken, in the words of the desk."""
    refused = choice.refused.get(way)
    return words.why(refused.reason, refused.detail) if refused else choice.why[way]


def _consent(reading: Reading, contact: int, points: list[Point]) -> str:
    """What the business may assume about texts: every SMS ground and every suppressed number counts."""
    if CHANNEL_OF["text"] in reading.wishes.get(contact, NO_WISHES).blocked and not points:
        return "Opted out"
    out = sum(bool(reading.sms_blocked(contact, point.value)) for point in points)
    return f"Opted out of {out} number{'' if out == 1 else 's'}" if out else "Opted in"


def _number(reading: Reading, contact: int, point: Point) -> Number:
    """A line of unknown kind can be texted until its carrier has said that it cannot."""
    refused = point.line_type == LineType.UNKNOWN and "carrier_unreachable" in reading.sms_blocked(
        contact, point.value
    )
    line = LineType(point.line_type).label
    way = NAMES["text" if point.textable and not refused else "call"]
    return Number(point.value, phones.pretty(point.value), str(line), way, point.preferred)


def _synced(contact: Contact, reading: Reading) -> dict[str, Any]:
    rows = [row.said for row in Preference.objects.filter(contact=contact).order_by("ends_at")]
    holds = preferences.in_force(rows, reading.at)
    paused = reading.wishes.get(contact.pk, NO_WISHES).do_not_contact
    numbers = {point.value for point in reading.people[contact.pk].points}
    syncs = Sync.objects.filter(contact=contact).order_by("-pk")[:SYNCS_SHOWN]
    return {
        "paused": SET_BEFORE if paused and holds.method != "dnc" else "",
        "method": Method(holds.method).label if holds.method else "",
        "method_code": holds.method,
        "number": phones.pretty(holds.number) if holds.number in numbers else "",
        "appointment": holds.appointment,
        "until": next((row.ends_at for row in rows if row.appointment == holds.appointment), None),
        "syncs": [{"sync": sync, "said": in_words(sync.said)} for sync in syncs],
    }


def in_words(said: Mapping[str, Any]) -> str:
    """`Call, +1 415-555-0100; blocks Email; for the appointment A-17: Text`."""
    parts = [_spoken(said)]
    if "block" in said:
        names = ", ".join(str(Channel(channel).label) for channel in said["block"])
        parts.append(f"blocks {names or 'nothing'}")
    if about := said.get("appointment"):
        parts.append(f"for the appointment {about['id']}: {_spoken(about) or 'nothing'}")
    return "; ".join(filter(None, parts)) or "Nothing"


def _spoken(said: Mapping[str, Any]) -> str:
    told = []
    if "method" in said:
        method = said["method"]
        known = method in Method.values
        told.append(str(Method(method).label) if known else f"“{method}”" if method else "No preference")
    if "preferred_number" in said:
        number = said["preferred_number"]
        told.append(phones.pretty(number) if number else "no preferred number")
    return ", ".join(told)


@require_POST
def prefer(request: HttpRequest, pk: str) -> HttpResponse:
    """Make one of the contact's numbers the preferred one, or none."""
    contact = finding.contact(request, pk)
    said, error = "", ""
    try:
        number = request.POST.get("number", "").replace("\0", "")
        changed = preferring.choose(contact=contact, number=number, by=actor_of(request))
        said = "Preferred contact saved." if changed else "Nothing to change."
    except Invalid as invalid:
        error = str(invalid)
    except Conflict as conflict:
        error = str(conflict)
    if not site.part(request):
        (messages.error if error else messages.success)(request, error or said)
        return redirect(f"{reverse('admin:contacts_contact_change', args=[pk])}#preferred")
    context = {"contact": contact, "said": said, "error": error, **of(contact)}
    response = render(request, "desk/contact/preferred.html", context)
    if not error:
        response["HX-Trigger"] = "contact-changed"
    return response
