"""The form of a broadcast. What may be sent is decided by `messaging` alone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from config.desk import days
from contacts.models import Business, Status, Tag
from contacts.words import Channel
from dnd.models import Reason
from messaging import templates
from messaging.broadcasting.checking import LONGEST_SUBJECT
from messaging.lengths import LONGEST
from messaging.models import Broadcast

TAGS_TO_CHOOSE_FROM = 500
AUDIENCE = ("search", "tag", "status", "dnd_state", "dnd_channel", "dnd_reason", "do_not_contact")
COPY = ("text", "call", "email_subject", "email_body")
SLOWLY = ("window_opens", "window_closes", "per_minute")
FIELD_OF = {
    "email": "email_body",
    "email.subject": "email_subject",
    "email.body": "email_body",
    "window": "window_opens",
    "window.closes": "window_closes",
}
"""The field of the form for each path of the service that is called otherwise."""
ANY = ("", "Any")
KINDS = [
    ("broadcast", "Broadcast: as fast as it goes"),
    ("campaign", "Campaign: in daily hours and at a pace"),
]


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea({"rows": rows})


class BroadcastForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name", help_text="For yourselves: contacts do not see it.")
    kind = forms.ChoiceField(choices=KINDS, widget=forms.RadioSelect, label="How", initial="broadcast")

    search = forms.CharField(
        max_length=200, required=False, label="Search", help_text="In names, email, phone and external id."
    )
    tag = forms.ChoiceField(required=False, label="Tag")
    status = forms.ChoiceField(required=False, label="Status")
    dnd_state = forms.ChoiceField(
        required=False,
        label="Do Not Disturb",
        choices=[
            ANY,
            ("on", "On: every channel"),
            ("partial", "Partial: some channels"),
            ("off", "Off: no channel"),
        ],
    )
    dnd_channel = forms.ChoiceField(required=False, label="Blocked channel", choices=[ANY, *Channel.choices])
    dnd_reason = forms.ChoiceField(
        required=False,
        label="Reason of a block",
        choices=[ANY, *((value, label[:1].upper() + label[1:]) for value, label in Reason.choices)],
    )
    do_not_contact = forms.ChoiceField(
        required=False, label="Automations", choices=[ANY, ("1", "Paused"), ("0", "Not paused")]
    )
    include_dead = forms.BooleanField(
        required=False,
        label="Also contacts who are lost",
        help_text="Those in a status that counts as dead are left out otherwise.",
    )

    text = forms.CharField(
        required=False, strip=False, max_length=LONGEST["sms"], widget=_area(3), label="Text message"
    )
    call = forms.CharField(
        required=False, strip=False, max_length=LONGEST["sms"], widget=_area(2), label="Call",
        help_text="What is said. Leave it empty to call nobody.",
    )  # fmt: skip
    email_subject = forms.CharField(
        required=False, strip=False, max_length=LONGEST_SUBJECT, label="Email: subject"
    )
    email_body = forms.CharField(
        required=False, strip=False, max_length=templates.LONGEST_SOURCE, widget=_area(6), label="Email: body"
    )

    window_opens = forms.TimeField(
        required=False, label="Each day from", widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    window_closes = forms.TimeField(
        required=False, label="until", widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    per_minute = forms.IntegerField(required=False, min_value=1, label="At most so many a minute")

    def __init__(self, business: Business, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Tag.objects.filter(business=business).order_by("name").values_list("name", flat=True)
        self._choose("tag", [(name, name) for name in names[:TAGS_TO_CHOOSE_FROM]])
        statuses = Status.objects.filter(pipeline__business=business).select_related("pipeline")
        self._choose("status", [(str(one.pk), f"{one.pipeline}: {one}") for one in statuses])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        stands = str(self.initial.get(name, ""))
        if stands and stands not in dict(choices):
            choices = [(stands, stands), *choices]
        self.fields[name].choices = [ANY, *choices]  # type: ignore[attr-defined]

    def data_for_service(self) -> dict[str, Any]:
        """Under the names that a broadcast has. What only a campaign has is left out of anything else."""
        given = self.cleaned_data
        slowly = given["kind"] == Broadcast.Kind.CAMPAIGN
        return {
            "name": given["name"],
            "kind": given["kind"],
            "audience": audience_of(given),
            "include_dead": given["include_dead"],
            **{name: given[name].replace("\r\n", "\n") for name in COPY},
            **{name: given[name] if slowly else None for name in SLOWLY},
        }


def audience_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The filters that were chosen, as they are kept."""
    wanted: dict[str, Any] = {name: given[name] for name in AUDIENCE if given.get(name)}
    if "status" in wanted:
        wanted["status"] = int(wanted["status"])
    if "do_not_contact" in wanted:
        wanted["do_not_contact"] = wanted["do_not_contact"] == "1"
    return wanted


def start_of(broadcast: Broadcast) -> dict[str, Any]:
    """What the form shows of a broadcast."""
    names = ("name", "kind", "include_dead", *COPY, *SLOWLY)
    start: dict[str, Any] = {name: getattr(broadcast, name) for name in names} | broadcast.audience
    if "do_not_contact" in start:
        start["do_not_contact"] = "1" if start["do_not_contact"] else "0"
    return start


def faults_by_field(errors: Mapping[str, str]) -> dict[str, str]:
    return {FIELD_OF.get(path, path.removeprefix("audience.")): sentence for path, sentence in errors.items()}


class SendForm(forms.Form):
    """When it is to begin, on the clock of the business."""

    when = forms.ChoiceField(
        choices=[("now", "Now"), ("later", "At a time")],
        widget=forms.RadioSelect,
        initial="now",
        label="When",
    )
    at = forms.DateTimeField(
        required=False,
        label="Day and time",
        validators=days.MOMENTS,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("when") == "later" and not given.get("at") and "at" not in self.errors:
            self.add_error("at", "Give the day and the time.")
        return given

    def at_for_service(self, zone: str) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"] if self.cleaned_data["when"] == "later" else None
        return at.replace(tzinfo=ZoneInfo(zone)) if at else None
