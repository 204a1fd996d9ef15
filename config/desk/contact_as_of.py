"""What was allowed with a contact at a moment that has been."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from config.desk import days, finding, site
from contacts import locks
from contacts.models import Contact
from contacts.words import Channel
from dnd import as_of
from dnd.models import Reason, State

FORM = "%Y-%m-%dT%H:%M"


class MomentForm(forms.Form):
    at = forms.DateTimeField(
        label="At", validators=days.MOMENTS, input_formats=[FORM, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format=FORM),
        error_messages={"invalid": "Give a day and a time.", "required": "Give a day and a time."},
    )  # fmt: skip

    def __init__(self, now: datetime, zone: ZoneInfo, data: object) -> None:
        super().__init__(data, initial={"at": now.astimezone(zone)})  # type: ignore[arg-type]
        self.now, self.zone = now, zone

    def clean_at(self) -> datetime:
        """As the business's clock showed it."""
        at: datetime = self.cleaned_data["at"].replace(tzinfo=self.zone)
        if at > self.now:
            raise forms.ValidationError("This is in the future: give a moment that has been.")
        return at


@require_safe
def show(request: HttpRequest, pk: str) -> HttpResponse:
    contact = finding.contact(request, pk)
    form = MomentForm(locks.now(), ZoneInfo(contact.business.timezone), request.GET or None)
    context = {"contact": contact, "form": form, "zone": contact.business.timezone}
    if form.is_bound and form.is_valid():
        context |= _then(contact, form.cleaned_data["at"])
    status = 422 if form.errors else 200
    return site.page(
        request, "desk/contact/as_of.html", context, title="What was allowed then", status=status
    )


def _then(contact: Contact, moment: datetime) -> dict[str, object]:
    panel = as_of.panel(contact, moment)
    rows = [
        {
            "label": Channel(flag.channel).label,
            "direction": way,
            "grounds": [(Reason(ground.reason).label, ground) for ground in flag.grounds],
        }
        for way, flags in (("What we send", panel.outbound), ("What they send", panel.inbound))
        for flag in flags.values()
    ]
    return {"moment": moment, "panel": panel, "rows": rows, "state": State(panel.state).label}
