"""What each event started, or why it started nothing."""

from django.db import models
from django.db.models import Q

from contacts.models import Event
from workflows.models.definitions import Version, Workflow
from workflows.models.enrollments import Enrollment


class Firing(models.Model):
    """An event that matched a published workflow, once and for all: the enrollment it started, or why none."""

    class Outcome(models.TextChoices):
        ENROLLED = "enrolled", "Enrolled"
        ALREADY_ACTIVE = "already_active", "Already in this workflow"
        REENTRY_OFF = "reentry_off", "Was in this workflow before, and re-entry is off"
        OWN_CHANGE = "own_change", "The workflow itself made this change"
        DEPTH = "depth", "Ten workflows in a row stand behind this change"
        DELETED = "contact_deleted", "The contact was deleted"

    event = models.ForeignKey(Event, models.PROTECT, related_name="firings", db_index=False)
    workflow = models.ForeignKey(Workflow, models.PROTECT, related_name="firings")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=16, choices=Outcome)
    enrollment = models.OneToOneField(
        Enrollment, models.PROTECT, null=True, blank=True, related_name="firing"
    )
    trigger = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="workflows_an_event_fires_once", fields=["event", "workflow"]),
            models.CheckConstraint(
                name="workflows_an_enrolled_firing_has_an_enrollment",
                condition=Q(outcome="enrolled", enrollment__isnull=False)
                | (~Q(outcome="enrolled") & Q(enrollment=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.outcome}"


class Setback(models.Model):
    """An event that could not be dispatched because of a fault. It stays pending, and is tried again at `retry_at`."""

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="+")
    attempts = models.PositiveIntegerField(default=1)
    error = models.CharField(
        max_length=200, help_text="The error's class and where it was raised; no personal data."
    )
    retry_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"event {self.event_id}: {self.error}"
