"""The list of contacts, which shows several apps at once. The page of one contact is config/desk/contact.py."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from config.desk import contact, contact_form
from config.desk.broadcasts import lists  # noqa: F401 - registers the list of broadcasts
from contacts import phones
from contacts.acting import actor_of, business_of, reaches
from contacts.admin import Choice, DeskList
from contacts.models import Contact, ContactPoint, ContactTag, PointKind, Status, Tag
from contacts.search import search
from contacts.words import Channel, Role, channels_in, in_words
from dnd import audience, flags
from dnd.audience import Wanted
from dnd.models import Reason, State
from workflows.models import StatusAction

TAGS_TO_CHOOSE_FROM = 500


class ContactChoice(Choice):
    """One of the filters that REST, broadcasts and bulk changes have too."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.business = business_of(request)
        super().__init__(request, *args, **kwargs)

    def wanted(self, value: str) -> Wanted:
        return cast("Wanted", {self.parameter_name: value})

    def chosen(self, queryset: QuerySet[Contact], value: str) -> QuerySet[Contact]:
        return audience.narrowed(queryset, self.business, self.wanted(value))


class StateChoice(ContactChoice):
    title = "DND"
    parameter_name = "dnd_state"
    choices_of = (
        ("on", "On: every channel"),
        ("partial", "Partial: some channels"),
        ("off", "Off: no channel"),
    )


class ChannelChoice(ContactChoice):
    title = "Blocked channel"
    parameter_name = "dnd_channel"
    choices_of = Channel.choices


class ReasonChoice(ContactChoice):
    """Together with a channel it asks for that reason on that channel."""

    title = "Reason"
    parameter_name = "dnd_reason"
    choices_of = [(value, label[:1].upper() + label[1:]) for value, label in Reason.choices]

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        asked = request.GET.get("dnd_channel", "")
        self.channel = asked if asked in Channel.values else None
        super().__init__(request, *args, **kwargs)

    def wanted(self, value: str) -> Wanted:
        return {"dnd_reason": value, "dnd_channel": self.channel} if self.channel else {"dnd_reason": value}


class TagChoice(ContactChoice):
    title = "Tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        names = (
            Tag.objects.filter(business=business_of(request)).order_by("name").values_list("name", flat=True)
        )
        return [(name, name) for name in names[:TAGS_TO_CHOOSE_FROM]]


class StatusChoice(ContactChoice):
    title = "Status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        found = Status.objects.of(business_of(request)).order_by("pipeline__name", "position", "pk")
        named = found.values_list("pk", "pipeline__name", "name")
        return [(str(pk), f"{pipeline}: {name}") for pk, pipeline, name in named]

    def wanted(self, value: str) -> Wanted:
        return {"status": int(value)}


class DeadChoice(Choice):
    """Contacts in dead statuses are left out of the list unless somebody asks for them, or for one status."""

    title = "Dead statuses"
    parameter_name = "dead"
    unchosen = "Left out"
    choices_of = (("1", "Shown too"),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return without_dead(request, queryset) if leaves_out_dead(request) else queryset


def leaves_out_dead(request: HttpRequest) -> bool:
    return request.GET.get("dead") != "1" and not request.GET.get("status")


def dead_statuses(request: HttpRequest) -> list[int]:
    """Read once for a request: both the list and its note ask."""
    if not hasattr(request, "dead_statuses"):
        found = Status.objects.of(business_of(request)).dead().values_list("pk", flat=True)
        request.dead_statuses = list(found)  # type: ignore[attr-defined]
    return cast("list[int]", request.dead_statuses)  # type: ignore[attr-defined]


def without_dead(request: HttpRequest, contacts: QuerySet[Any]) -> QuerySet[Any]:
    """The statuses are few and read first, so that the list still comes by its index."""
    dead = dead_statuses(request)
    return contacts.filter(Q(status=None) | ~Q(status__in=dead)) if dead else contacts


class DoNotContactChoice(ContactChoice):
    title = "Automations"
    parameter_name = "do_not_contact"
    choices_of = (("1", "Paused (Do Not Contact)"), ("0", "Not paused"))

    def wanted(self, value: str) -> Wanted:
        return {"do_not_contact": value == "1"}


@admin.register(Contact)
class ContactList(DeskList):
    title = "Contacts"
    lead = "Everybody you talk to, and what each of them has asked for."
    columns = ("Name", "Phone", "Email", "Status", "Tags", "Do Not Disturb")
    row_template = "desk/rows/contact.html"
    ordering = ("-pk",)
    search_fields = ("first_name",)
    search_help_text = "Name, email, phone or external id"
    list_filter = (
        StateChoice, ChannelChoice, ReasonChoice, TagChoice, StatusChoice, DoNotContactChoice, DeadChoice,
    )  # fmt: skip
    empty = ("group", "No contacts yet", "Add the first person, and Heed keeps what they ask for.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        links = ContactTag.objects.select_related("tag").order_by("tag__name")
        points = ContactPoint.objects.filter(kind__in=[PointKind.PHONE, PointKind.EMAIL])
        return (
            super()
            .get_queryset(request)
            .filter(deleted_at=None)
            .select_related("standing", "status")
            .prefetch_related(Prefetch("tag_links", links), Prefetch("points", points))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search(queryset, search_term, country=business_of(request).country), False

    def rows(self, request: HttpRequest, found: Iterable[Contact]) -> list[Any]:
        return [row(one) for one in found]

    def note(self, request: HttpRequest) -> str:
        if not leaves_out_dead(request) or not dead_statuses(request):
            return ""
        return "Contacts in dead statuses are left out. “Dead statuses” above shows them too."

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        buttons = [
            (reverse("admin:contacts_contact_add"), "person_add", "Add a contact"),
            (reverse("desk:duplicates"), "merge", "Duplicates"),
        ]
        if reaches(request, Role.MANAGER):
            exported = f"{reverse('desk:exports')}?{request.GET.urlencode()}"
            buttons += [(reverse("desk:imports"), "upload", "Import"), (exported, "download", "Export")]
        if StatusAction.objects.of(business_of(request)).for_role(actor_of(request).role).exists():
            where = f"{reverse('desk:action-bulk')}?{request.GET.urlencode()}"
            buttons.append((where, "playlist_play", "Run an action"))
        return buttons

    def many(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        return (
            [(reverse("desk:bulk-dnd"), "do_not_disturb_on", "Change DND")]
            if reaches(request, Role.MANAGER)
            else []
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return contact_form.add(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return contact.show(request, object_id)


def row(one: Contact) -> dict[str, Any]:
    """A line of the list."""
    points = sorted(one.points.all(), key=lambda point: (not point.preferred, point.position))
    numbers = [point.value for point in points if point.kind == PointKind.PHONE]
    standing = getattr(one, "standing", None)
    mask = standing.outbound if standing else 0
    return {
        "contact": one,
        "phone": phones.pretty(numbers[0]) if numbers else "",
        "more_phones": len(numbers) - 1,
        "email": next((point.value for point in points if point.kind == PointKind.EMAIL), ""),
        "tags": [link.tag.name for link in one.tag_links.all()],
        "state": State(flags.state_of(mask)),
        "blocked": in_words(channels_in(mask)),
        "paused": bool(standing and standing.do_not_contact),
    }


# Groups, addresses and second factors belong to their owners, who have pages of their own for them.
for model in (Group, EmailAddress, Authenticator):
    admin.site.unregister(model)
