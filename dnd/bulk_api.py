"""Changing DND for many contacts over REST."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api import Started
from contacts.models import Contact
from contacts.rest import problems
from contacts.rest.fields import Id, Strict, Text
from contacts.rest.problems import Fault
from contacts.rest.schema import example, problem
from contacts.rest.views import Resource
from contacts.words import Role
from dnd import audience
from dnd import services as dnd
from dnd.api import LONGEST_NOTE, InboundSwitches, OutboundSwitches, refused
from dnd.audience import ContactFilter
from dnd.services.bulk import MOST_NAMED

ASKED = {
    "filter": {"tag": "moved away", "dnd_state": "off"},
    "outbound": {"sms": True},
    "note": "list of May",
}


class BulkChange(Strict):
    filter = ContactFilter(required=False, help_text="As in the list of contacts; {} stands for all.")
    contacts: Any = serializers.ListField(
        child=Id(), required=False, min_length=1, max_length=MOST_NAMED, help_text="Ids, instead of a filter."
    )
    outbound = OutboundSwitches(required=False)
    inbound = InboundSwitches(required=False)
    note = Text(required=False, max_length=LONGEST_NOTE, help_text="Needed to free a channel.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "filter" in data and "contacts" in data:
            raise serializers.ValidationError({"contacts": "Give either filter or contacts."})
        if "filter" not in data and "contacts" not in data:
            raise serializers.ValidationError({"filter": "Give filter or contacts; {} stands for all."})
        if not data.get("outbound") and not data.get("inbound"):
            raise serializers.ValidationError({"outbound": "Name at least one channel."})
        return data


class DndBulk(Resource):
    """Block or free channels of many contacts."""

    tag = "dnd"
    least_role = {"create": Role.MANAGER.value}

    @extend_schema(
        request=BulkChange,
        responses={202: Started, 422: problem("Freeing channels of many needs a note (`note_required`).")},
        examples=example(ASKED),
    )
    def create(self, request: Request) -> Response:
        """Goes on as a job, each contact once. Frees only what users, workflows and imports have set."""
        given = self.body(BulkChange)
        wish = dnd.Wish(
            outbound=given.get("outbound", {}), inbound=given.get("inbound", {}), note=given.get("note", "")
        )
        try:
            job = dnd.change_in_bulk(business=self.business, whom=self._whom(given), wish=wish, by=self.actor)
        except dnd.Refused as error:
            raise refused(error) from error
        return Response({"job": str(job.pk)}, status=202)

    def _whom(self, given: dict[str, Any]) -> dnd.Whom:
        if "filter" in given:
            self._need_status(given["filter"])
            return dnd.Whom(wanted=given["filter"])
        ids = given["contacts"]
        known = set(Contact.objects.of(self.business).filter(pk__in=ids).values_list("pk", flat=True))
        if unknown := [n for n, pk in enumerate(ids) if pk not in known]:
            why = "There is no such contact."
            raise problems.invalid([Fault(f"contacts.{n}", "not_found", why) for n in unknown[:100]])
        return dnd.Whom(ids=ids)

    def _need_status(self, wanted: audience.Wanted) -> None:
        if "status" in wanted and not audience.statuses(self.business).filter(pk=wanted["status"]).exists():
            raise problems.fault("filter.status", "There is no such status.", "not_found")
