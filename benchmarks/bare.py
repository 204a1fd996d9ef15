"""What is measured against: three rows in one transaction with REST's authentication, and one row and nothing else."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from compliance.models import InboundEvent
from contacts.models import Task


class Bare(APIView):
    """No locks, no policy, no ledger."""

    def patch(self, request: Request, contact: int) -> Response:
        with transaction.atomic():
            for title in ("one", "two", "three"):
                Task.objects.create(business=request.auth.business, contact_id=contact, title=title)
        return Response({"ok": request.data is not None})


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """One row, and nothing asked."""
    now = timezone.now()
    InboundEvent.objects.create(
        business_id=request.GET["business"],
        connection=0,
        kind="message",
        provider_id=request.POST["MessageSid"],
        via="webhook",
        body=request.body,
        received_at=now,
        due_at=now,
        state="done",
    )
    return HttpResponse("<Response/>", content_type="text/xml")


urlpatterns = [
    path("insert/", insert),
    path("bare/<int:contact>/", Bare.as_view()),
    path("", include("config.urls")),
]
