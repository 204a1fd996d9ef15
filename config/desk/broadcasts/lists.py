"""The list of broadcasts and campaigns."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from config.desk.broadcasts import wording
from contacts.acting import business_of, reaches
from contacts.admin import Choice, DeskList
from contacts.words import Role
from messaging.models import Broadcast


class StateChoice(Choice):
    title = "State"
    parameter_name = "state"
    choices_of = Broadcast.State.choices


@admin.register(Broadcast)
class BroadcastList(DeskList):
    title = "Broadcasts"
    lead = "One message to many. Each of them gets it once at most, and nobody who has said no."
    columns = ("Name", "For", "Kind", "State", "People", "When")
    row_template = "desk/rows/broadcast.html"
    ordering = ("-pk",)
    search_fields = ("name",)
    list_filter = (StateChoice,)
    empty = (
        "campaign",
        "No broadcasts yet",
        "Write a message once and choose who gets it. Before anything leaves you see who would get what, and who "
        "nothing and why.",
    )

    def rows(self, request: HttpRequest, found: Iterable[Any]) -> list[Any]:
        statuses = wording.status_names(business_of(request))
        return [{"broadcast": one, "audience": wording.audience(one, statuses)} for one in found]

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        if not reaches(request, Role.MANAGER.value):
            return []
        return [(reverse("desk:broadcast-add"), "add", "New broadcast")]
