"""How would a message reach this contact, that has copy for several ways?"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Business
from contacts.rest import problems
from contacts.rest.fields import Choice, Id, Strict, shape
from contacts.rest.schema import example
from contacts.rest.views import Resource
from messaging import services as messaging
from messaging.choosing import NONE, WAYS
from messaging.models import MessageClass
from messaging.services.choosing import Chosen

NO_CONTACT = "There is no such contact."


class PreviewIn(Strict):
    contact = Id()
    message_class = Choice(
        MessageClass.values, help_text="Decides among other things whether the preferred number counts."
    )
    copy = serializers.ListField(
        child=Choice(WAYS), max_length=len(WAYS), help_text="The ways for which the message has copy."
    )
    policy = Choice(Business.DeliveryPolicy.values, required=False, help_text="The business's when left out.")


class WhyOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    call = serializers.CharField()
    email = serializers.CharField()


class PreviewOut(serializers.Serializer[Chosen]):
    delivered_by = serializers.ChoiceField(choices=(*WAYS, NONE), source="choice.by")
    to = serializers.CharField(source="choice.to", help_text="Empty when there is no way.")
    why = WhyOut(source="choice.why", help_text="A sentence for each way, taken or not.")


class Deliveries(Resource):
    """Which of several ways a message would go. Asking sends nothing and changes nothing."""

    tag = "decisions"

    @extend_schema(
        request=PreviewIn,
        responses={200: PreviewOut},
        examples=example({"contact": "12", "message_class": "automation", "copy": ["text", "call", "email"]}),
    )
    def preview(self, request: Request) -> Response:
        asked = self.body(PreviewIn)
        contact = asked["contact"]
        found = messaging.choose_ways(
            self.business.pk,
            [contact],
            message_class=asked["message_class"],
            copies=asked["copy"],
            policy=asked.get("policy", ""),
        )
        if contact not in found:
            raise problems.fault("contact", NO_CONTACT, "not_found")
        return Response(shape(PreviewOut).to_representation(found[contact]))
