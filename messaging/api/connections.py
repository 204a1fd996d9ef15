"""A business's ways out, for its enterprise users."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.rest import paging
from contacts.rest.fields import Choice, Id, ListQuery, Moment, Strict, shape
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.words import Channel, Role
from messaging import services as messaging
from messaging.models import Connection
from messaging.services import drivers

ENTERPRISE = Role.ENTERPRISE.value
TEXT = {"type": "string", "maxLength": 400}
CONFIG: dict[str, Any] = {
    "oneOf": [
        {
            "title": "twilio",
            "type": "object",
            "properties": {"account_sid": TEXT, "auth_token": TEXT, "from_number": TEXT},
            "additionalProperties": False,
        },
        {
            "title": "http",
            "type": "object",
            "properties": {
                "url": {**TEXT, "example": "https://example.org/messages"},
                "secret": {
                    **TEXT,
                    "description": "Base64, such as whsec_…: what is posted is signed with it.",
                },
            },
            "additionalProperties": False,
        },
        {
            "title": "smtp",
            "type": "object",
            "properties": {
                "url": {**TEXT, "example": "smtp://user:password@host:587"},
                "from_email": TEXT,
                "feedback": {
                    "type": "object",
                    "required": ["esp", "webhook_key"],
                    "properties": {
                        "esp": {"type": "string", "enum": list(drivers.FEEDBACK)},
                        "webhook_key": TEXT,
                    },
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
    ]
}


TWILIO = {"account_sid": "AC…", "auth_token": "…", "from_number": "+14155550199"}


class ConnectionOut(serializers.ModelSerializer[Connection]):
    id = Id()
    config = serializers.SerializerMethodField(help_text="Secrets are shown as dots.")
    created_at = Moment()
    changed_at = Moment()

    class Meta:
        model = Connection
        fields = ("id", "channel", "driver", "config", "state", "created_at", "changed_at")

    @extend_schema_field(CONFIG)
    def get_config(self, connection: Connection) -> dict[str, Any]:
        return messaging.shown_config(connection)


@extend_schema_field(CONFIG)
class Config(serializers.Field[Any, Any, Any, Any]):
    """An object; what must be in it is the driver's to say."""

    default_error_messages = {"invalid": "Give an object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return dict(data)


class ConnectionIn(Strict):
    channel = Choice(Channel.values)
    driver = Choice(Connection.Driver.values)
    config = Config()


class ConnectionChange(Strict):
    """What is left out of `config` stays as it is, and so does a secret that comes back as dots."""

    config = Config(required=False)


class Connections(Resource):
    """The business's ways out, one for each channel."""

    tag = "connections"
    least_role: ClassVar = dict.fromkeys(
        ("list", "create", "retrieve", "partial_update", "destroy", "connect", "disconnect"), ENTERPRISE
    )

    @extend_schema(parameters=[ListQuery], responses=page_of("ConnectionPage", ConnectionOut))
    def list(self, request: Request) -> Response:
        page = paging.page_of(request, Connection.objects.filter(business=self.business), self.query())
        return Response(page.body(shape(ConnectionOut).to_representation))

    @extend_schema(
        request=ConnectionIn,
        examples=example({"channel": "sms", "driver": "twilio", "config": TWILIO}),
        responses={
            201: ConnectionOut,
            409: problem("The channel has a connection already (`connection_exists`)."),
        },
    )
    def create(self, request: Request) -> Response:
        made = messaging.create_connection(business=self.business, by=self.actor, **self.body(ConnectionIn))
        return Response(shape(ConnectionOut).to_representation(made), status=201)

    @extend_schema(responses=ConnectionOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return self._show(self._connection(id))

    @extend_schema(request=ConnectionChange, responses=ConnectionOut)
    def partial_update(self, request: Request, id: str) -> Response:
        connection = self._connection(id)
        data = self.body(ConnectionChange)
        if data:
            connection = messaging.update_connection(connection=connection, by=self.actor, **data)
        return self._show(connection)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        messaging.delete_connection(connection=self._connection(id), by=self.actor)
        return Response(status=204)

    @extend_schema(request=None, responses=ConnectionOut)
    def connect(self, request: Request, id: str) -> Response:
        """What was held while it was disconnected goes out."""
        connection = self._connection(id)
        self.no_body()
        return self._show(messaging.connect(connection=connection, by=self.actor))

    @extend_schema(request=None, responses=ConnectionOut)
    def disconnect(self, request: Request, id: str) -> Response:
        """Hold everything that would go through it. No DND is touched."""
        connection = self._connection(id)
        self.no_body()
        return self._show(messaging.disconnect(connection=connection, by=self.actor))

    def _show(self, connection: Connection) -> Response:
        return Response(shape(ConnectionOut).to_representation(connection))

    def _connection(self, id: str) -> Connection:
        return Connection.objects.get(business=self.business, pk=row(id))
