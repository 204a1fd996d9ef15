"""The Business Profile over REST."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Business
from contacts.rest.fields import Choice, Flag, Id, Strict, Text, shape
from contacts.rest.views import Resource
from contacts.services import businesses
from contacts.words import Role

ENTERPRISE = Role.ENTERPRISE.value
FIELDS = businesses.EDITABLE


class BusinessOut(serializers.ModelSerializer[Business]):
    id = Id()

    class Meta:
        model = Business
        fields = ("id", *FIELDS)


class BusinessChange(Strict):
    name = Text(required=False, allow_blank=False)
    phone = Text(required=False, max_length=40, help_text="E.164, or as dialled in the country.")
    address = Text(required=False, help_text="The postal address.")
    country = Text(required=False, max_length=2, help_text="ISO 3166, two letters.")
    timezone = Text(required=False, max_length=60, allow_blank=False)
    allow_do_not_contact = Flag(required=False)
    preferences_source = Choice(Business.PreferencesSource.values, required=False)
    remove_when_all_dnd = Flag(required=False)


class BusinessProfile(Resource):
    """The business that the key belongs to."""

    tag = "business"
    least_role: ClassVar = {"retrieve": ENTERPRISE, "partial_update": ENTERPRISE}

    @extend_schema(responses=BusinessOut)
    def retrieve(self, request: Request) -> Response:
        return Response(shape(BusinessOut).to_representation(self.business))

    @extend_schema(request=BusinessChange, responses=BusinessOut)
    def partial_update(self, request: Request) -> Response:
        changed = businesses.update(business=self.business, data=self.body(BusinessChange), by=self.actor)
        return Response(shape(BusinessOut).to_representation(changed))
