"""What was sent and received, and sending by hand."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact
from contacts.rest import paging, problems
from contacts.rest.fields import Choice, Id, ListQuery, Moment, Strict, Text, moment, shape
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.words import Channel
from messaging import services as messaging
from messaging import templates
from messaging.models import Message, MessageClass, MessageState

NO_CONTACT = "There is no such contact."


class MessageOut(serializers.ModelSerializer[Message]):
    id = Id()
    contact = Id(source="contact_id")
    body = serializers.SerializerMethodField(help_text="As it was sent; before that, as it was written.")
    until = serializers.SerializerMethodField(help_text="While it is held: when it is asked again.")
    enrollment = Id(allow_null=True)
    broadcast = Id(source="broadcast_id", required=False, help_text="Left out where there is none.")
    created_at = Moment()
    called_at = Moment(allow_null=True)
    settled_at = Moment(allow_null=True)

    may_be_left_out = ("broadcast",)

    class Meta:
        model = Message
        fields = (
            "id", "contact", "direction", "channel", "message_class", "to", "subject", "body", "state", "rule",
            "reason", "detail", "until", "decided_version", "provider_id", "enrollment", "broadcast", "created_at",
            "called_at", "settled_at",
        )  # fmt: skip

    def to_representation(self, message: Message) -> dict[str, Any]:
        shown = super().to_representation(message)
        if message.broadcast_id is None:
            del shown["broadcast"]
        return shown

    def get_body(self, message: Message) -> str:
        return message.sent_body or message.body

    def get_until(self, message: Message) -> str | None:
        return moment(message.due_at) if message.state == MessageState.HELD else None


class MessageIn(Strict):
    """A message from a person: of the class `manual`."""

    contact = Id()
    channel = Choice(Channel.values)
    subject = Text(
        required=False, default="", help_text="For email, which needs one, on one line; nothing else has one."
    )
    body = Text(max_length=templates.LONGEST_SOURCE, trim_whitespace=False, help_text="Liquid.")


class MessageQuery(ListQuery):
    FILTERS = ("contact", "channel", "state", "message_class", "enrollment", "broadcast")

    contact = Id(required=False)
    channel = Choice(Channel.values, required=False)
    state = Choice(MessageState.values, required=False)
    message_class = Choice(MessageClass.values, required=False)
    enrollment = Id(required=False)
    broadcast = Id(required=False)


class Messages(Resource):
    """What was sent to contacts and came from them, and what became of it."""

    tag = "messages"

    @extend_schema(parameters=[MessageQuery], responses=page_of("MessagePage", MessageOut))
    def list(self, request: Request) -> Response:
        query = self.query(MessageQuery)
        filters = {name: query[name] for name in MessageQuery.FILTERS if name in query}
        if (
            "contact" in filters
            and not Contact.objects.of(self.business).filter(pk=filters["contact"]).exists()
        ):
            raise problems.fault("contact", NO_CONTACT, "not_found")
        page = paging.page_of(request, self._messages().filter(**filters), query)
        return Response(page.body(shape(MessageOut).to_representation))

    @extend_schema(
        request=MessageIn,
        examples=example({"contact": "12", "channel": "sms", "body": "Hello {{contact.first_name}}"}),
        responses={
            201: MessageOut,
            409: problem("It may not be sent: `dnd_active`, or the rule that speaks against it."),
        },
    )
    def create(self, request: Request) -> Response:
        data = self.body(MessageIn)
        try:
            sent = messaging.send_manual(business=self.business, by=self.actor, **data)
        except Contact.DoesNotExist as error:
            raise problems.fault("contact", NO_CONTACT, "not_found") from error
        return Response(shape(MessageOut).to_representation(sent), status=201)

    @extend_schema(responses=MessageOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(shape(MessageOut).to_representation(self._messages().get(pk=row(id))))

    def _messages(self) -> QuerySet[Message]:
        return Message.objects.filter(business=self.business)
