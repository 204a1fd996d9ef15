"""The Business Profile, the people who work here, their teams, and the keys of programs: for enterprise users."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.desk import finding, invitations, site
from config.desk.contact_form import ZONES
from contacts.acting import actor_of, business_of
from contacts.actors import Actor
from contacts.models import ApiKey, Business, Membership, Team
from contacts.services import businesses, keys, staff
from contacts.services.errors import Conflict, Invalid
from contacts.words import Role

ROLES_IN_WORDS = [
    (Role.STAFF.value, "Staff: contacts, DND and manual messages"),
    (Role.MANAGER.value, "Manager: also workflows and changes in bulk"),
    (Role.ENTERPRISE.value, "Enterprise: also settings, staff and keys"),
]
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class ProfileForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name")
    phone = forms.CharField(max_length=40, required=False, label="Phone")
    address = forms.CharField(max_length=200, required=False, label="Postal address")
    country = forms.CharField(
        max_length=2, label="Country", help_text="Two letters. Numbers are read as dialled there."
    )
    timezone = forms.ChoiceField(choices=[*ZONES, ("UTC", "UTC")], label="Time zone")
    delivery_policy = forms.ChoiceField(
        choices=[
            ("cascade", "The first that is possible: a text, else a call, else an email"),
            (
                "literal",
                "Stricter: a call only to a number that cannot be texted, an email only to people without a phone",
            ),
        ],
        widget=forms.RadioSelect,
        required=False,
        label="How a message goes that has copy for several ways",
    )
    calls_after_sms_opt_out = forms.ChoiceField(
        choices=[("allowed", "Allowed"), ("blocked", "Blocked")],
        widget=forms.RadioSelect,
        required=False,
        label="After an SMS opt-out, automated calls are",
        help_text="A call that a person makes by hand does not count.",
    )
    preferences_source = forms.ChoiceField(
        choices=[
            ("manual", "Set by staff, on each contact's page"),
            ("synced", "Synced from a record system, which then owns them: staff cannot change them here"),
        ],
        widget=forms.RadioSelect,
        required=False,
        label="Preferred contact and Do Not Contact are",
    )
    allow_do_not_contact = forms.BooleanField(
        required=False, label="Show “Pause automations (Do Not Contact)” on contacts"
    )
    remove_when_all_dnd = forms.BooleanField(
        required=False, label="Take a contact out of every workflow when every channel is blocked"
    )

    def clean(self) -> dict[str, Any]:
        """What is not chosen stays as it is."""
        chosen = ("delivery_policy", "calls_after_sms_opt_out", "preferences_source")
        return {k: v for k, v in self.cleaned_data.items() if v or k not in chosen}


class MemberForm(forms.Form):
    email = forms.EmailField(label="Email")
    name = forms.CharField(max_length=200, required=False, label="Name")
    role = forms.ChoiceField(choices=ROLES_IN_WORDS, widget=forms.RadioSelect, label="Role", initial="staff")


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES_IN_WORDS, widget=forms.RadioSelect, label="Role")


class TeamForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name of the team")
    members = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="People")

    def __init__(self, business: Business, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Membership.objects.filter(business=business).select_related("user").order_by("user__name")
        self.fields["members"].choices = [(str(one.pk), str(one.user)) for one in people]  # type: ignore[attr-defined]


class KeyForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name", help_text="The program that will use it.")
    role = forms.ChoiceField(choices=ROLES_IN_WORDS, widget=forms.RadioSelect, label="Role", initial="staff")


def tried(form: forms.Form, do: Callable[[dict[str, Any]], Any]) -> Any:
    """What `do` makes of the form's data; None when the form, or a service, refuses it, said at the fields."""
    if not form.is_valid():
        return None
    try:
        return do(form.cleaned_data)
    except Invalid as invalid:
        blame(form, invalid.errors)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    return None


def blame(form: forms.Form, errors: Mapping[str, str]) -> None:
    for field, sentence in errors.items():
        form.add_error(field if field in form.fields else None, sentence)


def form_page(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    back: tuple[str, str],
    save: str = "Save",
    **more: Any,
) -> HttpResponse:
    """One form on a page. `back`: the address and the words of the way back."""
    context = {"form": form, "back": back, "save": save, **more}
    return site.page(request, "desk/form.html", context, title=title, status=422 if form.errors else 200)


