"""An action on many contacts at once: which action, on whom, how many, and then a job with its progress."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.desk import finding, listed, site
from contacts.acting import actor_of, business_of
from contacts.actors import Actor
from contacts.models import Business, Job, Tag
from contacts.services import jobs
from contacts.services.errors import Conflict, RoleRequired
from contacts.words import Channel
from dnd.audience import Wanted
from dnd.models import Reason, State
from workflows import bulk, names, wording
from workflows.models import StatusAction
from workflows.services import actions

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
ANY = ("", "All")


class BulkForm(forms.Form):
    """The filters are those of the list; the action names the status, so that no other status is looked at."""

    action = forms.ChoiceField(label="Action", error_messages={"required": "Choose an action."})
    search = forms.CharField(max_length=200, required=False, label="Search")
    tag = forms.ChoiceField(required=False, label="Tag")
    dnd_state = forms.ChoiceField(required=False, label="DND", choices=[ANY, *State.choices])
    dnd_channel = forms.ChoiceField(required=False, label="Blocked channel", choices=[ANY, *Channel.choices])
    dnd_reason = forms.ChoiceField(required=False, label="Reason", choices=[ANY, *Reason.choices])
    do_not_contact = forms.ChoiceField(
        required=False, label="Automations", choices=[ANY, ("1", "Paused"), ("0", "Not paused")]
    )

    def __init__(self, business: Business, by: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tags = Tag.objects.filter(business=business).order_by("name").values_list("name", flat=True)[:500]
        self.fields["tag"].choices = [ANY, *((name, name) for name in tags)]  # type: ignore[attr-defined]
        self.fields["action"].choices = [("", "Choose an action"), *runnable(business, by)]  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """The filters that were filled in."""
        given = {key: value for key, value in self.cleaned_data.items() if value and key != "action"}
        if "do_not_contact" in given:
            given["do_not_contact"] = given["do_not_contact"] == "1"
        return given  # type: ignore[return-value]


def runnable(business: Business, by: Actor) -> list[tuple[str, str]]:
    """The actions that this person may run, each with its status."""
    found = StatusAction.objects.of(business).select_related("status__pipeline")
    ordered = list(found.order_by("status__pipeline__name", "status__position", "status", "name"))
    unpublished = actions.seeing.unpublished_of(ordered)
    return [
        (str(one.pk), f"{one.status.pipeline.name}, {one.status.name}: {one.name}")
        for one in ordered
        if not actions.seeing.cannot_at_all(one, by=by, unpublished=unpublished)
    ]


@get_or_post
def run(request: HttpRequest) -> HttpResponse:
    """Choose, count, confirm: three looks at the same form. Only the last writes, and what it writes is a job."""
    business, by = business_of(request), actor_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    form = BulkForm(business, by, asked if "action" in asked else None, initial=_from_list(request))
    context: dict[str, Any] = {"form": form, "back": reverse(listed.LIST)}
    if form.is_bound and form.is_valid():
        action = finding.one(_actions(business), form.cleaned_data["action"])
        params = {"action": action.pk, "filter": form.wanted()}
        count = bulk.matching(action, params).count()
        if request.method == "POST" and count:
            try:
                job = start(action, params, count, by)
            except (Conflict, RoleRequired) as refused:
                form.add_error("action", str(refused))
            else:
                return redirect("desk:job", job.pk)
        named = names.of(business)
        context |= {
            "action": action,
            "count": count,
            "words": [wording.step(step, named) for step in action.operations],
        }
    status = 422 if form.errors else 200
    return site.page(
        request, "desk/pipelines/bulk.html", context, title="Run an action on many", status=status
    )


def start(action: StatusAction, params: dict[str, Any], count: int, by: Actor) -> Job:
    """The job, after a look whether this person may run the action at all."""
    unpublished = actions.seeing.unpublished_of([action])
    if refused := actions.seeing.cannot_at_all(action, by=by, unpublished=unpublished):
        raise refused.error()
    title = f"“{action.name}” on {count:,} contact{'' if count == 1 else 's'} in {action.status.name}"
    return jobs.create(
        business=action.status.pipeline.business,
        kind=bulk.KIND,
        title=title[:200],
        params=params,
        by=by,
        total=count,
    )


def _actions(business: Business) -> Any:
    return StatusAction.objects.of(business).select_related("status__pipeline__business")


def _from_list(request: HttpRequest) -> dict[str, str]:
    """What the list was filtered by, under the names that this form has for it."""
    return {"action": request.GET.get("action", ""), **listed.filters(request.GET)}
