"""Messages, connections and “may I?” over REST."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact
from contacts.rest import bodies, paging, problems
from contacts.rest.fields import Choice, Id, ListQuery, Moment, Strict, Text, moment, shape
from contacts.rest.schema import page_of, problem
from contacts.rest.views import Resource, row
from contacts.services.errors import Invalid
from contacts.words import Channel, Role
from messaging import services as messaging
from messaging import templates
from messaging.models import Connection, Message, MessageClass, MessageState
from messaging.services.asking import Decision

ENTERPRISE = Role.ENTERPRISE.value
MOST_QUESTIONS = 1_000
NO_CONTACT = "There is no such contact."
VERDICTS = ("send", "hold", "drop")
RULES = (
    "withdrawn", "permit", "address", "dnd", "suppressed", "do_not_contact", "status", "connection", "disconnected",
    "hours", "expired", "clear",
)  # fmt: skip


class MessageOut(serializers.ModelSerializer[Message]):
    id = Id()
    contact = Id(source="contact_id")
    until = serializers.SerializerMethodField(help_text="While it is held: when it is asked again.")
    enrollment = Id(allow_null=True)
    created_at = Moment()
    called_at = Moment(allow_null=True)
    settled_at = Moment(allow_null=True)

    class Meta:
        model = Message
        fields = (
            "id", "contact", "direction", "channel", "message_class", "to", "subject", "body", "state", "rule",
            "reason", "detail", "until", "decided_version", "provider_id", "enrollment", "created_at", "called_at",
            "settled_at",
        )  # fmt: skip

    def get_until(self, message: Message) -> str | None:
        return moment(message.due_at) if message.state == MessageState.HELD else None


class MessageIn(Strict):
    """A message from a person: of the class `manual`."""

    contact = Id()
    channel = Choice(Channel.values)
    subject = Text(required=False, default="", help_text="For email, which needs one.")
    body = Text(max_length=templates.LONGEST_SOURCE, trim_whitespace=False, help_text="Liquid.")


class MessageQuery(ListQuery):
    FILTERS = ("contact", "channel", "state", "message_class", "enrollment")

    contact = Id(required=False)
    channel = Choice(Channel.values, required=False)
    state = Choice(MessageState.values, required=False)
    message_class = Choice(MessageClass.values, required=False)
    enrollment = Id(required=False)


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


class QuestionIn(Strict):
    contact = Id()
    channel = Choice(Channel.values)
    message_class = Choice(MessageClass.values)


class QuestionsIn(Strict):
    items = QuestionIn(many=True, max_length=MOST_QUESTIONS)


class DecisionOut(serializers.Serializer[Decision]):
    verdict = serializers.ChoiceField(choices=VERDICTS)
    rule = serializers.ChoiceField(choices=RULES)
    reason = serializers.CharField()
    detail = serializers.CharField()
    until = Moment(allow_null=True, help_text="When a hold is asked again.")
    version = serializers.IntegerField(help_text="The version of the contact's DND that was decided on.")

    def to_representation(self, decision: Decision) -> dict[str, Any]:
        verdict = decision.verdict
        return {
            "verdict": type(verdict).__name__.lower(),
            "rule": verdict.rule,
            "reason": verdict.reason,
            "detail": verdict.detail,
            "until": moment(verdict.until) if isinstance(verdict, messaging.Hold) else None,
            "version": decision.version,
        }


class DecisionsOut(serializers.Serializer[Any]):
    results = DecisionOut(many=True, help_text="In the order of the items.")


def one_of(name: str, *shapes: type[serializers.BaseSerializer[Any]]) -> PolymorphicProxySerializer:
    return PolymorphicProxySerializer(name, serializers=list(shapes), resource_type_field_name=None)


class Decisions(Resource):
    """May this contact be reached on this channel now? Asking sends nothing and changes nothing."""

    tag = "decisions"

    @extend_schema(
        request=one_of("Asking", QuestionIn, QuestionsIn),
        responses={200: one_of("Answering", DecisionOut, DecisionsOut)},
    )
    def create(self, request: Request) -> Response:
        asked = bodies.read(request)
        if "items" in asked:
            questions = shape(QuestionsIn).run_validation(asked)["items"]
            return Response({"results": self._answers(questions)})
        question = shape(QuestionIn).run_validation(asked)
        try:
            return Response(self._answers([question])[0])
        except Invalid as error:
            raise Invalid(
                {path.removeprefix("items.0."): says for path, says in error.errors.items()}
            ) from error

    def _answers(self, questions: Any) -> Any:
        asked = [messaging.Question(q["contact"], q["channel"], q["message_class"]) for q in questions]
        return [shape(DecisionOut).to_representation(d) for d in messaging.decide(self.business.pk, asked)]
