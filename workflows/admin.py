"""The lists of workflows and of enrollments. Their pages are config/desk/workflow.py and config/desk/enrollment.py."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse

from contacts.acting import business_of, reaches
from contacts.admin import Choice, DeskList
from contacts.words import Role
from workflows import names, wording
from workflows.models import RUNNING, Enrollment, EnrollmentState, Version, Workflow


@admin.register(Workflow)
class WorkflowList(DeskList):
    title = "Workflows"
    lead = "What happens by itself, and when it starts."
    columns = ("Name", "Starts when", "Published", "In it now", "")
    row_template = "desk/rows/workflow.html"
    ordering = ("name", "pk")
    search_fields = ("name",)
    empty = (
        "account_tree",
        "No workflows yet",
        "A workflow does something by itself, for example when somebody opts out of SMS.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        inside = Enrollment.objects.running().filter(workflow=OuterRef("pk")).order_by().values("workflow")
        running = Coalesce(Subquery(inside.annotate(count=Count("pk")).values("count")), 0)
        versions = Prefetch("versions", Version.objects.published(), to_attr="in_force")
        found: QuerySet[Workflow] = super().get_queryset(request).filter(deleted_at=None)
        return found.annotate(running=running).prefetch_related(versions)

    def rows(self, request: HttpRequest, found: Iterable[Any]) -> list[Any]:
        named = names.of(business_of(request))
        return [
            {
                "workflow": workflow,
                "version": next(iter(workflow.in_force), None),
                "starts": [wording.trigger(trigger, named) for trigger in workflow.triggers],
            }
            for workflow in found
        ]

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        if not reaches(request, Role.MANAGER.value):
            return []
        return [(reverse("desk:workflow-add"), "add", "New workflow")]


class StateChoice(Choice):
    title = "State"
    parameter_name = "state"
    choices_of = (("running", "Running"), *EnrollmentState.choices)

    def chosen(self, queryset: QuerySet[Enrollment], value: str) -> QuerySet[Enrollment]:
        return queryset.filter(state__in=RUNNING) if value == "running" else queryset.filter(state=value)


class WorkflowChoice(Choice):
    title = "Workflow"
    parameter_name = "workflow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        mine = Workflow.objects.of(business_of(request)).order_by("name").values_list("pk", "name")
        return [(str(pk), name) for pk, name in mine]


@admin.register(Enrollment)
class EnrollmentList(DeskList):
    title = "Enrollments"
    lead = "Who went into which workflow, how they came in, and how far they got."
    columns = ("Contact", "Workflow", "State", "Came in by", "Since", "")
    row_template = "desk/rows/enrollment.html"
    ordering = ("-pk",)
    list_select_related = ("contact", "workflow", "version")
    list_filter = (WorkflowChoice, StateChoice)
    empty = ("conversion_path", "Nobody yet", "Publish a workflow, and whoever goes into it is listed here.")
