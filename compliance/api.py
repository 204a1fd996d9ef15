"""The suppression list over REST."""

from contextlib import suppress
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.services import checking, suppressing
from contacts import erased
from contacts.models import Business
from contacts.rest import paging, problems
from contacts.rest.fields import Choice, Id, ListQuery, Moment, QueryFlag, Strict, Text, shape
from contacts.rest.problems import Fault
from contacts.rest.schema import example, page_of
from contacts.rest.views import Resource
from contacts.words import Channel
from dnd.models import Reason, Suppression


class SuppressionOut(serializers.ModelSerializer[Suppression]):
    id = Id()
    address = serializers.CharField(
        source="shown_address", help_text=f"“{erased.SHOWN}” where the contact was erased."
    )
    reason = serializers.ChoiceField(choices=Reason.values)
    since = Moment()
    lifted_at = Moment(allow_null=True)

    class Meta:
        model = Suppression
        fields = ("id", "channel", "address", "reason", "source", "actor", "since", "lifted_at", "lifted_by")


class SuppressionQuery(ListQuery):
    channel = Choice(Channel.values, required=False)
    reason = Choice(Reason.values, required=False)
    address = Text(required=False, max_length=254, allow_blank=False, help_text="Exactly this address.")
    in_force = QueryFlag(required=False, help_text="`false`: those that were lifted. Left out: both.")


class CheckIn(Strict):
    addresses = serializers.ListField(
        child=Text(max_length=254, allow_blank=False), min_length=1, max_length=checking.MOST
    )


class CheckedOut(serializers.Serializer[checking.Checked]):
    """One of the addresses, in the order in which they were given."""

    address = serializers.CharField(help_text="In the form in which it is kept: E.164, or lower case.")
    suppressed = serializers.BooleanField()
    channels = serializers.ListField(child=serializers.ChoiceField(choices=Channel.values))
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=Reason.values))


class CheckOut(serializers.Serializer[dict[str, Any]]):
    results = CheckedOut(many=True)


def _forms(business: Business, address: str) -> set[str]:
    """Every form in which this may stand: as it was given, as it is kept, and as the hash of somebody erased."""
    known = {address}
    for channel in ("email", "sms"):
        with suppress(ValueError):
            known.add(suppressing.clean(business, channel, address))
    return {form for each in known for form in erased.forms(business.pk, each)}


class Suppressions(Resource):
    """Addresses that must not be used, whoever has them. They outlive the contact."""

    tag = "dnd"

    @extend_schema(parameters=[SuppressionQuery], responses=page_of("SuppressionPage", SuppressionOut))
    def list(self, request: Request) -> Response:
        query = self.query(SuppressionQuery)
        rows = Suppression.objects.filter(business=self.business)
        rows = rows.filter(**{name: query[name] for name in ("channel", "reason") if name in query})
        if "address" in query:
            rows = rows.filter(address__in=_forms(self.business, query["address"]))
        if "in_force" in query:
            rows = rows.filter(lifted_at__isnull=query["in_force"])
        page = paging.page_of(request, rows, query)
        return Response(page.body(shape(SuppressionOut).to_representation))

    @extend_schema(
        request=CheckIn,
        responses=CheckOut,
        examples=example({"addresses": ["+14155550100", "ada@example.org"]}),
    )
    def check(self, request: Request) -> Response:
        """Which of these numbers and emails must not be used: asked before a list is bought or called."""
        checked = checking.check(business=self.business, addresses=self.body(CheckIn)["addresses"])
        if faults := [
            Fault(f"addresses.{n}", "invalid", one.fault) for n, one in enumerate(checked) if one.fault
        ]:
            raise problems.invalid(faults)
        return Response({"results": [shape(CheckedOut).to_representation(one) for one in checked]})
