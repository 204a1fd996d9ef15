"""One contact's way through a workflow: what each step came to and why, where it stands, and taking it out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.desk import finding, site
from contacts.acting import actor_of, reaches
from contacts.words import Role
from messaging.models import Message
from workflows import names, wording
from workflows import services as workflows
from workflows.models import RUNNING, Enrollment, Workflow


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """The path so far. With POST: take the contact out of the workflow."""
    enrollment = finding.enrollment(request, pk)
    if request.method == "POST":
        removed = workflows.remove(enrollment=enrollment, by=actor_of(request))
        said = f"{removed.contact.name} is out of {removed.workflow.name}."
        messages.success(request, said if removed.state == "removed" else "It had ended already.")
        return redirect("desk:enrollment", pk)
    context = {
        "enrollment": enrollment,
        "path": path_of(enrollment),
        "firing": getattr(enrollment, "firing", None),
        "running": enrollment.state in RUNNING,
        "may_remove": reaches(request, Role.MANAGER.value),
    }
    title = f"{enrollment.contact.name} in {enrollment.workflow.name}"
    return site.page(request, "desk/enrollment.html", context, title=title)


def path_of(enrollment: Enrollment) -> list[dict[str, Any]]:
    """Each step that ran, in order, in words; and at the end the step that it stands at."""
    gone = Workflow.objects.filter(business=enrollment.business).exclude(deleted_at=None)
    named = {str(pk): name for pk, name in gone.values_list("pk", "name")} | names.of(enrollment.business)
    words = {path: wording.step(step, named) for path, step in steps_of(enrollment.version.steps)}
    runs = list(enrollment.step_runs.order_by("position"))
    sent = Message.objects.in_bulk([run.message for run in runs if run.message])
    path: list[dict[str, Any]] = [
        {"words": words.get(run.step, run.kind), "run": run, "message": sent.get(run.message or 0)}
        for run in runs
    ]
    if enrollment.state in RUNNING and enrollment.position < len(enrollment.version.program):
        at = enrollment.version.program[enrollment.position]["path"]
        path.append({"words": words.get(at, enrollment.kind), "run": None, "message": None})
    return path


def steps_of(steps: Sequence[Mapping[str, Any]], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every step of a version with its path, such as 2.then.0."""
    for position, step in enumerate(steps):
        here = f"{path}{position}"
        yield here, step
        for branch in ("then", "else"):
            yield from steps_of(step.get(branch, ()), f"{here}.{branch}.")
