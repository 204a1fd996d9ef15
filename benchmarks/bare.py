"""The reference for a DND change over REST: the same authentication, and three rows in one transaction."""

from django.db import transaction
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contacts.models import Task


class Bare(APIView):
    """No locks, no policy, no ledger."""

    def patch(self, request: Request, contact: int) -> Response:
        with transaction.atomic():
            for title in ("one", "two", "three"):
                Task.objects.create(business=request.auth.business, contact_id=contact, title=title)
        return Response({"ok": request.data is not None})


urlpatterns = [
    path("bare/<int:contact>/", Bare.as_view()),
    path("", include("config.urls")),
]
