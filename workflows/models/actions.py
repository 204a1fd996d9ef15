"""What staff do to a contact in a status with one press: the actions, their templates, and each time one was run."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from contacts.models import Business, Contact, Pipeline, Status
from contacts.words import Role, Source, role_reaches

CATEGORIES = ("contacted", "appointment", "do not contact", "other")
"""The usual ones; a business may use words of its own."""


class StatusActionQuerySet(models.QuerySet["StatusAction"]):
    def of(self, business: Business | int) -> Self:
        return self.filter(business=business)

    def for_role(self, role: str | None) -> Self:
        """Those that somebody with this role may run: their status is in use, and asks for no wider role."""
        reached = [each for each in Role.values if role_reaches(role, each)]
        return self.filter(Q(status__roles=[]) | Q(status__roles__overlap=reached), status__archived=False)


class StatusAction(models.Model):
    """A named list of operations that staff run on a contact in this status: all of them, or none."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="+")
    status = models.ForeignKey(Status, models.CASCADE, related_name="actions", db_index=False)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=40, default="other")
    operations = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(auto_now=True)

    objects = StatusActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("status", Lower("name"), name="workflows_action_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name


class ActionTemplate(models.Model):
    """An action kept to be put into many statuses. What it names of its `pipeline` goes by the name elsewhere."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="+")
    record_type = models.CharField(max_length=40)
    pipeline = models.ForeignKey(Pipeline, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=40)
    operations = models.JSONField()
    saved_by = models.CharField(max_length=200, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "business",
                Lower("record_type"),
                Lower("name"),
                name="workflows_template_names_are_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.record_type})"


class ActionRun(models.Model):
    """One press: who ran what on whom, from which status, and what each operation did.

    The names are those of that time; action, statuses and pipeline may be gone.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="action_runs", db_index=False)
    action = models.BigIntegerField(help_text="The action's id.")
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=40)
    status = models.BigIntegerField(help_text="The id of the status that the contact was in.")
    status_name = models.CharField(max_length=200)
    pipeline_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    source = models.CharField(max_length=8, choices=Source)
    actor = models.CharField(max_length=200, blank=True)
    results = models.JSONField(default=list)
    entry = models.BigIntegerField(null=True, help_text="The entry of the Do Not Contact list that it made.")

    class Meta:
        indexes = [
            models.Index(name="action_runs_of_a_contact", fields=["contact", "-at", "-id"]),
            models.Index(name="action_runs_that_listed", fields=["entry"], condition=Q(entry__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name} on {self.contact}"
