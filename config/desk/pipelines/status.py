"""One status: what it is, its actions, and what becomes of its contacts when it goes."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.desk import finding, site
from config.desk.pipelines import board
from config.desk.pipelines.forms import StatusForm
from config.desk.settings_pages import form_page, tried
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Contact, Status
from contacts.services import pipelines, statuses
from contacts.services.errors import Conflict, Invalid
from contacts.words import Role
from workflows import names, wording
from workflows.models import StatusAction
from workflows.services import actions

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
def add(request: HttpRequest, pk: str) -> HttpResponse:
    by = actor_of(request)
    pipelines.need_manager(by)
    pipeline = board.found(request, pk)
    form = StatusForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = tried(
            form,
            lambda _: pipelines.create_status(pipeline=pipeline, data=form.data_of_service(), by=by),
        )
        if made:
            messages.success(request, f"{made.name} added.")
            return redirect("desk:pipelines")
    back = (reverse("desk:pipelines"), "All pipelines")
    return form_page(request, form, title=f"New status in {pipeline.name}", back=back, save="Add")


@get_or_post
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """The status; for managers with its form."""
    status, by = board.status_of(request, pk), actor_of(request)
    form = StatusForm(request.POST if request.method == "POST" else None, initial=StatusForm.start(status))
    if request.method == "POST":
        pipelines.need_manager(by)
        if tried(form, lambda _: pipelines.update_status(status=status, data=form.data_of_service(), by=by)):
            messages.success(request, "Saved.")
            return redirect("desk:status", status.pk)
    context = {
        "status": status,
        "form": form,
        "may_edit": reaches(request, Role.MANAGER.value),
        "contacts": Contact.objects.of(business_of(request)).filter(status=status).count(),
        "actions": listed(status),
        "dead": actions.advice.dead_statuses(status),
    }
    code = 422 if form.errors else 200
    return site.page(request, "desk/pipelines/status.html", context, title=status.name, status=code)


def listed(status: Status) -> list[dict[str, Any]]:
    """Its actions in words, with what is probably not meant."""
    named = names.of(status.pipeline.business)
    found = StatusAction.objects.filter(status=status).order_by("category", "name")
    return [
        {
            "action": one,
            "words": [wording.step(step, named) for step in one.operations],
            "warnings": actions.warnings(status, one.operations),
        }
        for one in found
    ]


@get_or_post
def remove(request: HttpRequest, pk: str) -> HttpResponse:
    """Ask where its contacts go; with POST, move them there and remove it."""
    status, by = board.status_of(request, pk), actor_of(request)
    pipelines.need_manager(by)
    others = Status.objects.filter(pipeline=status.pipeline_id).exclude(pk=status.pk).open()
    error = ""
    if request.method == "POST":
        target = request.POST.get("move_to", "")
        try:
            move_to = finding.one(others, target) if target else None
            moved = statuses.delete(status=status, move_to=move_to, by=by)
        except (Conflict, Invalid) as refused:
            error = str(refused)
        else:
            said = f", and {moved:,} contact{'' if moved == 1 else 's'} moved to {move_to}" if moved else ""
            messages.success(request, f"{status.name} deleted{said}.")
            return redirect("desk:pipelines")
    context = {
        "status": status,
        "others": others,
        "contacts": Contact.objects.filter(status=status).count(),
        "actions": StatusAction.objects.filter(status=status).count(),
        "error": error,
    }
    code = 422 if error else 200
    return site.page(
        request, "desk/pipelines/remove.html", context, title=f"Delete {status.name}?", status=code
    )
