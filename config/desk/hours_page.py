"""The table of permitted hours, and changing it region by region: for enterprise users."""

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from compliance import hours, regions
from compliance.hours import Row
from compliance.services import permitted, profiles
from config.desk import site
from config.desk.settings_pages import get_or_post
from contacts.acting import actor_of, business_of
from contacts.models import Business
from contacts.services import staff
from contacts.services.errors import Invalid

DAYS = tuple(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))
FEW = 4


class RowForm(forms.Form):
    days = forms.TypedMultipleChoiceField(
        choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="Days"
    )
    opens = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(
        label="Until",
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text="Midnight, 0:00, ends the day.",
    )
    note = forms.CharField(max_length=200, required=False, label="Note")


RowForms = forms.formset_factory(RowForm, extra=1, can_delete=True, max_num=permitted.MOST_ROWS)


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    business = business_of(request)
    staff.need_enterprise(actor_of(request))
    own = permitted.own_regions(business.pk)
    rows = permitted.rows_of(business.pk)
    found = [
        {"code": code, "name": name_of(code), "own": code in own, "rows": [in_words(row) for row in some]}
        for code, some in groupby(rows, key=lambda row: row.region)
    ]
    listed = {row.region for row in rows}
    context = {
        "regions": found,
        "others": sorted((name_of(code), code) for code in set(regions.zones_of()) - listed),
        "on": profiles.of(business.pk).quiet_hours,
    }
    return site.page(request, "desk/hours/list.html", context, title="Permitted hours")


def name_of(region: str) -> str:
    return "Everywhere else" if region == hours.DEFAULT else regions.names().get(region, region)


def in_words(row: Row) -> dict[str, str]:
    """`Monday to Saturday: 8:00 to 20:00`."""
    until = (
        "midnight"
        if not row.window.closes.hour and not row.window.closes.minute
        else _clock(row.window.closes)
    )
    return {
        "days": _days(sorted(row.window.days)),
        "hours": f"{_clock(row.window.opens)} to {until}",
        "note": row.note,
    }


def _clock(at: Any) -> str:
    return f"{at.hour}:{at.minute:02}"


def _days(days: list[int]) -> str:
    names = dict(DAYS)
    if days == list(range(7)):
        return "Every day"
    if len(days) > FEW - 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{names[days[0]]} to {names[days[-1]]}"
    return ", ".join(names[day] for day in days)


@get_or_post
def edit(request: HttpRequest) -> HttpResponse:
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    region = request.POST.get("region") or request.GET.get("region", "")
    if region != hours.DEFAULT and region not in regions.zones_of():
        raise Http404
    forms_ = RowForms(request.POST if request.method == "POST" else None, initial=_start(business, region))
    for form in forms_:
        form.fields["DELETE"].label = "Remove this row"
    errors: list[str] = []
    if request.method == "POST":
        rows = [] if "reset" in request.POST else _given(forms_)
        errors = _save(business, region, rows, forms_, by) if rows is not None else []
        if rows is not None and not errors:
            messages.success(request, f"Saved: the hours of {name_of(region)}.")
            return redirect("desk:hours")
    context = {
        "region": region,
        "rows": forms_,
        "errors": errors,
        "own": region in permitted.own_regions(business.pk),
    }
    status = 422 if errors or forms_.total_error_count() else 200
    title = f"Permitted hours: {name_of(region)}"
    return site.page(request, "desk/hours/edit.html", context, title=title, status=status)


def _start(business: Business, region: str) -> list[dict[str, Any]]:
    """The region's rows as they hold now; of one that follows the default, the default's."""
    rows = permitted.rows_of(business.pk)
    own = [row for row in rows if row.region == region] or [
        row for row in rows if row.region == hours.DEFAULT
    ]
    return [
        {
            "days": sorted(row.window.days),
            "opens": row.window.opens,
            "closes": row.window.closes,
            "note": row.note if row.region == region else "",
        }
        for row in own
    ]


def _given(forms_: Any) -> list[dict[str, Any]] | None:
    """The rows of the form that are not to be removed; None when a field does not fit."""
    if not forms_.is_valid():
        return None
    return [form.cleaned_data for form in forms_ if form.cleaned_data and not form.cleaned_data.get("DELETE")]


def _save(business: Business, region: str, rows: list[dict[str, Any]], forms_: Any, by: Any) -> list[str]:
    """What is wrong, in sentences; the fields that it is about are marked."""
    try:
        permitted.replace(business=business, region=region, rows=rows, by=by)
    except Invalid as invalid:
        kept = [form for form in forms_ if getattr(form, "cleaned_data", None) and form.cleaned_data in rows]
        for path, sentence in invalid.errors.items():
            parts = path.split(".")
            if len(parts) == 3:
                kept[int(parts[1])].add_error(parts[2], sentence)
        return list(invalid.errors.values())
    return []
