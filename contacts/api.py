"""Jobs over REST, and the shapes of a business, whose resource sees every app: config/desk/profile_api.py."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Business, Job, JobState
from contacts.rest.fields import Choice, Flag, Id, Strict, Text, shape
from contacts.rest.views import Resource, row
from contacts.services import businesses, jobs

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


class JobOut(serializers.ModelSerializer[Job]):
    state = serializers.ChoiceField(choices=JobState.values)
    total = serializers.SerializerMethodField(help_text="0 until it is counted.")
    error = serializers.CharField(help_text="One sentence, for a job that failed.")

    class Meta:
        model = Job
        fields = ("state", "total", "done", "changed", "unchanged", "refused", "error")

    def get_total(self, job: Job) -> int:
        return job.total or 0


class Started(serializers.Serializer[dict[str, str]]):
    """The answer to a request whose work goes on as a job."""

    job = serializers.CharField(help_text="Its id: ask for it at /jobs/{id}/.")


class Jobs(Resource):
    """Work that takes longer than a request."""

    tag = "jobs"

    @extend_schema(responses=JobOut)
    def retrieve(self, request: Request, id: str) -> Response:
        return Response(shape(JobOut).to_representation(self._job(id)))

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def refused(self, request: Request, id: str) -> StreamingHttpResponse:
        """What it left as it was, and why: contact, name, row, code, detail."""
        lines = jobs.refused_csv(self._job(id))
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")

    def _job(self, id: str) -> Job:
        return Job.objects.of(self.business).get(pk=row(id))
