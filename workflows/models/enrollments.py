"""Each contact's way through a workflow, step by step."""

from typing import Self

from django.db import models
from django.db.models import Q

from contacts.models import Business, Contact
from workflows.models.definitions import Version, Workflow


class EnrollmentState(models.TextChoices):
    ACTIVE = "active", "Active"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Completed"
    REMOVED = "removed", "Removed"
    FAILED = "failed", "Failed"


RUNNING = (EnrollmentState.ACTIVE.value, EnrollmentState.WAITING.value)


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def running(self) -> Self:
        return self.filter(state__in=RUNNING)


class Enrollment(models.Model):
    """One contact's way through one version of a workflow. `position` is the step it stands at."""

    class Exit(models.TextChoices):
        COMPLETED = "completed", "Completed"
        WORKFLOW = "removed_by_workflow", "Removed by workflow action"
        EXTERNAL = "removed_by_external_workflow", "Removed by external workflow action"
        USER = "removed_by_user", "Removed by a user"
        ALL_DND = "all_channels_dnd", "All channels DND"
        DELETED = "contact_deleted", "Contact deleted"
        MERGED = "contact_merged", "Contact merged into another"
        FAILED = "failed", "Failed"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    workflow = models.ForeignKey(Workflow, models.PROTECT, related_name="enrollments", db_index=False)
    version = models.ForeignKey(Version, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="enrollments", db_index=False)
    state = models.CharField(max_length=9, choices=EnrollmentState, default=EnrollmentState.ACTIVE)
    exit_reason = models.CharField(max_length=28, choices=Exit, blank=True)
    exit_detail = models.CharField(max_length=400, blank=True)
    entered_by = models.CharField(max_length=260)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=24, blank=True, help_text="The kind of step it stands at.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the engine looks at it next.")
    held_since = models.DateTimeField(
        null=True, blank=True, help_text="When its present step was first held."
    )
    depth = models.PositiveSmallIntegerField(default=0)
    context = models.JSONField(
        default=dict,
        blank=True,
        help_text="What templates may use besides the contact.",
    )

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="workflows_once_at_a_time",
                fields=["workflow", "contact"],
                condition=Q(state__in=["active", "waiting"]),
            ),
            models.CheckConstraint(
                name="workflows_what_runs_is_due_and_what_ended_is_not",
                condition=Q(state__in=["active", "waiting"], due_at__isnull=False, ended_at=None)
                | Q(
                    state__in=["completed", "removed", "failed"],
                    due_at=None,
                    ended_at__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="enrollments_due",
                fields=["due_at", "id"],
                condition=Q(due_at__isnull=False),
            ),
            models.Index(name="enrollments_of_a_contact", fields=["contact", "-entered_at", "-id"]),
            models.Index(
                name="enrollments_that_ended",
                fields=["contact", "-ended_at", "-id"],
                condition=Q(ended_at__isnull=False),
            ),
            models.Index(name="enrollments_of_a_workflow", fields=["workflow", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.contact} in {self.workflow}: {self.state}"


class Outcome(models.TextChoices):
    DONE = "done", "Done"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"


class StepRun(models.Model):
    """What one step came to for one enrollment. There is one for each, ever."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    enrollment = models.ForeignKey(Enrollment, models.PROTECT, related_name="step_runs", db_index=False)
    position = models.PositiveIntegerField()
    step = models.CharField(max_length=200, help_text="The step's path in the definition, such as 2.then.0.")
    kind = models.CharField(max_length=24)
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    message = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="workflows_a_step_runs_once", fields=["enrollment", "position"])
        ]
        indexes = [
            models.Index(
                name="steps_in_the_timeline",
                fields=["enrollment", "-at", "-id"],
                condition=~Q(outcome="done") & Q(message=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.kind}: {self.outcome}"
