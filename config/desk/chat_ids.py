"""A contact's ids at Facebook and at Google Business over REST: shown where there are any, and left out elsewhere."""

from typing import Any

from rest_framework import serializers

from contacts.models import Contact, PointKind
from contacts.rest.fields import Strict, Text

NAME_OF = {PointKind.FACEBOOK.value: "facebook_id", PointKind.GMB.value: "gmb_id"}


class ChatIdsIn(Strict):
    facebook_id = Text(required=False, allow_null=True, help_text="The id at Facebook Messenger.")
    gmb_id = Text(required=False, allow_null=True, help_text="The id at Google Business.")


class WithChatIds(serializers.ModelSerializer[Contact]):
    facebook_id = serializers.CharField(required=False, help_text="Left out where there is none.")
    gmb_id = serializers.CharField(required=False, help_text="Left out where there is none.")

    may_be_left_out = tuple(NAME_OF.values())

    def to_representation(self, contact: Contact) -> dict[str, Any]:
        ids = {NAME_OF[point.kind]: point.value for point in contact.points.all() if point.kind in NAME_OF}
        return {**super().to_representation(contact), **ids}
