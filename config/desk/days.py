"""Days that people ask about, on pages and over REST."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator

from contacts import moments

LAST = date(2999, 12, 31)
"""The calendar itself ends with the year 9999, and what is added to a day must still be one."""
TOO_FAR = "Give a day before the year 3000."


def _can_be_kept(moment: datetime) -> None:
    if not moments.within_reach(moment):
        raise forms.ValidationError(moments.TOO_FAR)


MOMENTS = [_can_be_kept]
"""For a time that is kept."""


def field(label: str, **more: Any) -> forms.DateField:
    """A day to look at, of which also a very early one will do: it means from the beginning."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        validators=[MaxValueValidator(LAST, TOO_FAR)],
        **more,
    )
