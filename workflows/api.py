"""Workflows and enrollments over REST."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.rest import bodies, paging
from contacts.rest.fields import Id, ListQuery, Moment, Strict, shape
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.words import Channel, Role
from workflows import services as workflows
from workflows.models import Enrollment, EnrollmentState, Outcome, StepRun, Version, Workflow
from workflows.shapes import STEPS, TRIGGERS

MANAGER = Role.MANAGER.value


@extend_schema_field(TRIGGERS)
class Triggers(serializers.JSONField):
    pass


@extend_schema_field(STEPS)
class Steps(serializers.JSONField):
    pass


class Settings(serializers.Serializer[Mapping[str, bool]]):
    allow_reentry = serializers.BooleanField(required=False)
    remove_when_all_dnd = serializers.BooleanField(required=False)


class WorkflowOut(serializers.ModelSerializer[Workflow]):
    id = Id()
    settings = Settings()
    triggers = Triggers()
    steps = Steps()
    published = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField(help_text="The number of the published version.")
    created_at = Moment()
    changed_at = Moment()

    class Meta:
        model = Workflow
        fields = (
            "id", "name", "settings", "triggers", "steps", "published", "version", "created_at", "changed_at",
        )  # fmt: skip

    def get_published(self, workflow: Workflow) -> bool:
        return self.get_version(workflow) is not None

    def get_version(self, workflow: Workflow) -> int | None:
        """The resource prefetches no other versions than the published one."""
        return next((version.number for version in workflow.versions.all()), None)


class WorkflowIn(serializers.Serializer[Any]):
    """A workflow's definition; workflows/definition reads it."""

    name = serializers.CharField(max_length=200)
    settings = Settings(required=False)
    triggers = Triggers(required=False)
    steps = Steps(required=False)


class WorkflowChange(WorkflowIn):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=200, required=False)


class StepForecastOut(serializers.Serializer[Any]):
    step = serializers.CharField(help_text="The step's path, such as 2.then.0.")
    kind = serializers.CharField()
    channel = serializers.ChoiceField(choices=Channel.values)
    send = serializers.IntegerField(help_text="How many contacts it would reach.")
    skipped = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many it would not, by reason."
    )


class ForecastOut(serializers.Serializer[Any]):
    contacts = serializers.IntegerField()
    steps = StepForecastOut(many=True)
    warnings = serializers.ListField(child=serializers.CharField())


class StepRunOut(serializers.ModelSerializer[StepRun]):
    outcome = serializers.ChoiceField(choices=Outcome.values)
    at = Moment()
    message = Id(allow_null=True)

    class Meta:
        model = StepRun
        fields = ("step", "kind", "outcome", "reason", "detail", "at", "message")


class EnrollmentOut(serializers.ModelSerializer[Enrollment]):
    id = Id()
    workflow = Id(source="workflow_id")
    version = serializers.IntegerField(source="version.number")
    contact = Id(source="contact_id")
    state = serializers.ChoiceField(choices=EnrollmentState.values)
    exit_reason = serializers.SerializerMethodField(
        help_text="Empty while it runs; else such as: removed by a user"
    )
    step_runs = StepRunOut(many=True, help_text="In the order in which they ran.")

    class Meta:
        model = Enrollment
        fields = ("id", "workflow", "version", "contact", "state", "exit_reason", "entered_by", "step_runs")

    def get_exit_reason(self, enrollment: Enrollment) -> str:
        return EXIT_REASONS.get(enrollment.exit_reason, "")


EXIT_REASONS: Mapping[str, str] = {
    Enrollment.Exit.COMPLETED.value: "completed",
    Enrollment.Exit.WORKFLOW.value: "removed by workflow action",
    Enrollment.Exit.EXTERNAL.value: "removed by external workflow action",
    Enrollment.Exit.USER.value: "removed by a user",
    Enrollment.Exit.ALL_DND.value: "all channels DND",
    Enrollment.Exit.DELETED.value: "contact deleted",
    Enrollment.Exit.MERGED.value: "contact merged into another",
    Enrollment.Exit.FAILED.value: "failed",
}


OPT_OUT = {
    "name": "SMS opt-out",
    "settings": {"allow_reentry": True},
    "triggers": [
        {
            "type": "contact_dnd",
            "filters": {"direction": "outbound", "flag": "enabled_specific", "channels": ["sms"]},
        }
    ],
    "steps": [
        {"kind": "add_tag", "tag": "SMS Opt-Out"},
        {
            "kind": "internal_notification",
            "to": "managers",
            "message": "{{contact.first_name}} opted out of SMS",
        },
    ],
}


