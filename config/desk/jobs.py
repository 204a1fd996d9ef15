"""Long work: how far it is, what it refused, what it left, and cancelling it. The list stands in contacts/admin.py."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from config.desk import finding, site
from contacts.acting import actor_of, business_of, membership_of
from contacts.models import Job
from contacts.services import jobs
from contacts.services.errors import Conflict

SHOWN_REFUSALS = 50


@require_safe
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """One job; for htmx, the part of its page that moves."""
    job = _job(request, pk)
    may_manage = jobs.may_manage(job, membership_of(request).role)
    context: dict[str, Any] = {"job": job, "may_manage": may_manage}
    if not job.is_open:
        context["files"] = jobs.files_of(job)
        refusals = job.refusals.select_related("contact").order_by("pk")
        context["refusals"] = refusals[:SHOWN_REFUSALS]
        context["more_refusals"] = max(0, job.refused - SHOWN_REFUSALS)
    if site.part(request):
        return render(request, "desk/jobs/progress.html", context)
    return site.page(request, "desk/jobs/page.html", context, title=job.title)


@require_safe
def line(request: HttpRequest, pk: str) -> HttpResponse:
    """Its line of the list, as it is now."""
    return render(request, "desk/rows/job.html", {"row": _job(request, pk)})


@require_POST
def cancel(request: HttpRequest, pk: str) -> HttpResponse:
    job = _job(request, pk)
    try:
        jobs.cancel(job=job, by=actor_of(request))
        messages.success(request, "Cancelled. What was done until then stays done.")
    except Conflict as conflict:
        messages.info(request, str(conflict))
    return redirect("desk:job", pk)


@require_safe
def refused(request: HttpRequest, pk: str) -> StreamingHttpResponse:
    """What it refused, as CSV."""
    job = _job(request, pk)
    return _download(jobs.refused_csv(job), "text/csv; charset=utf-8", f"refused-{job.pk}.csv")


@require_safe
def fetch(request: HttpRequest, pk: str, name: str) -> StreamingHttpResponse:
    """A file that it left. 404 to whoever may not start such a job: to them it is not there."""
    job = _job(request, pk)
    file = next((file for file in jobs.files_of(job) if file.name == name), None)
    if file is None or not jobs.may_manage(job, membership_of(request).role):
        raise Http404
    response = _download(jobs.read(job, name), file.content_type, file.name)
    response.headers["Content-Length"] = str(file.size)
    return response


def _job(request: HttpRequest, pk: str) -> Job:
    return finding.one(Job.objects.of(business_of(request)), pk)


def _download(content: Any, content_type: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = str(content_disposition_header(True, name))
    return response
