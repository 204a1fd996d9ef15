"""Export over REST: started with the filters of the list, fetched from the job."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.desk.exporting import runner
from contacts.models import Job
from contacts.rest.fields import Strict
from contacts.rest.schema import example
from contacts.rest.views import Resource, row
from contacts.services import jobs
from contacts.services.errors import Invalid
from contacts.words import Role
from dnd.audience import ContactFilter

MANAGER = Role.MANAGER.value


class ExportIn(Strict):
    filter = ContactFilter(required=False, help_text="As in the list of contacts; left out, everybody.")


class ExportStarted(serializers.Serializer[dict[str, str]]):
    job = serializers.CharField(
        help_text="Its id. The file is at /jobs/{id}/files/contacts.csv when it is done."
    )


class Exports(Resource):
    """Contacts with their DND state, grounds and sources, as a file."""

    tag = "exports"
    least_role = {"create": MANAGER}

    @extend_schema(
        request=ExportIn, responses={202: ExportStarted}, examples=example({"filter": {"dnd_channel": "sms"}})
    )
    def create(self, request: Request) -> Response:
        """Goes on as a job."""
        wanted = self.body(ExportIn).get("filter", {})
        try:
            job = runner.start(business=self.business, wanted=wanted, by=self.actor)
        except Invalid as invalid:
            raise Invalid({f"filter.{field}": said for field, said in invalid.errors.items()}) from invalid
        return Response({"job": str(job.pk)}, status=202)


class JobFiles(Resource):
    """The files that jobs leave."""

    tag = "jobs"
    least_role = {"retrieve": MANAGER}

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def retrieve(self, request: Request, id: str, name: str) -> StreamingHttpResponse:
        """One file of a job, for whoever may start such a job."""
        job = Job.objects.of(self.business).get(pk=row(id))
        file = next((file for file in jobs.files_of(job) if file.name == name), None)
        if file is None or not jobs.may_manage(job, self.actor.role):
            raise Job.DoesNotExist
        return StreamingHttpResponse(jobs.read(job, name), content_type=file.content_type)
