"""Days that people ask about, on pages and over REST."""

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

LAST = date(2999, 12, 31)
"""The calendar itself ends with the year 9999, and what is added to a day must still be one."""
TOO_FAR = "Give a day before the year 3000."

MOMENTS = [
    MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC), "Give a day after the year 1899."),
    MaxValueValidator(datetime(3000, 1, 1, tzinfo=UTC), TOO_FAR),
]
"""For what is kept: a time beyond the calendar on one side of the world could not be read again."""


def field(label: str, **more: Any) -> forms.DateField:
    """A day to look at, of which also a very early one will do: it means from the beginning."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        validators=[MaxValueValidator(LAST, TOO_FAR)],
        **more,
    )
