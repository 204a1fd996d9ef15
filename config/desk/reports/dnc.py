"""How the Do Not Contact list is used: which action, by whom, from which status, by day; and what does not fit."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from config.desk import site
from config.desk.reports import charts
from config.desk.reports.figures import Period
from config.desk.reports.page import asked
from contacts import spreadsheets
from contacts.acting import business_of
from contacts.models import Business, Contact, Status, SystemStatus
from dnd.models import DncEntry
from workflows.models import StatusAction

SHOWN = 50
COLUMNS = ("day", "action", "by", "source", "from_status", "count")
BY_A_WORKFLOW = "no status"

USAGE = """
SELECT (e.at AT TIME ZONE %(zone)s)::date, e.action, e.actor, e.source, coalesce(r.status_name, ''), count(*)
  FROM dnd_dncentry e LEFT JOIN workflows_actionrun r ON r.entry = e.id
 WHERE e.business_id = %(business)s AND e.at >= %(start)s AND e.at < %(end)s
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class Use:
    """So many contacts were put on the list on a day. `status`: from which, where an action did it."""

    day: date
    action: str
    actor: str
    source: str
    status: str
    count: int


def uses(business: Business, period: Period) -> list[Use]:
    given: dict[str, Any] = {
        "business": business.pk,
        "zone": period.zone,
        "start": period.start,
        "end": period.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(USAGE, given)
        return [Use(*row) for row in cursor.fetchall()]


def without_action(business: Business) -> QuerySet[Status]:
    """Statuses of living contacts from which nobody can be put on the list with one press."""
    lists = StatusAction.objects.filter(status=OuterRef("pk"), operations__contains=[{"kind": "add_to_dnc"}])
    found = Status.objects.of(business).open().exclude(system_status=SystemStatus.DEAD)
    return found.filter(~Exists(lists)).select_related("pipeline").order_by("pipeline__name", "position")


def listed_and_alive(business: Business) -> QuerySet[Contact]:
    """On the list, and in a status that is not dead: somebody still works on them."""
    entries = DncEntry.objects.in_force().filter(contact=OuterRef("pk"))
    alive = Contact.objects.of(business).exclude(status=None).exclude(status__system_status=SystemStatus.DEAD)
    return alive.filter(Exists(entries)).select_related("status").order_by("-pk")


def dead_and_not_listed(business: Business) -> QuerySet[Contact]:
    """Given up, and never put on the list: the next campaign may reach them."""
    entries = DncEntry.objects.in_force().filter(contact=OuterRef("pk"))
    dead = Contact.objects.of(business).filter(status__system_status=SystemStatus.DEAD)
    return dead.filter(~Exists(entries)).select_related("status").order_by("-pk")


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    business = business_of(request)
    form, period = asked(request, business)
    found = uses(business, period)
    listed, dead = listed_and_alive(business), dead_and_not_listed(business)
    by_day = Counter[date]()
    for use in found:
        by_day[use.day] += use.count
    context = {
        "form": form,
        "total": sum(use.count for use in found),
        "days": charts.columns([(day, by_day[day]) for day in period.days()]),
        "panels": [
            _panel("action", "By action", found),
            _panel("actor", "By whom", found),
            _panel("status", "From which status", found),
        ],
        "without_action": without_action(business),
        "listed": listed[:SHOWN],
        "listed_count": listed.count(),
        "dead": dead[:SHOWN],
        "dead_count": dead.count(),
        "shown": SHOWN,
        "query": f"first={period.first}&last={period.last}",
    }
    status = 422 if form.errors else 200
    title = "Use of the Do Not Contact list"
    return site.page(request, "desk/reports/dnc.html", context, title=title, status=status)


def _panel(what: str, title: str, found: list[Use]) -> dict[str, Any]:
    counter = Counter[str]()
    for use in found:
        counter[getattr(use, what) or (BY_A_WORKFLOW if what == "status" else "not named")] += use.count
    values = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return {"what": what, "title": title, "values": values, "chart": charts.rows(values)}


@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The figures as a file; of days that do not fit none, but the page that says so."""
    business = business_of(request)
    form, period = asked(request, business)
    if form.errors:
        return show(request)
    response = StreamingHttpResponse(_lines(business, period), content_type="text/csv; charset=utf-8")
    name = f"do-not-contact-{period.first}-{period.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _lines(business: Business, period: Period) -> Iterator[str]:
    rows = (
        (use.day, use.action, use.actor, use.source, use.status, use.count) for use in uses(business, period)
    )
    return spreadsheets.lines(COLUMNS, rows)
