"""Where a contact stands in a sales workflow."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from contacts.models.business import Business


class SystemStatus(models.TextChoices):
    NEW = "new", "New"
    OPEN = "open", "Open"
    APPOINTMENT = "appointment", "Appointment"
    WON = "won", "Won"
    DEAD = "dead", "Dead"


class Pipeline(models.Model):
    """An ordered set of statuses for one type of record, such as leads or patients."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="pipelines")
    name = models.CharField(max_length=200)
    record_type = models.CharField(max_length=40, default="lead")

    class Meta:
        constraints = [
            models.UniqueConstraint("business", Lower("name"), name="contacts_pipeline_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Status(models.Model):
    """A step of a pipeline. One that restricts contact stops every message but a manual one."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="statuses")
    name = models.CharField(max_length=200)
    system_status = models.CharField(max_length=12, choices=SystemStatus, default=SystemStatus.OPEN)
    restricts_contact = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    archived = models.BooleanField(default=False)
    roles = ArrayField(models.CharField(max_length=10), default=list, blank=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "statuses"
        constraints = [
            models.UniqueConstraint("pipeline", Lower("name"), name="contacts_status_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name
