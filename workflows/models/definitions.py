"""Workflows as staff write them, and their published versions."""

from typing import Self

from django.db import models
from django.db.models import Q

from contacts.models import Business


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