class EnrollmentIn(Strict):
    contact = Id()


class Workflows(Resource):
    """What happens, and when it starts."""

    tag = "workflows"
    least_role: ClassVar = dict.fromkeys(
        ("create", "partial_update", "destroy", "publish", "unpublish", "enroll"), MANAGER
    )

    @extend_schema(parameters=[ListQuery], responses=page_of("WorkflowPage", WorkflowOut))
    def list(self, request: Request) -> Response:
        page = paging.page_of(request, self._workflows(), self.query())
        return Response(page.body(shape(WorkflowOut).to_representation))

    @extend_schema(request=WorkflowIn, responses={201: WorkflowOut}, examples=example(OPT_OUT))
    def create(self, request: Request) -> Response:
        made = workflows.create(business=self.business, data=bodies.read(request), by=self.actor)
        return Response(self._show(made.pk), status=201)

    @extend_schema(responses=WorkflowOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(self._show(row(id)))

    @extend_schema(request=WorkflowChange, responses=WorkflowOut)
    def partial_update(self, request: Request, id: str) -> Response:
        workflow = self._workflow(id)
        workflows.update(workflow=workflow, data=bodies.read(request), by=self.actor)
        return Response(self._show(workflow.pk))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        workflows.delete(workflow=self._workflow(id), by=self.actor)
        return Response(status=204)

    @extend_schema(
        request=None, responses={200: WorkflowOut, 409: problem("It has no steps (`nothing_to_publish`).")}
    )
    def publish(self, request: Request, id: str) -> Response:
        workflow = self._workflow(id)
        self.no_body()
        workflows.publish(workflow=workflow, by=self.actor)
        return Response(self._show(workflow.pk))

    @extend_schema(request=None, responses=WorkflowOut)
    def unpublish(self, request: Request, id: str) -> Response:
        workflow = self._workflow(id)
        self.no_body()
        workflows.unpublish(workflow=workflow, by=self.actor)
        return Response(self._show(workflow.pk))

    @extend_schema(request=None, responses=ForecastOut)
    def preview(self, request: Request, id: str) -> Response:
        """If every contact went through it as it stands now, and what is probably not meant."""
        workflow = self._workflow(id)
        self.no_body()
        forecast = workflows.preview(workflow)
        return Response(
            {
                "contacts": forecast.contacts,
                "steps": [shape(StepForecastOut).to_representation(step) for step in forecast.steps],
                "warnings": workflows.lint(workflow),
            }
        )

    @extend_schema(parameters=[ListQuery], responses=page_of("EnrollmentPage", EnrollmentOut))
    def enrollments(self, request: Request, id: str) -> Response:
        inside = enrollments_shown().filter(workflow=self._workflow(id))
        page = paging.page_of(request, inside, self.query())
        return Response(page.body(shape(EnrollmentOut).to_representation))

    @extend_schema(
        request=EnrollmentIn,
        responses={
            201: EnrollmentOut,
            409: problem("`not_published`, `already_enrolled` while it is active, or `reentry_off`."),
        },
    )
    def enroll(self, request: Request, id: str) -> Response:
        workflow = self._workflow(id)
        made = workflows.enroll(workflow=workflow, contact=self.body(EnrollmentIn)["contact"], by=self.actor)
        return Response(
            shape(EnrollmentOut).to_representation(enrollments_shown().get(pk=made.pk)), status=201
        )

    def _workflows(self) -> QuerySet[Workflow]:
        in_force = Prefetch("versions", Version.objects.published())
        return Workflow.objects.of(self.business).prefetch_related(in_force)

    def _workflow(self, id: str) -> Workflow:
        workflow = Workflow.objects.of(self.business).get(pk=row(id))
        workflow.business = self.business
        return workflow

    def _show(self, workflow: int) -> Any:
        return shape(WorkflowOut).to_representation(self._workflows().get(pk=workflow))


class Enrollments(Resource):
    """One contact's way through a workflow."""

    tag = "workflows"

    @extend_schema(responses=EnrollmentOut)
    def retrieve(self, request: Request, id: str) -> Response:
        enrollment = enrollments_shown().get(business=self.business, pk=row(id))
        return Response(shape(EnrollmentOut).to_representation(enrollment))


def enrollments_shown() -> QuerySet[Enrollment]:
    """With all that `EnrollmentOut` shows, in the same few queries for one as for a page of them."""
    runs = Prefetch("step_runs", StepRun.objects.order_by("position"))
    return Enrollment.objects.select_related("version").prefetch_related(runs)
