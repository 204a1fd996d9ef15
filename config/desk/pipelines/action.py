"""Writing an action, in the editor of workflows, and putting it into many statuses."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from config.desk import finding, site
from config.desk.pipelines import board
from config.desk.settings_pages import blame
from config.desk.workflow import drawn_at, mistakes, plainly, read, status_of
from config.desk.workflow_vocabulary import vocabulary
from contacts.acting import actor_of, business_of
from contacts.models import Status
from contacts.services import pipelines
from contacts.services.errors import Conflict, Invalid
from messaging.services.manual import VARIABLES
from workflows.definition.operations import ALLOWED
from workflows.models import CATEGORIES, ActionTemplate, StatusAction
from workflows.services import actions
from workflows.services.actions.applying import Source

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
ON_CONFLICT = [
    ("skip", "Leave that status as it is"),
    ("replace", "Replace the one that is there"),
    ("keep", "Keep the one that is there, and put this one beside it"),
]


@get_or_post
def add(request: HttpRequest, pk: str) -> HttpResponse:
    """A new action of a status; asked for the usual one, it is filled in."""
    status = board.status_of(request, pk)
    pipelines.need_manager(actor_of(request))
    if request.method == "POST":
        return _save(request, status, None)
    usual = (
        actions.suggested(status)
        if "usual" in request.GET
        else {"name": "", "category": "other", "operations": []}
    )
    return _page(request, status, None, usual)


@get_or_post
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    action = found(request, pk)
    pipelines.need_manager(actor_of(request))
    if request.method == "POST":
        return _save(request, action.status, action)
    return _page(request, action.status, action, _definition(action))


def found(request: HttpRequest, pk: str) -> StatusAction:
    mine = StatusAction.objects.of(business_of(request)).select_related("status__pipeline__business")
    return finding.one(mine, pk)


def _definition(action: StatusAction) -> dict[str, Any]:
    return {"name": action.name, "category": action.category, "operations": action.operations}


def _save(request: HttpRequest, status: Status, action: StatusAction | None) -> HttpResponse:
    """Save what the editor sends as JSON, or the form without scripts as text."""
    by_script = request.content_type == "application/json"
    text = request.body.decode(errors="replace") if by_script else request.POST.get("definition", "")
    by = actor_of(request)
    try:
        data = _as_action(read(text))
        if action:
            actions.update(action=action, data=data, by=by, drawn=drawn_at(request))
        else:
            actions.create(status=status, data=data, by=by)
    except (Invalid, Conflict) as refused:
        errors = mistakes(refused)
        shown = {path.replace("operations", "steps", 1): plainly(path, said) for path, said in errors.items()}
        if by_script:
            return JsonResponse({"errors": shown}, status=status_of(refused))
        empty = {"name": "", "category": "other", "operations": []}
        return _page(request, status, action, empty, text=text, errors=errors)
    where = reverse("desk:status", args=[status.pk])
    if by_script:
        return JsonResponse({"url": where})
    messages.success(request, "Saved.")
    return redirect(where)


def _as_action(data: Mapping[str, Any]) -> dict[str, Any]:
    """The editor of workflows calls operations steps, and has settings and triggers, which an action has not."""
    renamed = {("operations" if key == "steps" else key): value for key, value in data.items()}
    return {key: value for key, value in renamed.items() if key not in ("settings", "triggers")}


def _page(
    request: HttpRequest,
    status: Status,
    action: StatusAction | None,
    given: Mapping[str, Any],
    *,
    text: str = "",
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    business = business_of(request)
    words = vocabulary(business)
    inside = Status.objects.filter(pipeline=status.pipeline_id).open()
    words["steps"] = [spec for spec in words["steps"] if spec["kind"] in ALLOWED]
    words["statuses"] = [(str(pk), name) for pk, name in inside.values_list("pk", "name")]
    dead = actions.advice.dead_statuses(status)
    words["dead"] = [(str(one.pk), one.name) for one in dead]
    words["standard_name"] = actions.advice.STANDARD_NAME
    words["status"] = status.name
    context = {
        "status": status,
        "action": action,
        "definition": {
            "name": given["name"],
            "category": given["category"],
            "settings": {},
            "triggers": [],
            "steps": given["operations"],
        },
        "definition_text": text or json.dumps(dict(given), indent=2, ensure_ascii=False),
        "vocabulary": words,
        "categories": CATEGORIES,
        "warnings": actions.warnings(status, given["operations"]),
        "changed_at": drawn_at(request) or (action.changed_at.isoformat() if action else ""),
        "errors": errors or {},
        "variables": sorted(VARIABLES),
    }
    title = action.name if action else f"New action in {status.name}"
    code = 422 if errors else 200
    return site.page(request, "desk/pipelines/action.html", context, title=title, status=code)


@require_POST
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    action = found(request, pk)
    actions.delete(action=action, by=actor_of(request))
    messages.success(request, f"{action.name} deleted. What it has done stays.")
    return redirect("desk:status", action.status_id)


class ApplyForm(forms.Form):
    statuses = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label="Put it into",
        error_messages={"required": "Tick at least one status."},
    )
    on_conflict = forms.ChoiceField(
        choices=ON_CONFLICT,
        widget=forms.RadioSelect,
        initial="skip",
        label="Where an action of this name is already",
    )

    def __init__(self, business: Any, source: Source, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ = Status.objects.of(business).open().filter(pipeline__record_type__iexact=source.record_type)
        rows = open_.order_by("pipeline__name", "position", "pk").values_list("pk", "pipeline__name", "name")
        self.fields["statuses"].choices = [(str(pk), f"{pipeline}: {name}") for pk, pipeline, name in rows]  # type: ignore[attr-defined]


@get_or_post
def copy(request: HttpRequest, pk: str) -> HttpResponse:
    action = found(request, pk)
    back = (reverse("desk:status", args=[action.status_id]), action.status.name)
    return _apply(request, Source.of_action(action), back)


@get_or_post
def apply_template(request: HttpRequest, pk: str) -> HttpResponse:
    kept = finding.one(ActionTemplate.objects.filter(business=business_of(request)), pk)
    if "remove" in request.POST:
        actions.drop_template(template=kept, by=actor_of(request))
        messages.success(request, f"The template {kept.name} is gone. What was made of it stays.")
        return redirect("desk:pipelines")
    return _apply(
        request, Source.of_template(kept), (reverse("desk:pipelines"), "All pipelines"), template=kept
    )


def _apply(request: HttpRequest, source: Source, back: tuple[str, str], **more: Any) -> HttpResponse:
    """Choose the statuses, look at what would come of each, and do it."""
    business, by = business_of(request), actor_of(request)
    pipelines.need_manager(by)
    form = ApplyForm(business, source, request.POST if request.method == "POST" else None)
    results, done = [], "apply" in request.POST
    if request.method == "POST" and form.is_valid():
        wanted = [int(pk) for pk in form.cleaned_data["statuses"]]
        try:
            results = actions.apply(
                business=business,
                source=source,
                statuses=wanted,
                on_conflict=form.cleaned_data["on_conflict"],
                by=by,
                preview=not done,
            )
        except (Invalid, Conflict) as refused:
            errors = refused.errors if isinstance(refused, Invalid) else {"": str(refused)}
            blame(form, errors)
    context = {
        "form": form,
        "source": source,
        "results": results,
        "done": done and results,
        "back": back,
        **more,
    }
    title = f"Put “{source.name}” into statuses"
    code = 422 if form.errors else 200
    return site.page(request, "desk/pipelines/apply.html", context, title=title, status=code)


@require_POST
def save_template(request: HttpRequest, pk: str) -> HttpResponse:
    kept = actions.save_template(action=found(request, pk), by=actor_of(request))
    messages.success(request, f"Saved as a template for {kept.record_type}. Choose where it goes.")
    return redirect("desk:template-apply", kept.pk)
