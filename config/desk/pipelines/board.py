"""Every pipeline with its statuses in order."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.desk import finding, site
from config.desk.pipelines.forms import PipelineForm
from config.desk.settings_pages import form_page, tried
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Contact, Pipeline, Status
from contacts.services import pipelines
from contacts.services.errors import Conflict
from contacts.words import Role
from workflows.models import ActionTemplate

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    business = business_of(request)
    statuses = Status.objects.of(business).annotate(acts=Count("actions")).order_by("position", "pk")
    inside = counts(Contact.objects.of(business))
    templates = ActionTemplate.objects.filter(business=business).order_by("record_type", "name")
    board = []
    for pipeline in Pipeline.objects.of(business).order_by("name"):
        rows = [one for one in statuses if one.pipeline_id == pipeline.pk]
        board.append(
            {
                "pipeline": pipeline,
                "statuses": [{"status": one, "contacts": inside.get(one.pk, 0)} for one in rows],
                "contacts": sum(inside.get(one.pk, 0) for one in rows),
                "no_dead": not any(one.dead and not one.archived for one in rows),
            }
        )
    context = {"board": board, "templates": templates, "may_edit": reaches(request, Role.MANAGER.value)}
    return site.page(request, "desk/pipelines/board.html", context, title="Pipelines")


def counts(contacts: QuerySet[Contact]) -> dict[int, int]:
    """How many of these contacts are in each status."""
    found = contacts.exclude(status=None).order_by().values_list("status").annotate(Count("pk"))
    return {status: count for status, count in found if status is not None}


@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    pipelines.need_manager(actor_of(request))
    form = PipelineForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = tried(
            form,
            lambda data: pipelines.create_pipeline(
                business=business_of(request), by=actor_of(request), **data
            ),
        )
        if made:
            messages.success(request, f"{made.name} made. Now give it its statuses.")
            return redirect("desk:status-add", made.pk)
    return _form(request, form, title="New pipeline")


@get_or_post
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    pipelines.need_manager(actor_of(request))
    pipeline = found(request, pk)
    start = {"name": pipeline.name, "record_type": pipeline.record_type}
    form = PipelineForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and "remove" in request.POST:
        return _remove(request, pipeline)
    if request.method == "POST" and tried(
        form,
        lambda data: pipelines.update_pipeline(pipeline=pipeline, data=data, by=actor_of(request)),
    ):
        messages.success(request, "Saved.")
        return redirect("desk:pipelines")
    return _form(request, form, title=pipeline.name, removal="Delete this pipeline")


def _remove(request: HttpRequest, pipeline: Pipeline) -> HttpResponse:
    try:
        pipelines.delete_pipeline(pipeline=pipeline, by=actor_of(request))
    except Conflict as conflict:
        messages.error(request, f"Not deleted: {conflict}")
        return redirect("desk:pipeline", pipeline.pk)
    messages.success(request, f"{pipeline.name} deleted.")
    return redirect("desk:pipelines")


def _form(request: HttpRequest, form: PipelineForm, **more: Any) -> HttpResponse:
    return form_page(request, form, back=(reverse("desk:pipelines"), "All pipelines"), **more)


@require_POST
def shift(request: HttpRequest, pk: str) -> HttpResponse:
    """A status one place up or down."""
    status = status_of(request, pk)
    pipelines.shift_status(status=status, up=request.POST.get("up") == "1", by=actor_of(request))
    return redirect(f"{reverse('desk:pipelines')}#status-{status.pk}")


def found(request: HttpRequest, pk: str) -> Pipeline:
    return finding.one(Pipeline.objects.of(business_of(request)).select_related("business"), pk)


def status_of(request: HttpRequest, pk: str) -> Status:
    return finding.one(Status.objects.of(business_of(request)).select_related("pipeline__business"), pk)
