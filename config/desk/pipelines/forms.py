"""The forms of pipelines and statuses."""

from typing import Any

from django import forms

from contacts.models import RECORD_TYPES, Colour, Status, SystemStatus
from contacts.words import Role

SYSTEM_STATUSES = [
    (SystemStatus.NEW.value, "New: nobody has worked on it"),
    (SystemStatus.OPEN.value, "Open: somebody works on it"),
    (SystemStatus.APPOINTMENT.value, "Appointment: a date is made"),
    (SystemStatus.WON.value, "Won: it has become what you hoped for"),
    (SystemStatus.DEAD.value, "Dead: nothing comes of it"),
]
ROLES = [
    (Role.STAFF.value, "Everybody"),
    (Role.MANAGER.value, "Managers and enterprise users"),
    (Role.ENTERPRISE.value, "Enterprise users"),
]


class PipelineForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name", help_text="Such as New leads.")
    record_type = forms.CharField(
        max_length=40,
        label="It is for",
        initial="lead",
        help_text=f"{', '.join(RECORD_TYPES)}, or your own word. Actions are copied within one of these.",
        widget=forms.TextInput(attrs={"list": "record-types"}),
    )


class StatusForm(forms.Form):
    name = forms.CharField(max_length=200, label="Name")
    system_status = forms.ChoiceField(choices=SYSTEM_STATUSES, label="What it means", initial="open")
    colour = forms.ChoiceField(choices=Colour.choices, label="Colour", initial="grey")
    runs = forms.ChoiceField(choices=ROLES, label="Who runs its actions", initial="staff")
    restricts_contact = forms.BooleanField(
        required=False,
        label="Stop messages to contacts in this status",
        help_text="Workflows and broadcasts pass them over. A message that somebody writes by hand still goes.",
    )
    archived = forms.BooleanField(
        required=False,
        label="Archived",
        help_text="It takes nobody new and its actions are hidden. Who is in it stays until you move them.",
    )

    @staticmethod
    def start(status: Status) -> dict[str, Any]:
        least = next((role for role in Role.values if role in status.roles), Role.STAFF.value)
        fields = ("name", "system_status", "colour", "restricts_contact", "archived")
        return {**{field: getattr(status, field) for field in fields}, "runs": least}

    def data_of_service(self) -> dict[str, Any]:
        """What the services are given: the least role stands for itself and the wider ones."""
        data = dict(self.cleaned_data)
        runs = data.pop("runs")
        data["roles"] = [] if runs == Role.STAFF.value else Role.values[Role.values.index(runs) :]
        return data
