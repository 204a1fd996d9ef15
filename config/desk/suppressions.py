"""Adding to the suppression list, lifting from it, and whole lists as CSV."""

import io
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from compliance.services import suppressing
from config.desk import finding, site, words
from config.desk.settings_pages import form_page, get_or_post, tried
from contacts.acting import actor_of, business_of, reaches
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Channel, Role
from dnd import services as dnd
from dnd.models import Suppression

LIST = "admin:dnd_suppression_changelist"
LARGEST = 5_000_000
SHOWN_FAULTS = 50


class AddForm(forms.Form):
    channel = forms.ChoiceField(choices=Channel.choices, initial="sms", label="Channel")
    address = forms.CharField(max_length=254, label="Address", help_text="A number, an email, or an id.")
    note = forms.CharField(max_length=2000, required=False, label="Note", widget=forms.Textarea({"rows": 2}))


class LiftForm(forms.Form):
    note = forms.CharField(
        max_length=2000,
        label="How you know that the address may be used again",
        widget=forms.Textarea({"rows": 3}),
    )


class ImportForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        help_text="In UTF-8, with a column address and, if you like, a column channel. Without a channel an email "
        "counts for email, a number for calls, SMS and WhatsApp.",
    )
    note = forms.CharField(max_length=2000, required=False, label="Note", widget=forms.Textarea({"rows": 2}))


def _back() -> tuple[str, str]:
    return reverse(LIST), "Suppressions"


def _need(request: HttpRequest, role: Role) -> None:
    """What the service would say, before anything is typed in."""
    if not reaches(request, role):
        raise RoleRequired(role.value)


@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    business, by = business_of(request), actor_of(request)
    _need(request, Role.MANAGER)
    form = AddForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and tried(form, lambda data: _add(business, by, data)):
        messages.success(request, "Added. Nothing goes to this address any more, whoever has it.")
        return redirect(LIST)
    return form_page(request, form, title="Suppress an address", back=_back(), save="Add")


def _add(business: Any, by: Any, data: dict[str, Any]) -> bool:
    suppressing.add(business=business, by=by, **data)
    return True


@get_or_post
def lift(request: HttpRequest, pk: str) -> HttpResponse:
    mine = Suppression.objects.in_force().filter(business=business_of(request)).select_related("business")
    one = finding.one(mine, pk)
    _need(request, Role.ENTERPRISE)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            suppressing.lift(suppression=one, note=form.cleaned_data["note"], by=actor_of(request))
        except dnd.Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(
                request, f"{one.shown_address} may be used again, unless something else speaks against it."
            )
            return redirect(LIST)
    lead = (
        f"{one.shown_address} is suppressed for {one.get_channel_display()}: {one.get_reason_display()}. Lifting it "
        "also frees the contacts who have the address, for this reason. The record keeps your note. "
        + words.HOW_TO_LIFT.get(one.reason, "")
    )
    return form_page(request, form, title=f"Lift {one.shown_address}?", back=_back(), save="Lift", lead=lead)


@get_or_post
def bring_in(request: HttpRequest) -> HttpResponse:
    business, by = business_of(request), actor_of(request)
    _need(request, Role.MANAGER)
    form = (
        ImportForm(request.POST or None, request.FILES or None) if request.method == "POST" else ImportForm()
    )
    if request.method == "POST" and (result := tried(form, lambda data: _imported(business, by, data))):
        shown = {"result": result, "faults": result.faults[:SHOWN_FAULTS], "back": _back()}
        return site.page(request, "desk/suppressions/imported.html", shown, title="Imported")
    context = {"form": form, "back": _back()}
    status = 422 if form.errors else 200
    return site.page(
        request, "desk/suppressions/import.html", context, title="Import suppressions", status=status
    )


def _imported(business: Any, by: Any, data: dict[str, Any]) -> suppressing.Imported:
    if data["file"].size > LARGEST:
        raise Invalid({"file": "The file is larger than 5 MB: split it."})
    text = io.TextIOWrapper(data["file"].file, encoding="utf-8-sig", newline="")
    return suppressing.import_csv(business=business, file=text, by=by, note=data["note"])


@require_safe
def take_out(request: HttpRequest) -> StreamingHttpResponse:
    """The whole list as CSV, lifted ones included."""
    _need(request, Role.MANAGER)
    rows = Suppression.objects.filter(business=business_of(request)).order_by("pk").iterator(2000)
    response = StreamingHttpResponse(suppressing.export_csv(rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="suppressions.csv"'
    return response
