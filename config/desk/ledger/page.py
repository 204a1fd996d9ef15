"""The pages of the ledger: the lines by filter, one line with its cause, and the jobs that verify and export it."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from config.desk import days, finding, site
from config.desk.ledger import causes
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Business, Contact
from contacts.search import search
from contacts.words import Channel, Direction, Role, Source
from dnd import reading_ledger
from dnd import services as dnd
from dnd.models import Change, Reason
from dnd.reading_ledger import Place, Wanted

MOST_CONTACTS = 500
ANY = [("", "All")]


def _choices(words: Any) -> list[tuple[str, str]]:
    return ANY + [(value, str(label)[:1].upper() + str(label)[1:]) for value, label in words]


class LedgerForm(forms.Form):
    contact = forms.CharField(required=False, max_length=200, label="Contact")
    channel = forms.ChoiceField(required=False, choices=_choices(Channel.choices), label="Channel")
    direction = forms.ChoiceField(
        required=False, label="About",
        choices=[*ANY, ("outbound", "What we send"), ("inbound", "What they send"), ("automations", "Do Not Contact")],
    )  # fmt: skip
    source = forms.ChoiceField(required=False, choices=_choices(Source.choices), label="Caused by")
    reason = forms.ChoiceField(required=False, choices=_choices(Reason.choices), label="Reason")
    actor = forms.CharField(required=False, max_length=200, label="By whom, exactly")
    first = days.field("From", required=False)
    last = days.field("To", required=False)


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The lines that fit, newest first. A filter that cannot be read is said at its field, and finds nothing."""
    business = business_of(request)
    form = LedgerForm(request.GET)
    found = reading_ledger.Page([], None)
    if form.is_valid():
        found = reading_ledger.page(business.pk, _wanted(business, form.cleaned_data), before=_place(request))
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "rows": found.lines,
        "cut_short": found.cut_short,
        "older": _older(query, found.next) if found.next else "",
        "newest": query.urlencode() if "before" in request.GET else None,
        "filtered": any(query.get(name) for name in form.fields),
        "may_verify": reaches(request, Role.MANAGER),
        "may_export": reaches(request, Role.ENTERPRISE),
    }
    status = 422 if form.errors else 200
    return site.page(request, "desk/ledger/page.html", context, title="DND changes", status=status)


def _wanted(business: Business, given: dict[str, Any]) -> Wanted:
    zone = ZoneInfo(business.timezone)
    since, until = (
        datetime.combine(day, time(), zone) if day else None
        for day in (given["first"], given["last"] and given["last"] + timedelta(days=1))
    )
    wanted = Wanted(
        **{name: given[name] for name in ("channel", "direction", "source", "reason", "actor")},
        since=since,
        until=until,
    )
    return replace(wanted, contacts=_contacts(business, given["contact"])) if given["contact"] else wanted


def _contacts(business: Business, text: str) -> list[int]:
    """By id, deleted ones too; else those whom the list of contacts would find."""
    if text.isascii() and text.isdecimal() and len(text) <= finding.LONGEST_ID:
        by_id = Contact.objects.filter(business=business, pk=int(text)).values_list("pk", flat=True)
        if by_id:
            return list(by_id)
    found = search(Contact.objects.of(business), text, country=business.country)
    return list(found.values_list("pk", flat=True)[:MOST_CONTACTS])


def _place(request: HttpRequest) -> Place | None:
    """Where the page begins; one that cannot be read is the beginning."""
    micros, _, pk = request.GET.get("before", "").partition("-")
    if not (micros.isascii() and micros.isdecimal() and pk.isascii() and pk.isdecimal()):
        return None
    if len(micros) > 17 or len(pk) > finding.LONGEST_ID:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(micros)), int(pk)


def _older(query: Any, place: Place) -> str:
    micros = (place[0] - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)
    query = query.copy()
    query["before"] = f"{micros}-{place[1]}"
    return str(query.urlencode())


@require_safe
def line(request: HttpRequest, pk: str) -> HttpResponse:
    """One line whole: what it says, its hashes, and what it came from."""
    lines = Change.objects.filter(business=business_of(request))
    one = finding.one(lines.select_related("contact", "effective", "text"), pk)
    context = {
        "line": one,
        "causes": causes.of(one),
        "direction": Direction(one.direction).label,
        "grounds": [(Channel(channel).label, Reason(reason).label) for channel, reason in one.grounds],
    }
    return site.page(request, "desk/ledger/line.html", context, title=one.summary)


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    job = dnd.verify_ledger(business=business_of(request), by=actor_of(request))
    return redirect("desk:job", job.pk)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    form = "csv" if request.POST.get("format") == "csv" else "jsonl"
    job = dnd.export_ledger(business=business_of(request), form=form, by=actor_of(request))
    return redirect("desk:job", job.pk)
