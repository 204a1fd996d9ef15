"""The record of DND changes and the suppression list, to be read. Nothing here can be changed by anybody."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contacts.acting import actor_of, business_of, reaches
from contacts.actors import Actor
from contacts.admin import Choice, DeskList
from contacts.models import Contact
from contacts.search import search
from contacts.words import Channel, Role
from dnd import policy
from dnd.models import Change, DncEntry, Reason, Suppression
from dnd.reasons import rules

REASONS = [(value, label[:1].upper() + label[1:]) for value, label in Reason.choices]


class ReasonChoice(Choice):
    title = "Reason"
    parameter_name = "reason"
    choices_of = REASONS


class ChannelChoice(Choice):
    title = "Channel"
    parameter_name = "channel"
    choices_of = Channel.choices


class InForceChoice(Choice):
    title = "State"
    parameter_name = "state"
    choices_of = (("in_force", "In force"), ("lifted", "Lifted"))

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(lifted_at__isnull=value == "in_force")


@admin.register(Change)
class ChangeList(DeskList):
    """The ledger has pages of its own, which cost the same however long it is."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = request.META["QUERY_STRING"]
        return redirect(reverse("desk:ledger") + (f"?{query}" if query else ""))


class ListedChannelChoice(ChannelChoice):
    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(channels__contains=[value])


@admin.register(DncEntry)
class DncEntryList(DeskList):
    title = "Do Not Contact list"
    lead = "Who must not be contacted again, who put them here, and how often that has stopped something."
    columns = ("Contact", "Channels", "By", "Since", "Note", "Times hit", "State")
    row_template = "desk/rows/dncentry.html"
    ordering = ("-at", "-id")
    search_fields = ("addresses",)
    search_help_text = "A number or an email, whole"
    list_filter = (InForceChoice, ListedChannelChoice)
    list_select_related = ("contact",)
    empty = (
        "do_not_disturb_on",
        "Nobody is on the list",
        "An action of a pipeline, or a workflow, puts contacts here when they never want to hear from you again.",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By a whole address, as it is kept or as one dials it; or by the contact's name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        business = business_of(request)
        named = search(Contact.objects.of(business), term, country=business.country).values("pk")
        return queryset.filter(Q(addresses__contains=[term]) | Q(contact__in=named)), False

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        return [(reverse("desk:dnc-check"), "rule", "Check addresses")]


@admin.register(Suppression)
class SuppressionList(DeskList):
    title = "Suppressions"
    lead = "Addresses that must not be used, whoever has them. They outlive the contact."
    columns = ("Address", "Channel", "Reason", "By", "Since", "State", "")
    row_template = "desk/rows/suppression.html"
    ordering = ("-since", "-id")
    search_fields = ("address",)
    search_help_text = "A number or an email"
    list_filter = (InForceChoice, ChannelChoice, ReasonChoice)
    empty = (
        "unsubscribe",
        "No address is suppressed",
        "An address comes here when somebody texts STOP, unsubscribes, complains, or its provider refuses it.",
    )

    def rows(self, request: HttpRequest, found: Iterable[Suppression]) -> list[dict[str, Any]]:
        """Each with whether this person may lift it: what only the contact lifts has no button."""
        by = actor_of(request)
        may = reaches(request, Role.ENTERPRISE)
        return [
            {"row": row, "may_lift": may and row.lifted_at is None and _liftable(row, by)} for row in found
        ]

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        if not reaches(request, Role.MANAGER):
            return []
        return [
            (reverse("desk:suppression-add"), "add", "Add an address"),
            (reverse("desk:suppression-import"), "upload", "Import"),
            (reverse("desk:suppression-export"), "download", "Export"),
        ]


def _liftable(suppression: Suppression, by: Actor) -> bool:
    rule = rules()[suppression.reason]
    return policy.may_lift(rule, source=by.source, role=by.role, note="a note") is None
