"""The page of one workflow: the editor for those who may edit, an outline in words for everybody."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config.desk import finding, site, workflow_times, workflow_vocabulary
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Business
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Role
from messaging.services.manual import VARIABLES
from workflows import names, wording
from workflows import services as workflows
from workflows.models import Enrollment, Workflow

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
KEYS = ("name", "settings", "triggers", "steps")
EMPTY: dict[str, Any] = {"name": "", "settings": {}, "triggers": [], "steps": []}
LARGEST = 1_000_000
PLAINLY = (
    (".workflow", "Give the id", "Choose a workflow."),
    (".status", "Give the id", "Choose a status."),
    (".channels", "The flag", "Tick at least one channel."),
    (".channels", "Name at least one", "Tick at least one channel."),
    (".for", "Give a whole number", "Say how long."),
    (".until", "Give a time", "Give a date and a time."),
)


@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    """A new workflow: the editor, empty, until it is saved for the first time."""
    business = business_of(request)
    if request.method == "POST":
        return _save(request, business, None)
    if not reaches(request, Role.MANAGER.value):
        raise RoleRequired(Role.MANAGER.value)
    return _page(request, business, None, EMPTY)


@get_or_post
def show(request: HttpRequest, pk: str) -> HttpResponse:
    workflow = finding.workflow(request, pk)
    if request.method == "POST":
        return _save(request, workflow.business, workflow)
    return _page(request, workflow.business, workflow, definition_of(workflow))


def definition_of(workflow: Workflow) -> dict[str, Any]:
    return {key: getattr(workflow, key) for key in KEYS}


def _save(request: HttpRequest, business: Business, workflow: Workflow | None) -> HttpResponse:
    """Save what the editor sends as JSON, or the form without scripts as text; errors come back by dotted path."""
    by_script = request.content_type == "application/json"
    text = request.body.decode(errors="replace") if by_script else request.POST.get("definition", "")
    try:
        data = workflow_times.to_utc(read(text), business)
        if workflow:
            drawn = drawn_at(request)
            saved = workflows.update(workflow=workflow, data=data, by=actor_of(request), drawn=drawn)
        else:
            saved = workflows.create(business=business, data=data, by=actor_of(request))
    except (Invalid, Conflict) as refused:
        errors = mistakes(refused)
        if by_script:
            shown = {path: plainly(path, sentence) for path, sentence in errors.items()}
            return JsonResponse({"errors": shown}, status=status_of(refused))
        return _page(request, business, workflow, EMPTY, text=text, errors=errors)
    where = reverse("desk:workflow", args=[saved.pk])
    if by_script:
        return JsonResponse({"url": where, "changed_at": saved.changed_at.isoformat()})
    messages.success(request, "Saved.")
    return redirect(where)


def drawn_at(request: HttpRequest) -> str:
    """When what the page was drawn with had last been changed, as the page sends it back."""
    return request.headers.get("X-Changed-At") or request.POST.get("changed_at", "")


def mistakes(refused: Invalid | Conflict) -> dict[str, str]:
    """One sentence by dotted path; what stands in the way of all of it has none."""
    if isinstance(refused, Invalid):
        return refused.errors
    return {"": f"{refused} What you wrote is still here."}


def status_of(refused: Invalid | Conflict) -> int:
    return 422 if isinstance(refused, Invalid) else 409


def plainly(path: str, sentence: str) -> str:
    """The sentence as somebody needs it who clicks: the service's own is written for programs."""
    for ending, beginning, words in PLAINLY:
        if path.endswith(ending) and sentence.startswith(beginning):
            return words
    return sentence


def read(text: str) -> Mapping[str, Any]:
    if len(text) > LARGEST:
        raise Invalid({"": "This is too large: a workflow has at most 1 MB."})
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid({"": "This is not JSON: correct it and save again."}) from error
    if not isinstance(data, dict):
        raise Invalid({"": "Give a workflow as a JSON object."})
    return data


