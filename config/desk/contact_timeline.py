"""A contact's timeline on its page: newest first, grouped by day, earlier parts on request."""

from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.desk import finding, site, timeline, words
from contacts.models import Contact
from contacts.rest.problems import Problem

SHOWN_AT_ONCE = 25
ICONS = {
    "contact_dnd": "do_not_disturb_on",
    "do_not_contact_changed": "pause_circle",
    "message": "chat",
    "tag_added": "label",
    "tag_removed": "label_off",
    "task": "task_alt",
    "note": "sticky_note_2",
    "enrollment": "account_tree",
    "step": "skip_next",
    "contact_created": "person_add",
    "contact_updated": "edit",
    "contact_merged": "merge",
}


def first(contact: Contact) -> dict[str, Any]:
    return _page(contact, "")


@require_safe
def earlier(request: HttpRequest, pk: str) -> HttpResponse:
    """The timeline's newest part again, or with `before` the part that follows; without htmx on a page of its own."""
    contact = finding.contact(request, pk)
    before = request.GET.get("before", "")
    try:
        shown = _page(contact, before)
    except Problem as error:
        raise Http404 from error
    if not site.part(request):
        return site.page(
            request, "desk/contact/timeline_page.html", {"contact": contact, **shown}, title=contact.name
        )
    template = "desk/contact/timeline_more.html" if before else "desk/contact/timeline.html"
    return render(request, template, {"contact": contact, **shown})


def _page(contact: Contact, before: str) -> dict[str, Any]:
    page = timeline.timeline(contact, before=before, limit=SHOWN_AT_ONCE)
    now = timezone.now()
    days = [
        {"title": title, "lines": [{"item": item, "icon": ICONS.get(item.kind, "circle")} for item in items]}
        for title, items in groupby(page.items, key=lambda item: words.day(item.at, now))
    ]
    return {"days": days, "before": page.next}
