"""Status actions over REST: written, put into other statuses, run."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact, Status
from contacts.rest import bodies, paging
from contacts.rest.fields import Choice, Id, ListQuery, Moment, Strict, shape
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.words import Role
from workflows.models import ActionRun, StatusAction
from workflows.services import actions
from workflows.services.actions.applying import MOST_STATUSES, ON_CONFLICT
from workflows.shapes import OPERATIONS

MANAGER = Role.MANAGER.value
RESULTS = ("created", "kept", "replaced", "skipped", "refused")


@extend_schema_field(OPERATIONS)
class Operations(serializers.JSONField):
    pass


class ActionOut(serializers.ModelSerializer[StatusAction]):
    id = Id()
    status = Id(source="status_id")
    operations = Operations()
    warnings = serializers.SerializerMethodField(help_text="What is allowed and probably not meant.")
    created_at = Moment()
    changed_at = Moment()

    class Meta:
        model = StatusAction
        fields = ("id", "status", "name", "category", "operations", "warnings", "created_at", "changed_at")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, action: StatusAction) -> list[str]:
        return actions.warnings(action.status, action.operations)


class ActionIn(serializers.Serializer[Any]):
    """An action; workflows/definition reads its operations."""

    name = serializers.CharField(max_length=200)
    category = serializers.CharField(
        max_length=40, required=False, help_text="contacted, appointment, do not contact, other, or your own."
    )
    operations = Operations()


class ActionChange(ActionIn):
    """What is left out stays as it is."""

    name = serializers.CharField(max_length=200, required=False)
    operations = Operations(required=False)


class CopyIn(Strict):
    statuses = serializers.ListField(child=Id(), allow_empty=False, max_length=MOST_STATUSES)
    on_conflict = Choice(
        ON_CONFLICT,
        required=False,
        help_text="Where an action of that name is: keep it and put this one beside it, replace it, or skip (default).",
    )


class CopiedOut(serializers.Serializer[Any]):
    status = Id()
    result = serializers.ChoiceField(choices=RESULTS)
    detail = serializers.CharField()
    action = Id(allow_null=True)
    name = serializers.CharField(help_text="What the action is called there.")


class CopyOut(serializers.Serializer[Any]):
    results = CopiedOut(many=True)


class DidOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    words = serializers.CharField(help_text="The operation in words.")
    outcome = serializers.ChoiceField(choices=("done", "unchanged"))
    detail = serializers.CharField()


class RunOut(serializers.ModelSerializer[ActionRun]):
    id = Id()
    contact = Id(source="contact_id")
    action = Id()
    status = Id(help_text="The status from which it was run.")
    at = Moment()
    results = DidOut(many=True)
    changed = serializers.SerializerMethodField(help_text="False: everything was so already.")

    class Meta:
        model = ActionRun
        fields = (
            "id", "contact", "action", "name", "category", "status", "status_name", "at", "source", "actor",
            "results", "changed",
        )  # fmt: skip

    def get_changed(self, run: ActionRun) -> bool:
        return bool(getattr(run, "changed", True))


NEVER_AGAIN = {
    "name": "Do Not Contact",
    "category": "do not contact",
    "operations": [
        {"kind": "add_to_dnc", "channels": "all", "note": "Asked on the phone"},
        {"kind": "change_status", "status": "14"},
    ],
}


class StatusActions(Resource):
    """What staff do to a contact in a status with one press."""

    tag = "pipelines"
    least_role: ClassVar = dict.fromkeys(("create", "partial_update", "destroy", "copy"), MANAGER)

    @extend_schema(parameters=[ListQuery], responses=page_of("ActionPage", ActionOut))
    def list(self, request: Request, id: str) -> Response:
        status = self._status(id)
        found = StatusAction.objects.filter(status=status).order_by("category", "name", "pk")
        rows = list(found.select_related("status__pipeline"))
        return Response(paging.page_in_order(request, rows, self.query()).body(_show))

    @extend_schema(request=ActionIn, responses={201: ActionOut}, examples=example(NEVER_AGAIN))
    def create(self, request: Request, id: str) -> Response:
        made = actions.create(status=self._status(id), data=bodies.read(request), by=self.actor)
        return Response(_show(made), status=201)

    @extend_schema(responses=ActionOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(_show(self._action(id)))

    @extend_schema(request=ActionChange, responses=ActionOut)
    def partial_update(self, request: Request, id: str) -> Response:
        return Response(
            _show(actions.update(action=self._action(id), data=bodies.read(request), by=self.actor))
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        actions.delete(action=self._action(id), by=self.actor)
        return Response(status=204)

    @extend_schema(
        request=CopyIn,
        responses={200: CopyOut, 409: problem("A status of another record type (`other_record_type`).")},
        examples=example({"statuses": ["12", "13"], "on_conflict": "replace"}),
    )
    def copy(self, request: Request, id: str) -> Response:
        """Put it into other statuses of its record type: all in one transaction, a result for each."""
        action = self._action(id)
        wanted = self.body(CopyIn)
        results = actions.copy(
            action=action,
            statuses=wanted["statuses"],
            on_conflict=wanted.get("on_conflict", "skip"),
            by=self.actor,
        )
        return Response({"results": [shape(CopiedOut).to_representation(one) for one in results]})

    @extend_schema(
        request=None,
        responses={
            200: RunOut,
            409: problem(
                "`no_status`, `other_status`, `other_record_type`, `status_archived`, `not_published`, or what an"
                " operation refuses, such as `dnd_locked`; nothing has happened then."
            ),
        },
    )
    def run(self, request: Request, id: str, action: str) -> Response:
        """All of its operations or none, in one transaction. Twice is the same as once."""
        contact = Contact.objects.of(self.business).get(pk=row(id))
        found = self._action(action)
        self.no_body()
        ran = actions.run(action=found, contact=contact.pk, by=self.actor)
        if ran.run is None:
            raise Contact.DoesNotExist
        ran.run.changed = ran.changed  # type: ignore[attr-defined]
        return Response(shape(RunOut).to_representation(ran.run))

    def _status(self, id: str) -> Status:
        return Status.objects.of(self.business).select_related("pipeline__business").get(pk=row(id))

    def _action(self, id: str) -> StatusAction:
        found = StatusAction.objects.of(self.business).select_related("status__pipeline__business")
        return found.get(pk=row(id))


def _show(action: StatusAction) -> Mapping[str, Any]:
    return dict(shape(ActionOut).to_representation(action))
