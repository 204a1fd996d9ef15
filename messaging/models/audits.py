"""What the auditor found."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Audit(models.Model):
    """What `audit_sends` found: every call held against the ledger as it stood."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    messages = models.PositiveIntegerField()
    violations = ArrayField(models.CharField(max_length=400), default=list)

    class Meta:
        indexes = [models.Index(name="audits_newest_first", fields=["-id"])]

    def __str__(self) -> str:
        return f"{self.messages} messages, {len(self.violations)} violations"
