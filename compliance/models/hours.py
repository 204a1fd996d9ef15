"""When people of a region may be disturbed, where a business says it differently from the table that is shipped."""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models import Business


class PermittedHours(models.Model):
    """One row of a business's own table. A region with rows here leaves the shipped rows of that region aside."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="permitted_hours")
    region = models.CharField(max_length=10, help_text="`default`, or a state such as US-TX.")
    days = ArrayField(models.PositiveSmallIntegerField(), help_text="0 is Monday, 6 is Sunday.")
    opens = models.TimeField()
    closes = models.TimeField(help_text="00:00 is midnight at the end of the day.")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["region", "days", "opens"]
        constraints = [
            models.CheckConstraint(
                name="compliance_hours_close_after_they_open",
                condition=Q(closes__gt=models.F("opens")) | Q(closes=time(0)),
            ),
            models.CheckConstraint(
                name="compliance_hours_have_days_of_the_week",
                condition=Q(days__contained_by=[0, 1, 2, 3, 4, 5, 6]) & Q(days__len__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region}: {self.opens:%H:%M} to {self.closes:%H:%M}"
