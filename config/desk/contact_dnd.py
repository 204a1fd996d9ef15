"""A contact's DND on the desk: each channel in words, and the change that a switch asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from config.desk import finding, site
from contacts.acting import actor_of
from contacts.models import Business, Contact
from contacts.services.errors import Conflict
from contacts.words import CHANNELS_OF, Channel, Direction, channels_in, in_words, mask_of
from dnd import flags
from dnd import services as dnd
from dnd.flags import Flag, Panel
from dnd.models import State

NOTE_LIMIT = 2000
EVERYTHING = {"outbound": "All outbound channels", "inbound": "Inbound calls and SMS"}


@dataclass(frozen=True, slots=True)
class Row:
    """One channel as the panel shows it."""

    key: str
    label: str
    flag: Flag
    error: str = ""


@dataclass(frozen=True, slots=True)
class Master:
    """The switch for a whole direction. `stuck` are the channels that this person cannot free, with the reason."""

    key: str
    label: str
    blocked: int
    total: int
    state: str
    stuck: tuple[Row, ...]
    needs_note: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a switch asks for: `outbound.sms.block`, `inbound.all.allow`, `automations.do_not_contact.block`."""

    direction: str
    what: str
    block: bool
    note: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> "Asked | None":
        """None when this is no change that the panel could have asked for."""
        direction, _, rest = data.get("change", "").partition(".")
        what, _, verb = rest.partition(".")
        known = (
            *CHANNELS_OF.get(direction, ()),
            "do_not_contact" if direction == Direction.AUTOMATIONS else "all",
        )
        note = data.get("note", "").replace("\0", "").strip()
        if (
            direction not in CHANNELS_OF
            or what not in known
            or verb not in ("block", "allow")
            or len(note) > NOTE_LIMIT
        ):
            return None
        return cls(direction, what, verb == "block", note)

    @property
    def change(self) -> str:
        return f"{self.direction}.{self.what}.{'block' if self.block else 'allow'}"

    @property
    def key(self) -> str:
        return f"{self.direction}.{self.what}"

    def wish(self) -> dnd.Wish:
        if self.direction == Direction.AUTOMATIONS:
            return dnd.Wish(do_not_contact=self.block)
        channels = CHANNELS_OF[self.direction] if self.what == "all" else (self.what,)
        wanted = dict.fromkeys(channels, self.block)
        if self.direction == Direction.OUTBOUND:
            return dnd.Wish(outbound=wanted, note=self.note)
        return dnd.Wish(inbound=wanted, note=self.note)

    @property
    def subject(self) -> str:
        if self.direction == Direction.AUTOMATIONS:
            return "Automations"
        if self.what == "all":
            return EVERYTHING[self.direction]
        label = Channel(self.what).label
        return label if self.direction == Direction.OUTBOUND else inbound_label(self.what)

    def done(self, changed: bool) -> str:
        """What is said after saving."""
        if self.direction == Direction.AUTOMATIONS:
            state = "paused" if self.block else "no longer paused"
        else:
            state = "blocked" if self.block else "allowed"
        return (
            f"{self.subject} {state}." if changed else f"Nothing to change: {self.subject} already {state}."
        )


def inbound_label(channel: str) -> str:
    return "Inbound calls" if channel == Channel.CALL else "Inbound SMS"


def describe(contact: Contact, panel: Panel, errors: Mapping[str, str]) -> dict[str, Any]:
    """The panel as its template wants it."""
    rows = {
        way: [_row(flag, errors) for flag in flags_of.values()]
        for way, flags_of in (("outbound", panel.outbound), ("inbound", panel.inbound))
    }
    outbound, inbound = (
        _master(way, rows[way], errors.get(f"{way}.all", "")) for way in ("outbound", "inbound")
    )
    return {
        "contact": contact,
        "panel": panel,
        "state": State(panel.state),
        "blocked": in_words(channels_in(mask_of(c for c, flag in panel.outbound.items() if flag.enabled))),
        "outbound": outbound,
        "inbound": inbound,
        "outbound_rows": rows["outbound"],
        "inbound_rows": rows["inbound"],
        "switch": panel.do_not_contact,
        "switch_error": errors.get("automations.do_not_contact", ""),
        "show_switch": _shows_switch(contact.business, on=panel.do_not_contact.enabled),
    }


