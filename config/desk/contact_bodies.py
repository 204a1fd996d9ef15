"""What merging, erasing and a change of status over REST take."""

from typing import Any

from rest_framework import serializers

from contacts.rest.fields import Choice, Id, Strict, Text
from contacts.services import merging


class MergeIn(Strict):
    """Which contact becomes part of this one, and of which fields its value is to be kept."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "from": Id(
                help_text="The contact that becomes part of this one. Its own address answers 404 then."
            ),
            "take": serializers.ListField(
                child=Choice(merging.CHOOSABLE),
                required=False,
                help_text="Fields of which its value is kept. Otherwise this contact's stays where it has one.",
            ),
        }


class EraseIn(Strict):
    confirm = Text(help_text="The contact's id again: this cannot be undone.")


class ContactStatus(Strict):
    status = Id(allow_null=True, help_text="Null takes the contact out of its pipeline.")
