"""Definitions and their versions, and each contact's way through them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from contacts.models import Business, Contact, Event


class WorkflowQuerySet(models.QuerySet["Workflow"]):
    def of(self, business: Business | int) -> Self:
        return self.filter(business=business, deleted_at=None)


class Workflow(models.Model):
    """What happens, and when it starts. Staff edit this; enrollments follow the version that was published."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="workflows")
    name = models.CharField(max_length=200)
    settings = models.JSONField(default=dict, blank=True)
    triggers = models.JSONField(default=list, blank=True)
    steps = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = WorkflowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "business",
                Lower("name"),
                name="workflows_names_are_unique",
                condition=Q(deleted_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(models.QuerySet["Version"]):
    def published(self) -> Self:
        return self.filter(retired_at=None)


class Version(models.Model):
    """A workflow as it was published, frozen: its triggers and settings, and its steps as a program.

    `program` is the tree of steps laid out flat: a list of {"path", "kind", "config", "next", "else"}, where the
    last two are positions in the list or null for the end. A step's position is its place in the list.
    """

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    business = models.ForeignKey(Business, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    settings = models.JSONField()
    triggers = models.JSONField()
    steps = models.JSONField()
    program = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="workflows_versions_are_numbered", fields=["workflow", "number"]),
            models.UniqueConstraint(
                name="workflows_one_version_is_published",
                fields=["workflow"],
                condition=Q(retired_at=None),
            ),
        ]
        indexes = [models.Index(name="versions_at_a_time", fields=["business", "published_at"])]

    def __str__(self) -> str:
        return f"{self.workflow} (version {self.number})"


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
