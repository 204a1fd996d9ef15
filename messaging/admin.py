"""Messages and connections, as lists. The forms of a connection are config/desk/connections.py."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from contacts.acting import business_of
from contacts.admin import Choice, DeskList
from contacts.words import Channel, Role
from messaging import health
from messaging.models import Broadcast, Connection, Message, MessageClass, MessageState


class StateChoice(Choice):
    title = "State"
    parameter_name = "state"
    choices_of = MessageState.choices


class ChannelChoice(Choice):
    title = "Channel"
    parameter_name = "channel"
    choices_of = Channel.choices


class ClassChoice(Choice):
    title = "Kind"
    parameter_name = "message_class"
    choices_of = MessageClass.choices


class ContactChoice(Choice):
    """Messages of one contact: from a link on its page, so there is nothing to choose from here."""

    title = "Contact"
    parameter_name = "contact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        asked = request.GET.get("contact", "")
        return [(asked, "This contact only")] if asked.isdecimal() and len(asked) < 19 else []


class BroadcastChoice(Choice):
    """Messages of one broadcast: from a link on its page."""

    title = "Broadcast"
    parameter_name = "broadcast"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        asked = request.GET.get("broadcast", "")
        if not asked.isdecimal() or len(asked) > 18:
            return []
        mine = Broadcast.objects.of(business_of(request)).filter(pk=int(asked))
        return [(asked, name) for name in mine.values_list("name", flat=True)]


@admin.register(Message)
class MessageList(DeskList):
    title = "Messages"
    columns = ("To", "Message", "Channel", "State", "Why", "When")
    row_template = "desk/rows/message.html"
    ordering = ("-id",)
    list_select_related = ("contact", "broadcast")
    list_filter = (StateChoice, ChannelChoice, ClassChoice, ContactChoice, BroadcastChoice)
    empty = (
        "chat",
        "No messages yet",
        "They appear when a workflow sends one, or somebody writes from a contact's page.",
    )


@admin.register(Connection)
class ConnectionList(DeskList):
    title = "Connections"
    lead = (
        "How messages leave: one connection for each channel. Disconnecting holds messages, and DND is kept."
    )
    least_role = Role.ENTERPRISE.value
    columns = ("Channel", "State", "Last taken", "Last refused", "Last day", "Waiting", "With DND", "")
    row_template = "desk/rows/connection.html"
    ordering = ("channel",)
    empty = (
        "cable",
        "No connections yet",
        "Add one for each channel that you use: a Twilio account for texts and calls, a mail server for emails. "
        "Without one, a message on that channel is not sent and the step fails. What contacts have asked for is kept "
        "either way.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        # The credentials stay sealed: a list has no use for them.
        return super().get_queryset(request).defer("config")

    def rows(self, request: HttpRequest, found: Iterable[Connection]) -> list[Any]:
        healths = health.of(business_of(request))
        return [
            {"connection": one, "health": healths[one.channel], "fares": health.fares(one)} for one in found
        ]

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        return [(reverse("desk:connection-add"), "add", "Add a connection")]