@get_or_post
def profile(request: HttpRequest) -> HttpResponse:
    business = business_of(request)
    by = actor_of(request)
    staff.need_enterprise(by)
    start = {name: getattr(business, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and tried(
        form, lambda data: businesses.update(business=business, data=data, by=by)
    ):
        messages.success(request, "Saved.")
        return redirect("desk:profile")
    return form_page(request, form, title="Business Profile", back=(reverse("admin:index"), "Start"))


@get_or_post
def member_add(request: HttpRequest) -> HttpResponse:
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    form = MemberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (
        added := tried(form, lambda data: staff.add(business=business, by=by, **data))
    ):
        membership, made = added
        messages.success(request, f"{membership.user} now works here.")
        if made:
            return invitations.show(request, membership.user)
        return redirect("admin:contacts_membership_changelist")
    return form_page(request, form, title="Add a person", back=_people(), save="Add")


@get_or_post
def member(request: HttpRequest, pk: str) -> HttpResponse:
    by = actor_of(request)
    staff.need_enterprise(by)
    mine = Membership.objects.filter(business=business_of(request)).select_related("user")
    one = finding.one(mine, pk)
    removing = "remove" in request.POST
    start = {"role": one.role}
    form = RoleForm(start if removing else request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and tried(
        form, lambda data: _change_member(one, by, None if removing else data["role"])
    ):
        messages.success(request, "Saved.")
        return redirect("admin:contacts_membership_changelist")
    removal = f"Remove {one.user} from this business"
    return form_page(request, form, title=str(one.user), back=_people(), removal=removal)


def _change_member(one: Membership, by: Actor, role: str | None) -> bool:
    if role is None:
        staff.remove(membership=one, by=by)
    else:
        staff.change_role(membership=one, role=role, by=by)
    return True


def _people() -> tuple[str, str]:
    return reverse("admin:contacts_membership_changelist"), "Team and staff"


@get_or_post
def teams(request: HttpRequest) -> HttpResponse:
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    form = TeamForm(business, request.POST if request.method == "POST" else None)
    if request.method == "POST" and tried(
        form, lambda data: staff.save_team(business=business, team=None, by=by, **data)
    ):
        messages.success(request, "Team made.")
        return redirect("desk:teams")
    mine = Team.objects.filter(business=business).prefetch_related("members").order_by("name")
    return form_page(request, form, title="Teams", back=_people(), save="Make the team", teams=mine)


@get_or_post
def team(request: HttpRequest, pk: str) -> HttpResponse:
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    one = finding.one(Team.objects.filter(business=business), pk)
    people = Membership.objects.filter(business=business, user__teams=one).values_list("pk", flat=True)
    start = {"name": one.name, "members": [str(pk) for pk in people]}
    form = TeamForm(business, request.POST if request.method == "POST" else None, initial=start)
    if "remove" in request.POST:
        staff.delete_team(team=one, by=by)
        messages.success(request, f"Team {one.name} removed.")
        return redirect("desk:teams")
    if request.method == "POST" and tried(
        form, lambda data: staff.save_team(business=business, team=one, by=by, **data)
    ):
        messages.success(request, "Saved.")
        return redirect("desk:teams")
    back = (reverse("desk:teams"), "Teams")
    return form_page(request, form, title=one.name, back=back, removal=f"Remove the team {one.name}")


@get_or_post
def key_add(request: HttpRequest) -> HttpResponse:
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        key, text = keys.issue(business=business, created_by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        return site.page(request, "desk/key_made.html", {"key": key, "text": text}, title="Your new key")
    back = (reverse("admin:contacts_apikey_changelist"), "API keys")
    return form_page(request, form, title="New key", back=back, save="Make the key")


@get_or_post
def key_revoke(request: HttpRequest, pk: str) -> HttpResponse:
    staff.need_enterprise(actor_of(request))
    key = finding.one(ApiKey.objects.filter(business=business_of(request)), pk)
    if request.method == "POST":
        keys.revoke(key)
        messages.success(request, f"The key {key.name} does not work any more.")
        return redirect("admin:contacts_apikey_changelist")
    return site.page(request, "desk/key_revoke.html", {"key": key}, title=f"Revoke {key.name}?")
