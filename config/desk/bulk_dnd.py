"""Changing DND for many contacts from the list: whom, what, the count in words, and only then the job."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from config.desk import finding, listed, site
from config.desk.settings_pages import get_or_post
from contacts.acting import actor_of, business_of, membership_of
from contacts.models import Business
from contacts.services.errors import RoleRequired
from contacts.words import INBOUND_CHANNELS, OUTBOUND_CHANNELS, Channel, Role, role_reaches
from dnd import services as dnd
from dnd.services import bulk

MOST_SELECTED = 200


class BulkForm(forms.Form):
    do = forms.ChoiceField(
        choices=[("block", "Block"), ("allow", "Allow again")], widget=forms.RadioSelect, label="What to do"
    )
    outbound = forms.MultipleChoiceField(
        choices=[(channel, Channel(channel).label) for channel in OUTBOUND_CHANNELS],
        widget=forms.CheckboxSelectMultiple, required=False, label="Messages and calls that we send",
    )  # fmt: skip
    inbound = forms.MultipleChoiceField(
        choices=[(channel, Channel(channel).label) for channel in INBOUND_CHANNELS],
        widget=forms.CheckboxSelectMultiple, required=False, label="What they send us",
    )  # fmt: skip
    note = forms.CharField(
        max_length=2000, required=False, label="Note", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why. Needed to allow channels again: how you know that they agree.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("outbound") and not given.get("inbound"):
            self.add_error("outbound", "Choose at least one channel.")
        if given.get("do") == "allow" and not given.get("note", "").strip():
            self.add_error("note", "Allowing channels again for many contacts needs a note.")
        return given

    def wish(self) -> dnd.Wish:
        data, block = self.cleaned_data, self.cleaned_data["do"] == "block"
        return dnd.Wish(
            outbound=dict.fromkeys(data["outbound"], block),
            inbound=dict.fromkeys(data["inbound"], block),
            note=data["note"],
        )


@get_or_post
def change(request: HttpRequest) -> HttpResponse:
    """Asks what; with POST says in words what would happen, and with `start` starts it."""
    if not role_reaches(membership_of(request).role, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)
    business = business_of(request)
    whom = _whom(business, request.GET)
    total = 0 if whom is None else whom.found(business).count()
    form = BulkForm(request.POST if request.method == "POST" else None, initial={"do": "block"})
    context = {
        "form": form,
        "back": (f"{reverse(listed.LIST)}?{urlencode(listed.parameters(request.GET))}", "Contacts"),
        "total": total,
        "whom": bulk.contacts_in_words(total),
        "all": "all" in request.GET,
    }
    if request.method == "POST" and "edit" not in request.POST and whom and total and form.is_valid():
        wish = form.wish()
        if "start" in request.POST:
            job = dnd.change_in_bulk(business=business, whom=whom, wish=wish, by=actor_of(request))
            return redirect("desk:job", job.pk)
        context |= {
            "confirm": f"{bulk.in_plain_words(wish)} for {bulk.contacts_in_words(total)}",
            "wish": wish,
        }
    status = 422 if form.errors else 200
    return site.page(request, "desk/bulk/dnd.html", context, title="Change DND for many", status=status)


def _whom(business: Business, asked: QueryDict) -> dnd.Whom | None:
    """Those who were ticked, or all whom the list's filter shows; None for a filter that cannot be read."""
    if "all" not in asked:
        ids = [finding.number(text) for text in asked.getlist("contact")[:MOST_SELECTED]]
        return dnd.Whom(ids=[pk for pk in ids if pk])
    found = listed.read(business, asked)
    return None if found.unread else found.whom
