"""A contact's place in its pipeline: its status with the moves so far, its actions, and running one."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.desk import finding, site, words
from config.desk.pipelines import action as editor
from contacts.acting import actor_of
from contacts.models import Contact, Event, EventKind, Status
from contacts.services import statuses
from contacts.services.errors import Conflict, Invalid, RoleRequired
from workflows import names, wording
from workflows.models import ActionRun
from workflows.services import actions
from workflows.services.actions import Seen

MOVES_SHOWN = 10
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def card(request: HttpRequest, contact: Contact) -> dict[str, Any]:
    """What the contact's page shows of its status."""
    mine = Status.objects.of(contact.business_id).select_related("pipeline")
    current = mine.filter(contacts=contact).first()
    seen = actions.seen(contact, by=actor_of(request), status=current) if current else []
    offered = mine.open().order_by("pipeline__name", "position", "pk")
    return {
        "current": current,
        "offered": [one for one in offered if current is None or one.pk != current.pk],
        "groups": grouped([one for one in seen if one.refused is None]),
        "hidden": [one for one in seen if one.refused],
        "moves": moves(contact),
    }


def grouped(seen: list[Seen]) -> list[tuple[str, list[Seen]]]:
    """Buttons by category, the categories in words."""
    by_category = sorted(seen, key=lambda one: (one.action.category.lower(), one.action.name.lower()))
    groups = groupby(by_category, key=lambda one: one.action.category.lower())
    return [(category.capitalize(), list(some)) for category, some in groups]


def moves(contact: Contact) -> list[dict[str, Any]]:
    """Its latest moves, newest first: when, from where to where, and what stands behind each."""
    found = Event.objects.filter(contact=contact, kind=EventKind.STATUS_CHANGED).order_by("-at", "-pk")
    return [
        {
            "at": event.at,
            "summary": event.summary,
            "by": words.by_whom(event.source, event.actor),
            "through": event.data.get("through", ""),
        }
        for event in found[:MOVES_SHOWN]
    ]


@require_POST
def move(request: HttpRequest, pk: str) -> HttpResponse:
    contact = finding.contact(request, pk)
    wanted = request.POST.get("status", "")
    status = finding.one(Status.objects.of(contact.business_id), wanted) if wanted else None
    try:
        moved = statuses.change(
            business=contact.business,
            contacts=[contact.pk],
            status=status.pk if status else None,
            by=actor_of(request),
        )
    except (Conflict, Invalid) as refused:
        messages.error(request, f"Not changed. {refused}")
    else:
        said = f"{contact.name} is in {status.name} now." if status else f"{contact.name} has no status now."
        messages.success(request, said if moved else "Nothing to change.")
    return _back(contact)


def _back(contact: Contact) -> HttpResponse:
    return redirect(f"{reverse('admin:contacts_contact_change', args=[contact.pk])}#status")


@get_or_post
def run(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    """Say in words what the action will do; with POST, do it."""
    contact, chosen = finding.contact(request, pk), editor.found(request, action)
    if request.method == "POST":
        try:
            ran = actions.run(action=chosen, contact=contact.pk, by=actor_of(request))
        except (Conflict, RoleRequired) as refused:
            messages.error(request, f"Not run, and nothing was changed. {refused}")
        else:
            said = f"“{chosen.name}” done." if ran.changed else f"“{chosen.name}”: everything was so already."
            messages.success(request, said)
        return _back(contact)
    named = names.of(contact.business)
    denied = next(
        (one.refused for one in actions.seen(contact, by=actor_of(request)) if one.action == chosen), None
    )
    context = {
        "contact": contact,
        "action": chosen,
        "words": [wording.step(step, named) for step in chosen.operations],
        "lists": any(step["kind"] == "add_to_dnc" for step in chosen.operations),
        "refused": denied,
    }
    title = f"{chosen.name}: {contact.name}"
    return site.page(request, "desk/pipelines/run.html", context, title=title)


@require_safe
def why(request: HttpRequest, pk: str) -> HttpResponse:
    """Every action of the business, with why it is not on this contact's page."""
    contact = finding.contact(request, pk)
    seen = actions.seen(contact, by=actor_of(request))
    groups = [
        {"pipeline": pipeline, "status": status, "actions": list(some)}
        for (pipeline, status), some in groupby(
            seen, key=lambda one: (one.action.status.pipeline, one.action.status)
        )
    ]
    runs = ActionRun.objects.filter(contact=contact).order_by("-at", "-pk")[:50]
    context = {"contact": contact, "groups": groups, "runs": runs}
    title = f"Actions for {contact.name}"
    return site.page(request, "desk/pipelines/why.html", context, title=title)
