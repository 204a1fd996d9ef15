"""The desk's lists: what every list has in common, and those of keys, people and jobs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from contacts.acting import business_of, reaches
from contacts.models import ApiKey, Job, Membership, Team
from contacts.words import Role


class Choice(admin.SimpleListFilter):
    """A filter that is a drop-down. A value that is no choice filters nothing."""

    choices_of: Sequence[tuple[str, str]] = ()
    unchosen = "All"
    """What it says while nothing is chosen."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return self.choices_of

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen not in [str(value) for value, _ in self.lookup_choices]:
            return queryset
        return self.chosen(queryset, str(chosen))

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): value})


class DeskList(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """A list of what belongs to the business somebody works in, and to no other. It writes nothing:

    what changes a row is a page of its own that calls a service.
    """

    change_list_template = "desk/list.html"
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    actions = None
    search_fields: Sequence[str] = ()
    columns: Sequence[str] = ()
    row_template = ""
    title = ""
    lead = ""
    empty = ("inbox", "Nothing here yet", "")
    least_role = Role.STAFF.value

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(business=business_of(request))  # type: ignore[no-any-return]

    def rows(self, request: HttpRequest, found: Iterable[Any]) -> list[Any]:
        """What the row template is given for each of these."""
        return list(found)

    def note(self, request: HttpRequest) -> str:
        """What has to be known of what the list shows, such as what it leaves out."""
        return ""

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        """(address, icon, words) of what can be done from this list."""
        return []

    def many(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        """(address, icon, words) of what can be done with rows that are ticked, or with all that the filter shows.

        The address is given the filter as it is in the list, with `all=1` or the ticked ones as `contact`.
        """
        return []

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Every field can be looked up by an address, and no field holds what PostgreSQL has no character for.
        if any("\0" in value for _, values in request.GET.lists() for value in values):
            return redirect(f"{request.path}?e=1")
        response = super().changelist_view(request, {"title": self.title, **(extra_context or {})})
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            shown = response.context_data["cl"]
            response.context_data.update(
                rows=self.rows(request, shown.result_list),
                buttons=self.buttons(request),
                many=self.many(request),
                shown_by={**request.GET.dict()},
                note=self.note(request),
                more=len(shown.result_list) == self.list_per_page,
                desk=self,
            )
        return response  # type: ignore[no-any-return]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404

    def has_module_permission(self, request: HttpRequest) -> bool:
        return reaches(request, self.least_role)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return reaches(request, self.least_role)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipList(DeskList):
    title = "Team and staff"
    lead = "Who works here, and what each of them may do."
    least_role = Role.ENTERPRISE.value
    columns = ("Name", "Email", "Role", "Teams", "")
    row_template = "desk/rows/membership.html"
    ordering = ("user__name", "pk")
    list_select_related = ("user",)

    def rows(self, request: HttpRequest, found: Iterable[Any]) -> list[Any]:
        teams: dict[int, list[str]] = defaultdict(list)
        mine = Team.objects.filter(business=business_of(request)).order_by("name")
        for user, name in mine.values_list("members", "name"):
            teams[user].append(name)
        return [
            {
                "membership": one,
                "teams": ", ".join(teams[one.user_id]),
                "self": one.user_id == request.user.pk,
            }
            for one in found
        ]

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        return [
            (reverse("desk:member-add"), "person_add", "Add a person"),
            (reverse("desk:teams"), "groups", "Teams"),
        ]


@admin.register(ApiKey)
class ApiKeyList(DeskList):
    title = "API keys"
    lead = "A program uses a key to act in this business, with the key's role. Its text is shown once, when it is made."
    least_role = Role.ENTERPRISE.value
    columns = ("Name", "Begins with", "Role", "Made", "State", "")
    row_template = "desk/rows/apikey.html"
    ordering = ("-pk",)
    list_select_related = ("created_by",)
    empty = (
        "key",
        "No keys yet",
        "Make one for each program that talks to Heed, so that each can be revoked alone.",
    )

    def buttons(self, request: HttpRequest) -> list[tuple[str, str, str]]:
        return [(reverse("desk:key-add"), "add", "New key")]


@admin.register(Job)
class JobList(DeskList):
    title = "Jobs"
    lead = "Work that takes a while: changes of many contacts, imports, exports. It goes on when you close this page."
    columns = ("Job", "State", "Progress", "Started by", "Started")
    row_template = "desk/rows/job.html"
    ordering = ("-pk",)
    empty = (
        "pending_actions",
        "No jobs yet",
        "Change many contacts at once from the list of contacts, and the progress is shown here.",
    )
