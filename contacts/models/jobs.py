"""Long work: what was asked for, how far it is, what it refused, and the files that it left."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from contacts.models.business import Business, User
from contacts.models.contact import Contact
from contacts.words import Role, Source


class JobState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Under way"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


class JobQuerySet(models.QuerySet["Job"]):
    def of(self, business: Business | int) -> Self:
        return self.filter(business=business)

    def open(self) -> Self:
        """Jobs that are not at their end."""
        return self.filter(state__in=OPEN)


class Job(models.Model):
    """Work that is too long for a request. `cursor` and the counters move with each batch, in its transaction.

    `due_at` is when a worker is to look at it: now while it waits, the end of the lease while one works on it.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="jobs", db_index=False)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    total = models.PositiveIntegerField(null=True, help_text="Null until it is counted.")
    done = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)
    cursor = models.JSONField(default=dict, help_text="Where the next batch begins.")
    started_by = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    role = models.CharField(max_length=10, choices=Role, blank=True)
    source = models.CharField(max_length=8, choices=Source)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(db_default=Now())
    fence = models.PositiveIntegerField(default=0, help_text="Of whoever works on it; older ones are void.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Claims since a batch was done.")
    ended_by = models.CharField(max_length=200, blank=True, help_text="Who cancelled it.")

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contacts_a_job_at_its_end_has_the_time",
                condition=Q(state__in=OPEN, finished_at=None)
                | (~Q(state__in=OPEN) & Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="jobs_to_run", fields=["due_at", "id"], condition=Q(state__in=OPEN)),
            models.Index(name="jobs_newest_first", fields=["business", "-id"]),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def percent(self) -> int | None:
        """How far it is, 0 to 100; None while nobody knows how much there is."""
        if self.state == JobState.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else None


class JobRefusal(models.Model):
    """One contact or row that a job left as it was, and why."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="refusals", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+", db_index=False)
    row = models.PositiveIntegerField(null=True, help_text="The line of the file, where there is one.")
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=400)

    class Meta:
        indexes = [models.Index(name="refusals_of_a_job", fields=["job", "id"])]

    def __str__(self) -> str:
        return self.detail


class JobFile(models.Model):
    """A piece of a file that a job was given or left. In the database, so that every web machine has it."""

    class Purpose(models.TextChoices):
        SOURCE = "source", "Given to the job"
        RESULT = "result", "Left by the job"

    job = models.ForeignKey(Job, models.CASCADE, related_name="files", db_index=False)
    name = models.CharField(max_length=200)
    purpose = models.CharField(max_length=6, choices=Purpose, default=Purpose.RESULT)
    content_type = models.CharField(max_length=100)
    number = models.PositiveIntegerField(help_text="Which piece of the file: 0, 1, 2 …")
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contacts_each_piece_of_a_file_once", fields=["job", "name", "number"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