def _shows_switch(business: Business, *, on: bool) -> bool:
    """Never where a record system decides: what it says is on a card of its own."""
    if business.preferences_source == Business.PreferencesSource.SYNCED:
        return False
    return business.allow_do_not_contact or on


def _row(flag: Flag, errors: Mapping[str, str]) -> Row:
    key = f"{flag.direction}.{flag.channel}"
    label = (
        Channel(flag.channel).label if flag.direction == Direction.OUTBOUND else inbound_label(flag.channel)
    )
    return Row(key, label, flag, errors.get(key, ""))


def _master(direction: str, rows: list[Row], error: str) -> Master:
    blocked = [row for row in rows if row.flag.enabled]
    state = "off" if not blocked else "on" if len(blocked) == len(rows) else "partial"
    return Master(
        key=f"{direction}.all",
        label=EVERYTHING[direction],
        blocked=len(blocked),
        total=len(rows),
        state=state,
        stuck=tuple(row for row in blocked if not row.flag.may_lift),
        needs_note=any(row.flag.needs_note for row in blocked),
        error=error,
    )


def of(request: HttpRequest, contact: Contact, errors: Mapping[str, str] | None = None) -> dict[str, Any]:
    by = actor_of(request)
    shown = describe(contact, flags.panel(contact, by), errors or {})
    return {**shown, "undo": dnd.undo_offered(contact.pk, by)}


@require_POST
def change(request: HttpRequest, pk: str) -> HttpResponse:
    """Save what a switch asks for, and show the panel as it is then."""
    contact = finding.contact(request, pk)
    asked = Asked.read(request.POST)
    if asked is None:
        return HttpResponseBadRequest("This is no change of DND.")
    errors: dict[str, str] = {}
    try:
        outcome = dnd.change_one(
            business=contact.business, contact=contact.pk, wish=asked.wish(), by=actor_of(request)
        )
        said = asked.done(bool(outcome.changes))
    except dnd.Refused as refused:
        errors, said = _refused(asked, refused)
        if not site.part(request) and refused.code == "note_required":
            return redirect(f"{reverse('desk:dnd-note', args=[pk])}?change={asked.change}")
    return _answer(request, contact, said, errors)


def _refused(asked: Asked, refused: dnd.Refused) -> tuple[dict[str, str], str]:
    """The refusal at each row that it is about, and in one sentence."""
    errors = {f"{one.direction}.{one.channel}": one.why for one in refused.refusals}
    if asked.what == "all":
        names = in_words([one.channel for one in refused.refusals])
        errors[asked.key] = f"Nothing was changed, because of {names}: see below."
    return errors, f"{asked.subject} not changed. {refused}"


def _answer(request: HttpRequest, contact: Contact, said: str, errors: dict[str, str]) -> HttpResponse:
    if not site.part(request):
        (messages.error if errors else messages.success)(request, said)
        return redirect(f"{reverse('admin:contacts_contact_change', args=[contact.pk])}#dnd")
    context = {"dnd": of(request, contact, errors), "said": said, "failed": bool(errors)}
    response = render(request, "desk/contact/dnd_saved.html", context)
    if not errors:
        response["HX-Trigger"] = "contact-changed"
    return response


@require_POST
def undo(request: HttpRequest, pk: str) -> HttpResponse:
    """Go back from what this person has just changed, if nothing has changed since."""
    contact = finding.contact(request, pk)
    version = request.POST.get("undo", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        return HttpResponseBadRequest("This is no change of DND.")
    try:
        dnd.undo(business=contact.business, contact=contact.pk, version=int(version), by=actor_of(request))
    except (Conflict, dnd.NoSuchContact) as refused:
        return _answer(request, contact, f"Nothing was undone. {refused}", {"undo": str(refused)})
    return _answer(request, contact, "Undone: everything is as it was.", {})


@require_safe
def panel(request: HttpRequest, pk: str) -> HttpResponse:
    """The panel alone, as it is now."""
    return render(request, "desk/contact/dnd.html", {"dnd": of(request, finding.contact(request, pk))})


@require_safe
def note(request: HttpRequest, pk: str) -> HttpResponse:
    """Ask for the note that a lift needs, on a page of its own: the way without JavaScript."""
    contact = finding.contact(request, pk)
    asked = Asked.read(request.GET)
    if asked is None or asked.block:
        return HttpResponseBadRequest("This is no change of DND that needs a note.")
    return site.page(
        request, "desk/contact/note.html", {"contact": contact, "asked": asked}, title=contact.name
    )
