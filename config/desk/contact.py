"""The page of one contact: what they asked for on top, then who they are, what happened and what is to be done."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from config.desk import (
    contact_dnd,
    contact_message,
    contact_reach,
    contact_timeline,
    finding,
    merging,
    site,
)
from config.desk.pipelines import contact as pipeline
from contacts.acting import business_of, reaches
from contacts.models import Contact, PointKind
from contacts.services import tags
from contacts.words import Role
from workflows.models import Enrollment, Workflow

ENROLLMENTS_SHOWN = 20
NOTES_SHOWN = 20
DONE_TASKS_SHOWN = 5


def show(request: HttpRequest, pk: str) -> HttpResponse:
    if survivor := _merged_into(request, pk):
        return redirect("admin:contacts_contact_change", survivor)
    contact = finding.contact(request, pk)
    context = {
        "contact": contact,
        "dnd": contact_dnd.of(request, contact),
        "may_enroll": reaches(request, Role.MANAGER.value),
        "sales": pipeline.card(request, contact),
        **details(contact),
        **merging.sharing_on_page(contact),
        **labels(contact),
        **tasks(contact),
        **notes(contact),
        **enrollments(contact),
        **contact_reach.of(contact),
        **contact_timeline.first(contact),
        **contact_message.ready(request, contact),
    }
    return site.page(request, "desk/contact/page.html", context, title=contact.name)


def _merged_into(request: HttpRequest, pk: str) -> int | None:
    """Where an old bookmark of somebody who has become part of another contact leads."""
    if not pk.isdecimal() or len(pk) > finding.LONGEST_ID:
        return None
    gone = Contact.objects.filter(business=business_of(request), pk=int(pk))
    return gone.values_list("merged_into", flat=True).first()


def details(contact: Contact) -> dict[str, Any]:
    points = list(contact.points.all())
    return {
        "phones": [point for point in points if point.kind == PointKind.PHONE],
        "other_points": [point for point in points if point.kind != PointKind.PHONE],
    }


def labels(contact: Contact) -> dict[str, Any]:
    return {"tags": tags.names_of(contact.pk)}


def tasks(contact: Contact) -> dict[str, Any]:
    mine = contact.tasks.order_by("due_at", "pk")
    return {
        "open_tasks": mine.filter(done_at=None),
        "done_tasks": mine.exclude(done_at=None).order_by("-done_at")[:DONE_TASKS_SHOWN],
    }


def notes(contact: Contact) -> dict[str, Any]:
    return {"notes": contact.notes.select_related("author").order_by("-pk")[:NOTES_SHOWN]}


def enrollments(contact: Contact) -> dict[str, Any]:
    mine = Enrollment.objects.filter(contact=contact).select_related("workflow", "version").order_by("-pk")
    published = Workflow.objects.of(contact.business_id).filter(
        versions__retired_at=None, versions__isnull=False
    )
    return {"enrollments": mine[:ENROLLMENTS_SHOWN], "workflows": published.distinct().order_by("name")}


PARTS = {
    "tags": labels,
    "tasks": tasks,
    "notes": notes,
    "enrollments": enrollments,
    "reach": contact_reach.of,
    "preferred": contact_reach.of,
}


@require_safe
def part(request: HttpRequest, pk: str, name: str) -> HttpResponse:
    """One card of the page as it is now, for when something else on the page changed it."""
    contact = finding.contact(request, pk)
    if name not in PARTS:
        raise Http404
    context = {"contact": contact, "may_enroll": reaches(request, Role.MANAGER.value), **PARTS[name](contact)}
    return render(request, f"desk/contact/{name}.html", context)
