"""What surrounds every page of the desk: the menu, the businesses to choose from, and what is unread."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from contacts.acting import reaches
from contacts.services import work
from contacts.words import Role

PEOPLE = ("people/", "teams/")
ENTERPRISE = Role.ENTERPRISE.value


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the menu. `also`: what else under /admin/ belongs to it."""

    title: str
    view: str
    icon: str
    least: str = Role.STAFF.value
    also: tuple[str, ...] = ()


MENU: tuple[tuple[str, tuple[Section, ...]], ...] = (
    (
        "",
        (
            Section("Start", "admin:index", "home"),
            Section("Contacts", "admin:contacts_contact_changelist", "group", also=("imports/", "exports/")),
            Section("Pipelines", "desk:pipelines", "view_kanban"),
            Section("Workflows", "admin:workflows_workflow_changelist", "account_tree", also=("workflows/",)),
            Section("Broadcasts", "admin:messaging_broadcast_changelist", "campaign", also=("broadcasts/",)),
            Section("Messages", "admin:messaging_message_changelist", "chat"),
            Section("Jobs", "admin:contacts_job_changelist", "pending_actions", also=("jobs/",)),
        ),
    ),
    (
        "Records",
        (
            Section("DND changes", "desk:ledger", "history"),
            Section("Opt-outs", "desk:reports", "monitoring"),
            Section(
                "Suppressions", "admin:dnd_suppression_changelist", "unsubscribe", also=("suppressions/",)
            ),
            Section(
                "Do Not Contact list", "admin:dnd_dncentry_changelist", "do_not_disturb_on", also=("dnc/",)
            ),
            Section("To be reviewed", "admin:compliance_review_changelist", "fact_check"),
        ),
    ),
    (
        "Settings",
        (
            Section("Business Profile", "desk:profile", "storefront", ENTERPRISE),
            Section("Compliance", "desk:compliance", "policy", ENTERPRISE, ("hours/",)),
            Section(
                "Connections", "admin:messaging_connection_changelist", "cable", ENTERPRISE, ("connections/",)
            ),
            Section(
                "Team and staff",
                "admin:contacts_membership_changelist",
                "badge",
                ENTERPRISE,
                ("people/", "teams/"),
            ),
            Section("API keys", "admin:contacts_apikey_changelist", "key", ENTERPRISE, ("keys/",)),
        ),
    ),
)


THEMES = (("light", "Light", "light_mode"), ("dark", "Dark", "dark_mode"), ("auto", "System", "computer"))


def context(request: HttpRequest) -> dict[str, Any]:
    """Given to every page by the admin site (UNFOLD's GLOBAL_CALLBACK)."""
    acting = getattr(request, "acting", None)
    if acting is None:
        return {}
    return {
        "acting": acting,
        "business": acting.membership.business,
        "menu": menu(request),
        "themes": THEMES,
        "unread": SimpleLazyObject(lambda: work.unread_by(acting.membership).count()),
    }


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections this person may open, the present one marked."""
    present = max(
        (_fit(request.path, section), section.title) for _, sections in MENU for section in sections
    )
    groups = []
    for title, sections in MENU:
        items = [_item(section, present) for section in sections if reaches(request, section.least)]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _item(section: Section, present: tuple[int, str]) -> dict[str, Any]:
    here = present[0] > 0 and present[1] == section.title
    return {"title": section.title, "url": reverse(section.view), "icon": section.icon, "here": here}


def _fit(path: str, section: Section) -> int:
    """How much of the address belongs to a section: of two, the one that says more of it is where somebody is."""
    url, start = reverse(section.view), reverse("admin:index")
    if url == start:
        return len(url) if path == url else 0
    places = (url, *(f"{start}{place}" for place in section.also))
    return max((len(place) for place in places if path.startswith(place)), default=0)


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    title: str,
    status: int = 200,
) -> HttpResponse:
    """A page of the desk with everything around it."""
    everything = {**admin.site.each_context(request), "title": title, **(context or {})}
    return render(request, template, everything, status=status)


def part(request: HttpRequest) -> bool:
    """Whether htmx asked, so that a part of the page is enough."""
    return "HX-Request" in request.headers
