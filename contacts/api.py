"""The shapes of a business over REST. The resource stands with those that see every app: config/desk/profile_api.py."""

from rest_framework import serializers

from contacts.models import Business
from contacts.rest.fields import Choice, Flag, Id, Strict, Text
from contacts.services import businesses

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
    delivery_policy = Choice(
        Business.DeliveryPolicy.values,
        required=False,
        help_text="Which way a message goes that has copy for several.",
    )
    calls_after_sms_opt_out = Choice(
        Business.CallsAfterOptOut.values,
        required=False,
        help_text="Automated calls to somebody who has opted out of SMS.",
    )
    remove_when_all_dnd = Flag(required=False)
