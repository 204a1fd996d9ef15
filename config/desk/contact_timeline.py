"""The conversation on a contact's page: messages both ways, and all that happened between, newest first by day.

Earlier parts come on request; a part of it alone can be shown.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.desk import finding, site, timeline, words
from config.desk.timeline import Item, tables
from contacts.models import Contact
from contacts.rest.problems import Problem
from contacts.words import channels_in, in_words
from dnd import flags
from dnd.models import Standing
from messaging.models import Message, MessageState

SHOWN_AT_ONCE = 25
ICONS = {
    "contact_dnd": "do_not_disturb_on",
    "do_not_contact_changed": "pause_circle",
    "message": "chat",
    "tag_added": "label",
    "tag_removed": "label_off",
    "task": "task_alt",
    "note": "sticky_note_2",
    "status_changed": "swap_horiz",
    "action_run": "touch_app",
    "enrollment": "account_tree",
    "step": "skip_next",
    "contact_created": "person_add",
    "contact_updated": "edit",
    "contact_merged": "merge",
}
CENTRED = ("contact_dnd", "do_not_contact_changed", "inbound_blocked")
PARTS = (
    ("", "Everything"),
    (tables.MESSAGES, "Messages"),
    (tables.DND, "DND"),
    (tables.WORK, "Tasks and notes"),
    (tables.WORKFLOWS, "Workflows"),
    (tables.REST, "Other"),
)
NOT_SENT = (MessageState.DROPPED, MessageState.HELD)


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it is drawn. `shape`: theirs, ours, centred or plain. `why`: it can say why it was not sent."""

    item: Item
    icon: str
    shape: str
    why: bool = False


def first(contact: Contact) -> dict[str, Any]:
    return _page(contact, "", "")


@require_safe
def earlier(request: HttpRequest, pk: str) -> HttpResponse:
    """The newest part again, or with `before` the part that follows; without htmx on a page of its own."""
    contact = finding.contact(request, pk)
    before, part = request.GET.get("before", ""), request.GET.get("show", "")
    if part not in dict(PARTS):
        raise Http404
    try:
        shown = _page(contact, before, part)
    except Problem as error:
        raise Http404 from error
    if not site.part(request):
        return site.page(
            request, "desk/contact/timeline_page.html", {"contact": contact, **shown}, title=contact.name
        )
    template = "desk/contact/timeline_more.html" if before else "desk/contact/timeline.html"
    return render(request, template, {"contact": contact, **shown})


def _page(contact: Contact, before: str, part: str) -> dict[str, Any]:
    page = timeline.timeline(contact, before=before, limit=SHOWN_AT_ONCE, part=part)
    now = timezone.now()
    days = [
        {"title": title, "lines": [_line(item) for item in items]}
        for title, items in groupby(page.items, key=lambda item: words.day(item.at, now))
    ]
    address = reverse("desk:timeline", args=[contact.pk])
    more = f"{address}?{urlencode({'before': page.next, 'show': part})}" if page.next else ""
    return {"days": days, "more": more, "part": part, "parts": PARTS, **_state(contact)}


def _state(contact: Contact) -> dict[str, str]:
    """The contact's DND in one word, and what is blocked."""
    mask = Standing.objects.filter(contact=contact).values_list("outbound", flat=True).first() or 0
    return {"state": flags.state_of(mask), "blocked": in_words(channels_in(mask))}


@require_safe
def state(request: HttpRequest, pk: str) -> HttpResponse:
    """The badge alone, as it is now."""
    return render(request, "desk/parts/state.html", _state(finding.contact(request, pk)))


def _line(item: Item) -> Line:
    icon, message = ICONS.get(item.kind, "circle"), item.message
    if message is None:
        return Line(item, icon, "centred" if item.kind in CENTRED else "plain")
    shape = "theirs" if message.direction == Message.Way.INBOUND else "ours"
    return Line(item, icon, shape, why=message.state in NOT_SENT)
