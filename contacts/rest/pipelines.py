"""Pipelines and their statuses over REST."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Colour, Pipeline, Status, SystemStatus
from contacts.rest import paging, problems
from contacts.rest.fields import Choice, Flag, Id, ListQuery, Strict, Text, shape
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.services import pipelines, statuses
from contacts.words import Role

MANAGER = Role.MANAGER.value


class PipelineOut(serializers.ModelSerializer[Pipeline]):
    id = Id()

    class Meta:
        model = Pipeline
        fields = ("id", "name", "record_type")


class PipelineIn(Strict):
    name = Text(allow_blank=False)
    record_type = Text(
        required=False,
        allow_blank=False,
        max_length=40,
        help_text="lead, patient, customer, or a word of yours.",
    )


class PipelineChange(PipelineIn):
    """What is left out stays as it is."""

    name = Text(required=False, allow_blank=False)


class StatusOut(serializers.ModelSerializer[Status]):
    id = Id()
    pipeline = Id(source="pipeline_id")
    system_status = Choice(SystemStatus.values)
    colour = Choice(Colour.values)
    roles = serializers.ListField(child=Choice(Role.values))

    class Meta:
        model = Status
        fields = (
            "id", "pipeline", "name", "system_status", "restricts_contact", "position", "archived", "roles", "colour",
        )  # fmt: skip


class Whole(serializers.IntegerField):
    """A whole number of JSON: neither a string nor true."""

    default_error_messages: ClassVar = {"invalid": "Give a whole number."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class StatusChange(Strict):
    """What is left out stays as it is; in a new status it is as in the example of an open one."""

    name = Text(required=False, allow_blank=False)
    system_status = Choice(SystemStatus.values, required=False)
    restricts_contact = Flag(required=False, help_text="It stops every message but a manual one.")
    position = Whole(required=False, min_value=0, max_value=pipelines.LAST_POSITION)
    archived = Flag(required=False, help_text="It takes nobody new, and its actions are hidden.")
    roles = serializers.ListField(
        child=Choice(Role.values),
        required=False,
        max_length=10,
        help_text="Who runs its actions; empty: everybody.",
    )
    colour = Choice(Colour.values, required=False)


class StatusIn(StatusChange):
    name = Text(allow_blank=False)


class Removal(Strict):
    """The query of a removal."""

    default_error_messages: ClassVar = {"unknown": "There is no such query parameter."}

    move_to = Id(required=False, help_text="The status of the same pipeline that gets its contacts.")


DEAD = {
    "name": "Lost",
    "system_status": "dead",
    "restricts_contact": True,
    "position": 4,
    "archived": False,
    "roles": [],
}


class Pipelines(Resource):
    """Sales workflows: ordered statuses for one type of record."""

    tag = "pipelines"
    least_role: ClassVar = dict.fromkeys(("create", "partial_update", "destroy", "add_status"), MANAGER)

    @extend_schema(parameters=[ListQuery], responses=page_of("PipelinePage", PipelineOut))
    def list(self, request: Request) -> Response:
        page = paging.page_of(request, Pipeline.objects.of(self.business), self.query())
        return Response(page.body(shape(PipelineOut).to_representation))

    @extend_schema(
        request=PipelineIn,
        responses={201: PipelineOut},
        examples=example({"name": "New leads", "record_type": "lead"}),
    )
    def create(self, request: Request) -> Response:
        made = pipelines.create_pipeline(business=self.business, by=self.actor, **self.body(PipelineIn))
        return Response(shape(PipelineOut).to_representation(made), status=201)

    @extend_schema(responses=PipelineOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(shape(PipelineOut).to_representation(self._pipeline(id)))

    @extend_schema(request=PipelineChange, responses=PipelineOut)
    def partial_update(self, request: Request, id: str) -> Response:
        pipeline = self._pipeline(id)
        changed = pipelines.update_pipeline(pipeline=pipeline, data=self.body(PipelineChange), by=self.actor)
        return Response(shape(PipelineOut).to_representation(changed))

    @extend_schema(responses={204: None, 409: problem("Contacts are in it (`pipeline_has_contacts`).")})
    def destroy(self, request: Request, id: str) -> Response:
        pipelines.delete_pipeline(pipeline=self._pipeline(id), by=self.actor)
        return Response(status=204)

    @extend_schema(parameters=[ListQuery], responses=page_of("StatusPage", StatusOut))
    def statuses(self, request: Request, id: str) -> Response:
        """In their order, archived ones too."""
        found = list(Status.objects.filter(pipeline=self._pipeline(id)))
        page = paging.page_in_order(request, found, self.query())
        return Response(page.body(shape(StatusOut).to_representation))

    @extend_schema(request=StatusIn, responses={201: StatusOut}, examples=example(DEAD))
    def add_status(self, request: Request, id: str) -> Response:
        pipeline = self._pipeline(id)
        made = pipelines.create_status(pipeline=pipeline, data=self.body(StatusIn), by=self.actor)
        return Response(shape(StatusOut).to_representation(made), status=201)

    def _pipeline(self, id: str) -> Pipeline:
        return Pipeline.objects.of(self.business).get(pk=row(id))


class Statuses(Resource):
    """The statuses of a pipeline."""

    tag = "pipelines"
    least_role: ClassVar = dict.fromkeys(("partial_update", "destroy"), MANAGER)

    @extend_schema(responses=StatusOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(self._show(self._status(id)))

    @extend_schema(request=StatusChange, responses=StatusOut, examples=example({"position": 0}))
    def partial_update(self, request: Request, id: str) -> Response:
        status = self._status(id)
        changed = pipelines.update_status(status=status, data=self.body(StatusChange), by=self.actor)
        return Response(self._show(changed))

    @extend_schema(
        parameters=[Removal],
        responses={
            204: None,
            409: problem("Contacts are in it and `move_to` is not given (`status_has_contacts`)."),
        },
    )
    def destroy(self, request: Request, id: str) -> Response:
        """Its contacts are moved to `move_to`, and workflows hear of it as of any other move."""
        status = self._status(id)
        query = self.query(Removal)
        target = self._target(query["move_to"]) if "move_to" in query else None
        statuses.delete(status=status, move_to=target, by=self.actor)
        return Response(status=204)

    def _target(self, pk: int) -> Status:
        found = Status.objects.of(self.business).filter(pk=pk).first()
        if found is None:
            raise problems.fault("move_to", statuses.NO_STATUS, "not_found")
        return found

    def _status(self, id: str) -> Status:
        return Status.objects.of(self.business).select_related("pipeline").get(pk=row(id))

    def _show(self, status: Status) -> Mapping[str, Any]:
        return dict(shape(StatusOut).to_representation(status))
