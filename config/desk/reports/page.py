"""The report as a page: charts with a table beside each, and the same as CSV."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from config.desk import days, site
from config.desk.reports import charts, figures
from config.desk.reports.figures import LONGEST, USUAL, Period, Report
from contacts import locks, spreadsheets
from contacts.acting import business_of
from contacts.models import Business
from contacts.words import Channel, Source
from dnd.models import Reason

COLUMNS = ("day", "channel", "reason", "source", "count")
RATES = {"opt_out": "Opt-outs", "error": "Errors", "complaint": "Spam complaints"}
STATES = {"fine": "Fine", "warn": "Warning", "stop": "Cut off"}


class PeriodForm(forms.Form):
    first = days.field("From")
    last = days.field("To")
    dead = forms.BooleanField(required=False, label="Contacts in dead statuses too")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and first > last:
            self.add_error("last", "This is before the first day.")
        elif first and last and (last - first).days >= LONGEST:
            self.add_error("last", f"Ask for at most {LONGEST} days at once.")
        return given


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    business = business_of(request)
    form, period = asked(request, business)
    report = figures.make(business, period, dead=_with_dead(form))
    context = {
        "form": form,
        "report": report,
        "panels": _panels(report),
        "days": charts.columns(report.by_day()),
        "rates": [
            {"rate": rate, "words": _rate_words(rate), "state": STATES[rate.state]} for rate in report.rates
        ],
        "query": f"first={period.first}&last={period.last}" + ("&dead=on" if _with_dead(form) else ""),
    }
    status = 422 if form.errors else 200
    return site.page(request, "desk/reports/page.html", context, title="Opt-outs", status=status)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The figures as a file; of days that do not fit none, but the page that says so."""
    business = business_of(request)
    form, period = asked(request, business)
    if form.errors:
        return show(request)
    report = figures.make(business, period, dead=_with_dead(form))
    response = StreamingHttpResponse(_lines(report), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="opt-outs-{period.first}-{period.last}.csv"'
    )
    return response


def _lines(report: Report) -> Iterator[str]:
    rows = ((each.day, each.channel, each.reason, each.source, each.count) for each in report.opt_outs)
    return spreadsheets.lines(COLUMNS, rows)


def asked(request: HttpRequest, business: Business) -> tuple[PeriodForm, Period]:
    """The days that are asked for; the last thirty when none are, or none that fit."""
    today = figures.today(business, locks.now())
    usual = {"first": today - timedelta(days=USUAL - 1), "last": today}
    form = PeriodForm(request.GET if request.GET else None, initial=usual)
    chosen: dict[str, date] = form.cleaned_data if form.is_bound and form.is_valid() else usual
    return form, Period(chosen["first"], chosen["last"], business.timezone)


def _with_dead(form: PeriodForm) -> bool:
    return form.is_bound and form.is_valid() and bool(form.cleaned_data["dead"])


def _panels(report: Report) -> list[dict[str, Any]]:
    """One chart with its table for each way to look at it."""
    found = []
    for what, title, words in (
        ("channel", "By channel", dict(Channel.choices)),
        ("reason", "By reason", dict(Reason.choices)),
        ("source", "By who caused it", dict(Source.choices)),
    ):
        values = [(_capital(str(words[word])), count) for word, count in report.by(what)]
        found.append({"what": what, "title": title, "values": values, "chart": charts.rows(values)})
    return found


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _rate_words(rate: Any) -> str:
    return f"{RATES[rate.kind]} by {Channel(rate.channel).label}"
