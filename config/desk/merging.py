"""Duplicates, and making one contact of two: side by side, with what their DND comes to, before anything happens."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config.desk import finding, site
from contacts import duplicates
from contacts.acting import actor_of, business_of
from contacts.models import Contact
from contacts.search import search
from contacts.services import merging
from contacts.services.errors import Conflict, Invalid
from contacts.words import CHANNELS_OF, Channel
from dnd.models import Reason
from dnd.policy import Position
from dnd.services import merging as dnd_merging

MOST_FOUND = 10
PARTED = "|"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of which a contact has one. `theirs_first`: what is chosen without a word."""

    name: str
    label: str
    mine: str
    theirs: str

    @property
    def differs(self) -> bool:
        return bool(self.mine and self.theirs and self.mine != self.theirs)


@dataclass(frozen=True, slots=True)
class Line:
    """One channel of both, and of the one who is left."""

    label: str
    mine: str
    theirs: str
    after: str

    @property
    def stricter(self) -> bool:
        return self.after != self.mine


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Addresses that several contacts have."""
    kind, _, value = request.GET.get("after", "").replace("\0", "").partition(PARTED)
    found = duplicates.find(business_of(request), after=(kind, value), limit=duplicates.PAGE + 1)
    more = len(found) > duplicates.PAGE
    found = found[: duplicates.PAGE]
    after = f"{found[-1].kind}{PARTED}{found[-1].value}" if more else ""
    context = {"found": found, "after": after, "begins": not value}
    return site.page(request, "desk/merging/duplicates.html", context, title="Possible duplicates")


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: str) -> HttpResponse:
    """Choose whom, then compare, then do it."""
    mine = finding.contact(request, pk)
    data = request.POST if request.method == "POST" else request.GET
    chosen = data.get("other", "")
    if not chosen:
        return _choose(request, mine)
    theirs = finding.contact(request, chosen)
    error = ""
    if request.method == "POST":
        try:
            return _merge(request, mine, theirs)
        except (Invalid, Conflict, merging.NoSuchOther) as refused:
            error = str(refused)
    elif mine.pk == theirs.pk:
        error = "A contact cannot be merged with itself: choose another one."
    return _compare(request, mine, theirs, error)


def _merge(request: HttpRequest, mine: Contact, theirs: Contact) -> HttpResponse:
    take = [name for name in merging.CHOOSABLE if request.POST.get(f"take-{name}") == "theirs"]
    merging.merge(business=mine.business, winner=mine.pk, loser=theirs.pk, take=take, by=actor_of(request))
    messages.success(request, f"Merged: {theirs.name} is part of this contact now.")
    return redirect("admin:contacts_contact_change", mine.pk)


def _choose(request: HttpRequest, mine: Contact) -> HttpResponse:
    term = request.GET.get("q", "").replace("\0", "").strip()[:200]
    others = Contact.objects.of(mine.business).exclude(pk=mine.pk).order_by("-pk")
    found = search(others, term, country=mine.business.country)[:MOST_FOUND] if term else []
    context = {"contact": mine, "q": term, "found": found, "sharing": duplicates.sharing(mine)}
    return site.page(request, "desk/merging/choose.html", context, title=f"Merge {mine.name} with …")


def _compare(request: HttpRequest, mine: Contact, theirs: Contact, error: str) -> HttpResponse:
    context = {
        "contact": mine,
        "other": theirs,
        "error": error,
        "fields": _fields(mine, theirs),
        "lines": _dnd(mine, theirs),
        "phones": _phones(mine, theirs),
        "status": merging.stricter(mine.status, theirs.status),
        "swapped": f"{reverse('desk:merge', args=[theirs.pk])}?other={mine.pk}",
    }
    title = f"Merge {theirs.name} into {mine.name}?"
    return site.page(request, "desk/merging/compare.html", context, title=title, status=422 if error else 200)


def _fields(mine: Contact, theirs: Contact) -> list[Field]:
    fields = [
        Field(name, merging.LABELS[name], merging.value_of(mine, name), merging.value_of(theirs, name))
        for name in merging.CHOOSABLE
    ]
    return [field for field in fields if field.mine or field.theirs]


def _phones(mine: Contact, theirs: Contact) -> list[str]:
    numbers = [p.value for one in (mine, theirs) for p in one.points.all() if p.kind == "phone"]
    return list(dict.fromkeys(numbers))


def _dnd(mine: Contact, theirs: Contact) -> list[Line]:
    before, other, after = dnd_merging.foresee(mine.pk, theirs.pk)
    lines = [
        Line(_label(way, channel), *(_words(one, way, channel) for one in (before, other, after)))
        for way in ("outbound", "inbound")
        for channel in CHANNELS_OF[way]
    ]
    if before.do_not_contact or other.do_not_contact:
        words = ["paused" if one.do_not_contact else "" for one in (before, other, after)]
        lines.append(Line("Automations (Do Not Contact)", *words))
    return lines


def _label(way: str, channel: str) -> str:
    label = str(Channel(channel).label)
    return label if way == "outbound" else f"{label}, from them to you"


def _words(position: Position, way: str, channel: str) -> str:
    """Why it is blocked; empty where it is allowed."""
    return ", ".join(str(Reason(reason).label) for reason in position.reasons(way, channel))


def sharing_on_page(contact: Contact) -> dict[str, Any]:
    """For the contact's page: by address, who else has it."""
    return {"sharing": duplicates.sharing(contact)}
