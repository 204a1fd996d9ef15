"""The Do Not Contact list over REST."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.rest import paging
from contacts.rest.fields import Choice, Id, ListQuery, Moment, QueryFlag, Strict, Text, shape
from contacts.rest.problems import Fault, Problem
from contacts.rest.schema import example, page_of, problem
from contacts.rest.views import Resource, row
from contacts.words import Channel, Role
from dnd import services as dnd
from dnd.api import LONGEST_NOTE
from dnd.models import DncEntry


class DncEntryOut(serializers.ModelSerializer[DncEntry]):
    id = Id()
    contact = Id(source="contact_id")
    channels = serializers.ListField(child=serializers.ChoiceField(choices=Channel.values))
    addresses = serializers.ListField(child=serializers.CharField())
    at = Moment()
    times_hit = serializers.IntegerField(source="hits", help_text="How often it has stopped something.")
    last_hit_at = Moment(allow_null=True)
    lifted_at = Moment(allow_null=True)

    class Meta:
        model = DncEntry
        fields = (
            "id", "contact", "channels", "addresses", "action", "source", "actor", "note", "at", "times_hit",
            "last_hit_at", "lifted_at", "lifted_by", "lift_note",
        )  # fmt: skip


class DncQuery(ListQuery):
    contact = Id(required=False)
    channel = Choice(Channel.values, required=False)
    address = Text(required=False, max_length=254, allow_blank=False, help_text="Exactly this address.")
    in_force = QueryFlag(required=False, help_text="`false`: those that were lifted. Left out: both.")


class LiftIn(Strict):
    note = Text(max_length=LONGEST_NOTE, help_text="Why they may be contacted again.")


class DncList(Resource):
    """Who is on the Do Not Contact list, and how often that has stopped something."""

    tag = "dnd"
    least_role = {"lift": Role.MANAGER.value}

    @extend_schema(parameters=[DncQuery], responses=page_of("DncPage", DncEntryOut))
    def list(self, request: Request) -> Response:
        query = self.query(DncQuery)
        entries = DncEntry.objects.filter(business=self.business)
        if "contact" in query:
            entries = entries.filter(contact=query["contact"])
        if "channel" in query:
            entries = entries.filter(channels__contains=[query["channel"]])
        if "address" in query:
            entries = entries.filter(addresses__contains=[query["address"]])
        if "in_force" in query:
            entries = entries.filter(lifted_at__isnull=query["in_force"])
        page = paging.page_of(request, entries, query)
        return Response(page.body(shape(DncEntryOut).to_representation))

    @extend_schema(
        request=LiftIn,
        responses={
            200: DncEntryOut,
            409: problem("It was lifted before (`already_lifted`)."),
            422: problem("Lifting needs a note that says why (`note_required`)."),
        },
        examples=example({"note": "Signed a new consent on 2026-11-20"}),
    )
    def lift(self, request: Request, id: str) -> Response:
        """Entry, grounds and addresses together; every other reason to block stays."""
        entry = DncEntry.objects.filter(business=self.business).get(pk=row(id))
        note = self.body(LiftIn)["note"]
        try:
            lifted = dnd.lift_entry(business=self.business, entry=entry.pk, by=self.actor, note=note)
        except dnd.Refused as error:
            faults = [Fault("note", error.code, str(error))]
            raise Problem(422, error.code, str(error), faults=faults) from error
        return Response(shape(DncEntryOut).to_representation(lifted))
