"""May this contact be reached?"""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.rest import bodies, problems
from contacts.rest.fields import Choice, Id, Moment, Strict, moment, shape
from contacts.rest.schema import example
from contacts.rest.views import Resource
from contacts.services.errors import Invalid
from contacts.words import Channel
from messaging import services as messaging
from messaging.models import MessageClass
from messaging.services.asking import Decision

MOST_QUESTIONS = 1_000
VERDICTS = ("send", "hold", "drop")
RULES = (
    "withdrawn", "permit", "address", "dnd", "suppressed", "do_not_contact", "status", "connection", "disconnected",
    "hours", "expired", "clear",
)  # fmt: skip


class QuestionIn(Strict):
    contact = Id()
    channel = Choice(Channel.values)
    message_class = Choice(MessageClass.values)


class QuestionsIn(Strict):
    items: Any = serializers.ListSerializer(child=QuestionIn(), max_length=MOST_QUESTIONS)


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


def one_of(name: str, *shapes: type[serializers.Serializer[Any]]) -> PolymorphicProxySerializer:
    return PolymorphicProxySerializer(name, serializers=list(shapes), resource_type_field_name=None)


class Decisions(Resource):
    """May this contact be reached on this channel now? Asking sends nothing and changes nothing."""

    tag = "decisions"

    @extend_schema(
        request=one_of("Asking", QuestionIn, QuestionsIn),
        examples=example({"contact": "12", "channel": "sms", "message_class": "automation"}),
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
            raise problems.fault("contact", str(error), "not_found") from error

    def _answers(self, questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        asked = [messaging.Question(q["contact"], q["channel"], q["message_class"]) for q in questions]
        return [shape(DecisionOut).to_representation(d) for d in messaging.decide(self.business.pk, asked)]
