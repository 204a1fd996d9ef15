"""The record of DND changes and the suppression list, to be read. Nothing here can be changed by anybody."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from contacts.acting import actor_of, reaches
from contacts.actors import Actor
from contacts.admin import Choice, DeskList
from contacts.words import Channel, Direction, Role, Source
from dnd import policy
from dnd.models import Change, Reason, Suppression
from dnd.reasons import rules

REASONS = [(value, label[:1].upper() + label[1:]) for value, label in Reason.choices]


class DirectionChoice(Choice):
    title = "About"
    parameter_name = "direction"
    choices_of = (
        (Direction.OUTBOUND.value, "What we send"),
        (Direction.INBOUND.value, "What they send"),
        (Direction.AUTOMATIONS.value, "Do Not Contact"),
    )


class SourceChoice(Choice):
    title = "Caused by"
    parameter_name = "source"
    choices_of = [(value, label.capitalize()) for value, label in Source.choices]


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

    def chosen(self, queryset: QuerySet[Suppression], value: str) -> QuerySet[Suppression]:
        return queryset.filter(lifted_at__isnull=value == "in_force")


@admin.register(Change)
class ChangeList(DeskList):
    title = "DND changes"
    lead = (
        "Who changed what may be sent to whom, when and why. The database refuses to alter or remove a line."
    )
    columns = ("Contact", "Change", "Reason", "By", "Recorded", "In force")
    row_template = "desk/rows/change.html"
    ordering = ("-recorded_at", "-id")
    list_filter = (DirectionChoice, SourceChoice, ReasonChoice)
    empty = (
        "history",
        "No changes yet",
        "Switch a channel off on a contact's page, and it is recorded here.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return super().get_queryset(request).select_related("contact", "effective", "text")


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