def _page(
    request: HttpRequest,
    business: Business,
    workflow: Workflow | None,
    definition: Mapping[str, Any],
    *,
    text: str = "",
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    may_edit = reaches(request, Role.MANAGER.value)
    shown = workflow_times.to_local(definition, business)
    context = {
        "workflow": workflow,
        "may_edit": may_edit,
        "definition": shown,
        "definition_text": text or json.dumps(definition, indent=2, ensure_ascii=False),
        "changed_at": drawn_at(request) or (workflow.changed_at.isoformat() if workflow else ""),
        "errors": errors or {},
        "variables": sorted(VARIABLES),
        "vocabulary": workflow_vocabulary.vocabulary(business, workflow) if may_edit else {},
        **(standing(workflow) if workflow else {}),
    }
    if workflow:
        context |= outline(workflow, business)
    template = "desk/workflow/editor.html" if may_edit else "desk/workflow/outline_page.html"
    title = workflow.name if workflow else "New workflow"
    return site.page(request, template, context, title=title, status=422 if errors else 200)


def standing(workflow: Workflow) -> dict[str, Any]:
    """What is published, whether it is what was saved last, and who is in it."""
    version = workflows.published_version(workflow)
    running = Enrollment.objects.running().filter(workflow=workflow)
    same = version and (version.settings, version.triggers, version.steps) == (
        workflow.settings,
        workflow.triggers,
        workflow.steps,
    )
    return {"version": version, "unpublished": bool(version and not same), "running": running.count()}


def outline(workflow: Workflow, business: Business) -> dict[str, Any]:
    """Triggers and steps in words."""
    named = names.of(business)
    return {
        "starts": [
            {"name": t.get("name", ""), "words": wording.trigger(t, named)} for t in workflow.triggers
        ],
        "tree": branches(workflow.steps, named),
    }


def branches(
    steps: Sequence[Mapping[str, Any]], named: Mapping[str, str], path: str = ""
) -> list[dict[str, Any]]:
    """Steps in words, each with its number and the steps inside it."""
    return [
        {
            "kind": step["kind"],
            "number": wording.number(f"{path}{position}"),
            "words": wording.step(step, named),
            "text": _text(step),
            "yes": branches(step.get("then", []), named, f"{path}{position}.then."),
            "no": branches(step.get("else", []), named, f"{path}{position}.else."),
        }
        for position, step in enumerate(steps)
    ]


def _text(step: Mapping[str, Any]) -> str:
    """What a message says: each way on a line of its own, where it has several."""
    ways = (step.get("text"), step.get("call"), step.get("email", {}).get("body"), step.get("body"))
    return "\n".join(filter(None, ways))


def _editable(request: HttpRequest, pk: str) -> Workflow:
    """The workflow, for somebody who may edit it. The services ask again."""
    workflow = finding.workflow(request, pk)
    if not reaches(request, Role.MANAGER.value):
        raise RoleRequired(Role.MANAGER.value)
    return workflow


@get_or_post
def publish(request: HttpRequest, pk: str) -> HttpResponse:
    """Say what publishing will do; with POST, do it."""
    workflow = _editable(request, pk)
    if request.method == "POST":
        try:
            version = workflows.publish(workflow=workflow, by=actor_of(request))
            messages.success(request, f"Published as version {version.number}. {_from_now_on(workflow)}")
        except (Conflict, Invalid) as error:
            messages.error(request, f"Not published. {error}")
        return redirect("desk:workflow", pk)
    context = {
        "workflow": workflow,
        "refusal": workflows.refusal(workflow),
        "from_now_on": _from_now_on(workflow),
        "warnings": workflows.lint(workflow, called=wording.number),
        "forecast": workflows.preview(workflow),
        "next": (workflow.versions.aggregate(last=Max("number"))["last"] or 0) + 1,
        "older": _running_by_version(workflow),
        **standing(workflow),
        **outline(workflow, workflow.business),
    }
    return site.page(request, "desk/workflow/publish.html", context, title=f"Publish {workflow.name}?")


def _from_now_on(workflow: Workflow) -> str:
    if any(trigger["type"] != "manual" for trigger in workflow.triggers):
        return "From now on it starts by itself."
    return "From now on contacts can be added to it; it does not start by itself."


def _running_by_version(workflow: Workflow) -> list[dict[str, Any]]:
    running = Enrollment.objects.running().filter(workflow=workflow)
    counted = running.order_by("version__number").values_list("version__number").annotate(Count("pk"))
    return [{"number": number, "count": count} for number, count in counted]


@get_or_post
def unpublish(request: HttpRequest, pk: str) -> HttpResponse:
    workflow = _editable(request, pk)
    if request.method == "POST":
        workflows.unpublish(workflow=workflow, by=actor_of(request))
        messages.success(request, "Unpublished. Nobody comes in any more; who is in it goes on.")
        return redirect("desk:workflow", pk)
    context = {"workflow": workflow, **standing(workflow)}
    return site.page(request, "desk/workflow/unpublish.html", context, title=f"Unpublish {workflow.name}?")


@get_or_post
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    workflow = _editable(request, pk)
    if request.method == "POST":
        workflows.delete(workflow=workflow, by=actor_of(request))
        messages.success(request, f"{workflow.name} deleted.")
        return redirect("admin:workflows_workflow_changelist")
    context = {"workflow": workflow, **standing(workflow)}
    return site.page(request, "desk/workflow/delete.html", context, title=f"Delete {workflow.name}?")


@require_safe
def status(request: HttpRequest, pk: str) -> HttpResponse:
    """The card that says what is published, as it is now."""
    workflow = finding.workflow(request, pk)
    context = {"workflow": workflow, "may_edit": reaches(request, Role.MANAGER.value), **standing(workflow)}
    return render(request, "desk/workflow/status.html", context)
