"""How many messages a connection carries in a second or a minute, over REST."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.rest.fields import Choice, Strict
from contacts.rest.schema import example
from contacts.rest.views import Resource, row
from contacts.words import Role
from messaging import services as messaging
from messaging.models import Connection
from messaging.services import limiting

ENTERPRISE = Role.ENTERPRISE.value


@extend_schema_field({"type": ["integer", "null"], "minimum": 1, "maximum": limiting.MOST})
class Number(serializers.Field[int, Any, int, Any]):
    default_error_messages = {"invalid": f"Give a whole number from 1 to {limiting.MOST:,}, or null."}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool) or not 1 <= data <= limiting.MOST:
            self.fail("invalid")
        return int(data)


class RateLimit(Strict):
    """So many a second or a minute of what goes to many; null: no limit. People and automations do not wait for it."""

    messages = Number(allow_null=True)
    per = Choice(limiting.SECONDS)


class RateLimits(Resource):
    """How fast broadcasts and campaigns leave by a connection, as its provider allows."""

    tag = "connections"
    least_role: ClassVar = dict.fromkeys(("retrieve", "update"), ENTERPRISE)

    @extend_schema(responses=RateLimit)
    def retrieve(self, request: Request, id: str) -> Response:
        return self._show(self._connection(id))

    @extend_schema(
        request=RateLimit, responses=RateLimit, examples=example({"messages": 10, "per": "second"})
    )
    def update(self, request: Request, id: str) -> Response:
        connection = self._connection(id)
        messaging.limit_connection(connection=connection, by=self.actor, **self.body(RateLimit))
        return self._show(connection)

    def _show(self, connection: Connection) -> Response:
        messages, per = messaging.rate_limit(connection) or (None, "second")
        return Response({"messages": messages, "per": per})

    def _connection(self, id: str) -> Connection:
        return Connection.objects.get(business=self.business, pk=row(id))
