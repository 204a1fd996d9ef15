"""Exporting contacts from the list, with its filters, and fetching the files."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from config.desk import finding, listed, site
from config.desk.broadcasts import wording
from config.desk.exporting import runner
from config.desk.listed import Listed
from config.desk.settings_pages import get_or_post
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Business, Job, Status
from contacts.services import jobs
from contacts.services.errors import RoleRequired
from contacts.words import Role

SHOWN = 20
NAMED = {"search": "Search", "tag": "Tag", "status": "Status"}
"""Filters that are refused when they cannot be read. A choice that is none filters nothing, as in the list."""


def _need_manager(request: HttpRequest) -> None:
    if not reaches(request, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)


@get_or_post
def start(request: HttpRequest) -> HttpResponse:
    """Whom the file would have, by the filters that the list had, and the files before."""
    _need_manager(request)
    business, given = business_of(request), request.POST if request.method == "POST" else request.GET
    before = Job.objects.of(business).filter(kind=runner.KIND).order_by("-pk")[:SHOWN]
    context: dict[str, Any] = {"jobs": before, "working": any(job.is_open for job in before)}
    if site.part(request):
        return site.page(request, "desk/exporting/files.html", context, title="Export contacts")
    asked = listed.read(business, given)
    refused = {NAMED[name]: why for name, why in asked.unread.items() if name in NAMED}
    if request.method == "POST" and not refused:
        by = actor_of(request)
        runner.start(business=business, wanted=asked.wanted, dead_too=asked.dead_too, by=by)
        messages.success(request, "The export has begun. The file is offered here when it is done.")
        return redirect("desk:exports")
    context |= {"refused": refused} if refused else _whom(business, asked)
    context["hidden"] = listed.parameters(given).items()
    status = 422 if refused else 200
    return site.page(request, "desk/exporting/page.html", context, title="Export contacts", status=status)


def _whom(business: Business, asked: Listed) -> dict[str, Any]:
    """How many the file would have, and in words which of all."""
    which = list(wording.filters(asked.wanted, wording.status_names(business)))
    if not asked.dead_too and Status.objects.of(business).dead().exists():
        which.append("without those in dead statuses")
    found = runner.chosen(business, asked.wanted, dead_too=asked.dead_too)
    return {"count": f"{found.count():,}", "which": which}


@require_safe
def fetch(request: HttpRequest, pk: str) -> StreamingHttpResponse:
    """The file of an export that is done."""
    _need_manager(request)
    mine = Job.objects.of(business_of(request)).filter(kind=runner.KIND, state="done")
    job = finding.one(mine, pk)
    if not jobs.files_of(job):
        raise Http404
    response = StreamingHttpResponse(jobs.read(job, runner.FILE), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{runner.FILE}"'
    return response
