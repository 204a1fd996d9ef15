"""The pages of an import: the file, its columns, the check, and what became of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from config.desk import finding, site
from config.desk.importing import showing
from config.desk.importing.runners import PROBLEMS
from config.desk.settings_pages import get_or_post, tried
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Import, Job
from contacts.services import importing, jobs
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Role

SHOWN_IMPORTS = 20


class UploadForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        help_text="Save a sheet as “CSV UTF-8”. The first row names the columns; what they mean is chosen next.",
        widget=forms.ClearableFileInput({"accept": ".csv,.txt,.tsv,text/csv"}),
    )


def _need_manager(request: HttpRequest) -> None:
    """What the service would say, before anything is uploaded."""
    if not reaches(request, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)


def _source(request: HttpRequest, pk: str) -> Import:
    _need_manager(request)
    return finding.one(Import.objects.of(business_of(request)).select_related("business"), pk)


@get_or_post
def start(request: HttpRequest) -> HttpResponse:
    """Bring in a file, and see those that were brought in before."""
    _need_manager(request)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and (source := tried(form, lambda data: _brought(request, data))):
        return redirect("desk:import-columns", source.pk)
    before = Import.objects.of(business_of(request)).order_by("-pk")[:SHOWN_IMPORTS]
    context = {"form": form, "imports": before}
    status = 422 if form.errors else 200
    return site.page(request, "desk/importing/start.html", context, title="Import contacts", status=status)


def _brought(request: HttpRequest, data: dict[str, Any]) -> Import:
    file = data["file"]
    return importing.bring(
        business=business_of(request), filename=file.name, file=file, size=file.size, by=actor_of(request)
    )


@get_or_post
def choose(request: HttpRequest, pk: str) -> HttpResponse:
    """What each column means, and how contacts are found again."""
    source = _source(request, pk)
    if source.state not in (Import.State.MAPPING, Import.State.CHECKING, Import.State.CHECKED):
        return redirect("desk:import", source.pk)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            importing.choose(source=source, by=actor_of(request), **_chosen(request, source))
            return redirect("desk:import", source.pk)
        except Invalid as invalid:
            errors = invalid.errors
        except Conflict as conflict:
            errors = {"columns": str(conflict)}
    context = showing.mapping(source, request.POST if request.method == "POST" else None, errors)
    return site.page(
        request, "desk/importing/columns.html", context, title=f"Columns of {source.filename}",
        status=422 if errors else 200,
    )  # fmt: skip


def _chosen(request: HttpRequest, source: Import) -> dict[str, Any]:
    return {
        "targets": [request.POST.get(f"column-{place}", "") for place in range(len(source.headers))],
        "match": request.POST.get("match", ""),
        "tag_names": request.POST.get("tags", "").split(","),
        "starts": request.POST.get("starts") == "on",
    }


@require_safe
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """Where it stands: the check, the run, or their result. While it works the page asks again by itself."""
    source = _source(request, pk)
    if source.state == Import.State.MAPPING:
        return redirect("desk:import-columns", source.pk)
    context = showing.standing(source)
    if site.part(request):
        return site.page(request, "desk/importing/standing.html", context, title=source.filename)
    return site.page(request, "desk/importing/page.html", context, title=f"Import of {source.filename}")


@require_POST
def go(request: HttpRequest, pk: str) -> HttpResponse:
    return _done(request, pk, importing.go)


@require_POST
def stop(request: HttpRequest, pk: str) -> HttpResponse:
    """Cancel the job that is under way; what it has done stays, and it can go on later."""
    source = _source(request, pk)
    job = Job.objects.open().filter(pk__in=[*source.check_jobs, *source.run_jobs]).first()
    if job is not None:
        try:
            jobs.cancel(job=job, by=actor_of(request))
        except Conflict as conflict:
            messages.warning(request, str(conflict))
    return redirect("desk:import", source.pk)


@require_POST
def discard(request: HttpRequest, pk: str) -> HttpResponse:
    _done(request, pk, importing.discard)
    return redirect("desk:imports")


def _done(request: HttpRequest, pk: str, do: Any) -> HttpResponse:
    source = _source(request, pk)
    try:
        do(source=source, by=actor_of(request))
    except Conflict as conflict:
        messages.warning(request, str(conflict))
    return redirect("desk:import", source.pk)


@require_safe
def problems(request: HttpRequest, pk: str) -> StreamingHttpResponse:
    """The rows that were not imported, as they stood in the file, each with the reason."""
    source = _source(request, pk)
    job = Job.objects.filter(pk__in=(source.run_jobs or source.check_jobs)[-1:]).first()
    if job is None or PROBLEMS not in {file.name for file in jobs.files_of(job)}:
        raise Http404
    response = StreamingHttpResponse(jobs.read(job, PROBLEMS), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{PROBLEMS}"'
    return response
