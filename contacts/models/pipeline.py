"""Where a contact stands in a sales workflow."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from contacts.models.business import Business
from contacts.words import Role


class SystemStatus(models.TextChoices):
    NEW = "new", "New"
    OPEN = "open", "Open"
    APPOINTMENT = "appointment", "Appointment"
    WON = "won", "Won"
    DEAD = "dead", "Dead"


class Colour(models.TextChoices):
    """Colours that can be told apart, light and dark. A status is never shown by its colour alone."""

    GREY = "grey", "Grey"
    BLUE = "blue", "Blue"
    TEAL = "teal", "Teal"
    GREEN = "green", "Green"
    AMBER = "amber", "Amber"
    RED = "red", "Red"
    PURPLE = "purple", "Purple"


RECORD_TYPES = ("lead", "patient", "customer")
"""The usual ones; a business may use a word of its own."""


class PipelineQuerySet(models.QuerySet["Pipeline"]):
    def of(self, business: Business | int) -> Self:
        return self.filter(business=business)


class Pipeline(models.Model):
    """An ordered set of statuses for one type of record, such as leads or patients."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="pipelines")
    name = models.CharField(max_length=200)
    record_type = models.CharField(max_length=40, default="lead")

    objects = PipelineQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class StatusQuerySet(models.QuerySet["Status"]):
    def of(self, business: Business | int) -> Self:
        return self.filter(pipeline__business=business)

    def dead(self) -> Self:
        """Of those in them nothing comes any more."""
        return self.filter(system_status=SystemStatus.DEAD)

    def open(self) -> Self:
        """Those that take contacts."""
        return self.filter(archived=False)


class Status(models.Model):
    """A step of a pipeline. One that restricts contact stops every message but a manual one.

    An archived one takes nobody new; who is in it stays until somebody moves them.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="statuses")
    name = models.CharField(max_length=200)
    system_status = models.CharField(max_length=12, choices=SystemStatus, default=SystemStatus.OPEN)
    restricts_contact = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    colour = models.CharField(max_length=8, choices=Colour, default=Colour.GREY, db_default=Colour.GREY)
    archived = models.BooleanField(default=False)
    roles = ArrayField(
        models.CharField(max_length=10, choices=Role),
        default=list,
        blank=True,
        help_text="Who may run its actions; everybody when empty.",
    )

    objects = StatusQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "statuses"
        constraints = [
            models.UniqueConstraint("pipeline", Lower("name"), name="contacts_status_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def dead(self) -> bool:
        return self.system_status == SystemStatus.DEAD
