"""One entry of the Do Not Contact list and taking it off; and checking addresses before they are used."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from compliance.services import checking
from compliance.services.checking import Checked
from config.desk import finding, site
from config.desk.settings_pages import get_or_post, tried
from contacts import spreadsheets
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Business
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Role, in_words
from dnd import services as dnd
from dnd.models import DncEntry, Reason

LIST = "admin:dnd_dncentry_changelist"
LARGEST = 1_000_000
MOST_ADDRESSES = 20_000
SHOWN = 500


class LiftForm(forms.Form):
    note = forms.CharField(
        max_length=2000, label="Note", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why they may be contacted again. It is kept in the ledger.",
    )  # fmt: skip


class CheckForm(forms.Form):
    addresses = forms.CharField(
        required=False, label="Numbers and emails, one a line", widget=forms.Textarea(attrs={"rows": 6}),
        max_length=LARGEST,
    )  # fmt: skip
    file = forms.FileField(
        required=False, label="Or a file", help_text="Text or CSV: the first column counts."
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("addresses", "").strip() and not given.get("file"):
            self.add_error("addresses", "Give at least one address.")
        return given


@get_or_post
def entry(request: HttpRequest, pk: str) -> HttpResponse:
    """What is known of an entry. With POST: off the list, by a manager and with a note."""
    business = business_of(request)
    one = finding.one(DncEntry.objects.filter(business=business).select_related("contact"), pk)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not reaches(request, Role.MANAGER):
            raise RoleRequired(Role.MANAGER.value)
        by = actor_of(request)
        if tried(
            form, lambda data: dnd.lift_entry(business=business, entry=one.pk, by=by, note=data["note"])
        ):
            messages.success(request, "Off the list. What else blocks them stays.")
            return redirect("desk:dnc-entry", one.pk)
    context = {"entry": one, "form": form, "may_lift": reaches(request, Role.MANAGER) and not one.lifted_at}
    status = 422 if form.errors else 200
    title = "Deleted contact" if one.contact.deleted_at else one.contact.name
    return site.page(request, "desk/dnc/entry.html", context, title=title, status=status)


@get_or_post
def check(request: HttpRequest) -> HttpResponse:
    """Which of these addresses must not be used; the answer as a page, or as CSV. Nothing is written."""
    form = CheckForm(request.POST, request.FILES) if request.method == "POST" else CheckForm()
    found: list[Checked] | None = None
    if request.method == "POST":
        found = tried(form, lambda data: _checked(business_of(request), data))
    if found is not None and "csv" in request.POST:
        rows = ((each.given, _verdict(each), in_words(each.channels), _why(each)) for each in found)
        lines = spreadsheets.lines(("address", "may be used", "blocked for", "why"), rows)
        response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="checked.csv"'
        return response
    context = {"form": form, "back": (reverse(LIST), "Do Not Contact list"), **_counted(found)}
    status = 422 if form.errors else 200
    return site.page(request, "desk/dnc/check.html", context, title="Check addresses", status=status)


def _checked(business: Business, data: dict[str, Any]) -> list[Checked]:
    given = [line.strip() for line in data["addresses"].splitlines()]
    if file := data.get("file"):
        if file.size > LARGEST:
            raise Invalid({"file": "The file is larger than 1 MB: split it."})
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Invalid({"file": "This is not a text file in UTF-8."}) from error
        given += [line.split(",")[0].split(";")[0].strip().strip('"') for line in text.splitlines()]
    addresses = [address[:254] for address in dict.fromkeys(given) if address]
    if len(addresses) > MOST_ADDRESSES:
        raise Invalid({"file": f"Check at most {MOST_ADDRESSES:,} addresses at once: split them."})
    return checking.check(business=business, addresses=addresses)


def _counted(found: Sequence[Checked] | None) -> dict[str, Any]:
    if found is None:
        return {"found": None}
    blocked = [each for each in found if each.suppressed]
    faults = [each for each in found if each.fault]
    shown = [
        {"checked": each, "channels": in_words(each.channels), "why": _why(each)} for each in blocked + faults
    ]
    return {
        "found": shown[:SHOWN], "more": max(0, len(shown) - SHOWN), "checked": len(found),
        "blocked": len(blocked), "faults": len(faults),
    }  # fmt: skip


def _verdict(each: Checked) -> str:
    return "unknown" if each.fault else "no" if each.suppressed else "yes"


def _why(each: Checked) -> str:
    return each.fault or ", ".join(str(Reason(reason).label) for reason in each.reasons)
