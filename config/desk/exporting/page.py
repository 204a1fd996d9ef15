"""Exporting contacts from the list, with its filters, and fetching the files."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from config.desk import finding, site
from config.desk.exporting import runner
from config.desk.settings_pages import get_or_post
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Job
from contacts.services import jobs
from contacts.services.errors import RoleRequired
from contacts.words import Channel, Role
from dnd import audience
from dnd.audience import Wanted
from dnd.models import Reason, State

SHOWN = 20
CHOICES = {"dnd_state": State.values, "dnd_channel": Channel.values, "dnd_reason": Reason.values}


def _need_manager(request: HttpRequest) -> None:
    if not reaches(request, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)


@get_or_post
def start(request: HttpRequest) -> HttpResponse:
    """Who would be in the file, by the filters that the list had, and the files before."""
    _need_manager(request)
    business, given = business_of(request), request.POST if request.method == "POST" else request.GET
    wanted = _wanted({name: value for name, value in given.items() if isinstance(value, str)})
    if request.method == "POST":
        runner.start(business=business, wanted=wanted, by=actor_of(request))
        messages.success(request, "The export has begun. The file is offered here when it is done.")
        return redirect("desk:exports")
    before = Job.objects.of(business).filter(kind=runner.KIND).order_by("-pk")[:SHOWN]
    context = {
        "count": f"{audience.matching(business, wanted).count():,}",
        "hidden": [(name, _shown(value)) for name, value in wanted.items()],
        "jobs": before,
        "working": any(job.is_open for job in before),
        "file": runner.FILE,
    }
    if site.part(request):
        return site.page(request, "desk/exporting/files.html", context, title="Export contacts")
    return site.page(request, "desk/exporting/page.html", context, title="Export contacts")


def _wanted(given: dict[str, str]) -> Wanted:
    """The filters of the list, as its address has them. What is no filter, or no value of one, filters nothing."""
    wanted: dict[str, Any] = {
        name: given[name] for name, values in CHOICES.items() if given.get(name) in values
    }
    if term := given.get("search", given.get("q", "")).strip():
        wanted["search"] = term[:200]
    if tag := given.get("tag", ""):
        wanted["tag"] = tag[:200]
    if given.get("do_not_contact") in ("0", "1"):
        wanted["do_not_contact"] = given["do_not_contact"] == "1"
    return cast("Wanted", wanted)


def _shown(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


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
