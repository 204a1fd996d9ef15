"""Adding, editing and deleting a contact. The service reads and judges the input; here it finds its fields again."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.desk import finding, site
from contacts.acting import actor_of, business_of, reaches
from contacts.models import Business, Contact, PointKind
from contacts.services import erasing, people
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import LineType, Role

MOST_PHONES = 20
ZONES = [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name]


class PhoneForm(forms.Form):
    number = forms.CharField(
        max_length=40, required=False, label="Number", widget=forms.TextInput({"type": "tel"})
    )
    label = forms.CharField(max_length=40, required=False, label="Label")
    line_type = forms.ChoiceField(
        choices=[("", "Look it up"), *LineType.choices], required=False, label="Kind of line"
    )


PhoneForms = forms.formset_factory(PhoneForm, extra=1, max_num=MOST_PHONES, absolute_max=MOST_PHONES + 5)


class ContactForm(forms.Form):
    first_name = forms.CharField(max_length=200, required=False, label="First name")
    last_name = forms.CharField(max_length=200, required=False, label="Last name")
    email = forms.CharField(
        max_length=254, required=False, label="Email", widget=forms.TextInput({"type": "email"})
    )
    tags = forms.CharField(
        max_length=2000, required=False, label="Tags", help_text="Separate several tags with commas."
    )
    timezone = forms.ChoiceField(
        required=False, label="Time zone", choices=[("", "Same as the business"), *ZONES]
    )
    external_id = forms.CharField(
        max_length=200,
        required=False,
        label="External id",
        help_text="The id in your record system, such as MRN-1.",
    )
    facebook_id = forms.CharField(max_length=200, required=False, label="Facebook id")
    gmb_id = forms.CharField(max_length=200, required=False, label="Google Business id")


class Editing:
    """The form and its phone rows, for a new contact or for one that exists."""

    def __init__(self, data: Mapping[str, Any] | None = None, contact: Contact | None = None) -> None:
        start, numbers, self.preferred = _start(contact)
        self.form = ContactForm(data, initial=start)
        self.phones = PhoneForms(data, prefix="phones", initial=numbers)
        self.phones_error = ""
        if contact is not None:
            del self.form.fields["tags"]  # they have a card of their own on the page
        if data is not None:
            self.preferred = str(data.get("preferred", ""))

    @property
    def invalid(self) -> bool:
        return bool(self.form.errors or self.phones_error or any(self.phones.errors))

    def clean(self, business: Business) -> dict[str, Any] | None:
        """What the service takes, or None with each error at its field."""
        fine = [self.form.is_valid(), self.phones.is_valid()]
        self.phones_error = " ".join(str(error) for error in self.phones.non_form_errors())
        if not all(fine):
            return None
        rows = [row for row in self.phones if row.cleaned_data.get("number")]
        data: dict[str, Any] = dict(self.form.cleaned_data)
        data["phones"] = [
            {**row.cleaned_data, "preferred": row.prefix == f"phones-{self.preferred}"} for row in rows
        ]
        if "tags" in data:
            data["tags"] = list(
                {tag.lower(): tag for tag in map(str.strip, data["tags"].split(",")) if tag}.values()
            )
        try:
            return people.clean(business, data)
        except Invalid as invalid:
            self.blame(invalid.errors, rows)
            return None

    def refuse(self, conflict: Conflict) -> None:
        """Put what stands against it at the field that it is about."""
        if conflict.code == "owned_by_record_system":
            self.phones_error = str(conflict)
        else:
            self.form.add_error("external_id", str(conflict))

    def blame(self, errors: Mapping[str, str], rows: list[PhoneForm]) -> None:
        """Put each of the service's sentences at the field that it is about."""
        for field, sentence in errors.items():
            name, _, rest = field.partition(".")
            if name == "phones" and rest:
                position, _, part = rest.partition(".")
                rows[int(position)].add_error(part, sentence)
            elif name == "phones":
                self.phones_error = sentence
            else:
                self.form.add_error(name if name in self.form.fields else None, sentence)


def _start(contact: Contact | None) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """(the fields, the phone rows, the position of the preferred one) as they are now."""
    if contact is None:
        return {}, [], ""
    points = list(contact.points.all())
    single = {point.kind: point.value for point in points}
    numbers = [point for point in points if point.kind == PointKind.PHONE]
    start = {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "timezone": contact.timezone,
        "external_id": contact.external_id or "",
        "email": single.get(PointKind.EMAIL.value, ""),
        "facebook_id": single.get(PointKind.FACEBOOK.value, ""),
        "gmb_id": single.get(PointKind.GMB.value, ""),
    }
    rows = [{"number": p.value, "label": p.label, "line_type": p.line_type} for p in numbers]
    return start, rows, next((str(n) for n, point in enumerate(numbers) if point.preferred), "")


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    business = business_of(request)
    editing = Editing(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (data := editing.clean(business)) is not None:
        try:
            contact = people.create(business=business, data=data, by=actor_of(request))
            messages.success(request, f"{contact.name} added.")
            return redirect("admin:contacts_contact_change", contact.pk)
        except Conflict as conflict:
            editing.refuse(conflict)
    return _page(request, editing, "Add a contact")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    contact = finding.contact(request, pk)
    editing = Editing(request.POST if request.method == "POST" else None, contact)
    if request.method == "POST" and (data := editing.clean(contact.business)) is not None:
        try:
            people.update(contact=contact, data=data, by=actor_of(request))
            messages.success(request, "Saved.")
            return redirect("admin:contacts_contact_change", contact.pk)
        except Conflict as conflict:
            editing.refuse(conflict)
    return _page(request, editing, f"Edit {contact.name}", contact)


def _page(request: HttpRequest, editing: Editing, title: str, contact: Contact | None = None) -> HttpResponse:
    status = 422 if editing.invalid else 200
    synced = business_of(request).preferences_source == Business.PreferencesSource.SYNCED
    context = {"editing": editing, "contact": contact, "synced": synced and contact is not None}
    return site.page(request, "desk/contact/form.html", context, title=title, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: str) -> HttpResponse:
    contact = finding.contact(request, pk)
    if request.method == "POST":
        people.delete(contact=contact, by=actor_of(request))
        messages.success(request, "The contact was deleted.")
        return redirect("admin:contacts_contact_changelist")
    return _gone(request, contact)


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, pk: str) -> HttpResponse:
    """Delete a contact and remove whatever names the person, once the name was typed; GET leads to where it is."""
    contact = finding.contact(request, pk)
    if request.method != "POST":
        return redirect("desk:contact-delete", contact.pk)
    if not reaches(request, Role.ENTERPRISE.value):
        raise RoleRequired(Role.ENTERPRISE.value)
    try:
        erasing.confirm(contact, request.POST.get("confirm", ""))
        erasing.erase(business=contact.business, contact=contact.pk, by=actor_of(request))
    except (Invalid, Conflict) as refused:
        return _gone(request, contact, error=str(refused))
    messages.success(request, "The contact was erased.")
    return redirect("admin:contacts_contact_changelist")


def _gone(request: HttpRequest, contact: Contact, error: str = "") -> HttpResponse:
    context = {"contact": contact, "may_erase": reaches(request, Role.ENTERPRISE.value), "error": error}
    title = f"Delete {contact.name}?"
    return site.page(request, "desk/contact/delete.html", context, title=title, status=422 if error else 200)
