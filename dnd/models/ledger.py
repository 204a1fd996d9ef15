"""The append-only ledger of how every ground came and went."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models import Business, Contact
from contacts.words import Direction, Source
from dnd import wording


def append_only(name: str) -> pgtrigger.Trigger:
    """The database's own refusal to change, remove or empty what was written, for every role."""
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        when=pgtrigger.Before,
        level=pgtrigger.Statement,
        func="RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP;",
    )


class Reason(models.TextChoices):
    """The names of data/dnd_reasons.csv; a system check holds the two together."""

    USER_REQUEST = "user_request", "asked us"
    WORKFLOW = "workflow", "set by a workflow"
    IMPORT = "import", "came with an import"
    RECORD_SYSTEM = "record_system", "set by the record system"
    CARRIER_UNREACHABLE = "carrier_unreachable", "the carrier cannot reach the number"
    EMAIL_FAILED = "email_failed", "email failed for good"
    EMAIL_BOUNCE = "email_bounce", "email bounced"
    EMAIL_SUPPRESSED = "email_suppressed", "on the email provider's suppression list"
    DNC_LIST = "dnc_list", "on the Do Not Contact list"
    PREFERENCE_PAGE = "preference_page", "chosen on the preference page"
    EMAIL_UNSUBSCRIBE = "email_unsubscribe", "unsubscribed from email"
    FREE_TEXT_OPT_OUT = "free_text_opt_out", "wrote that they want no more messages"
    CALL_KEYPRESS = "call_keypress", "pressed 9 in a call"
    CARRIER_BLOCKED = "carrier_blocked", "the carrier blocks the number"
    EMAIL_COMPLAINT = "email_complaint", "marked an email as spam"
    STOP_KEYWORD = "stop_keyword", "texted STOP"


class Change(models.Model):
    """One line of a contact's ledger. The database itself refuses to change or to remove one.

    `grounds` are the pairs [channel, reason] that the line added or took away, so that grounds and
    standing are the fold of the lines; `hash` covers every column but `id`, and the line before.
    """

    class Kind(models.TextChoices):
        CHANGED = "changed", "A channel's state changed"
        REINFORCED = "reinforced", "A further ground for a blocked channel"
        WEAKENED = "weakened", "One ground fewer for a blocked channel"

    class Scope(models.TextChoices):
        ALL = "all", "Every channel of the direction"
        SPECIFIC = "specific", "Some channels"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="dnd_changes", db_index=False)
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    direction = models.CharField(max_length=11, choices=Direction)
    enabled = models.BooleanField()
    scope = models.CharField(max_length=8, choices=Scope)
    channels = ArrayField(models.CharField(max_length=8), default=list)
    grounds = models.JSONField(default=list)
    ends_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=8, choices=Source)
    actor = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=24)
    evidence = ArrayField(models.CharField(max_length=200), default=list, help_text="Ids, never texts.")
    text_digest = models.CharField(
        max_length=64, blank=True, help_text="Salted SHA-256 of note and evidence."
    )
    recorded_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="dnd_versions_of_a_contact_are_unique",
                fields=["contact", "version"],
            ),
        ]
        indexes = [
            models.Index(name="ledger_newest_first", fields=["business", "-recorded_at", "-id"]),
            models.Index(name="ledger_by_reason", fields=["business", "reason", "-recorded_at", "-id"]),
            models.Index(name="ledger_by_source", fields=["business", "source", "-recorded_at", "-id"]),
            models.Index(name="ledger_by_actor", fields=["business", "actor", "-recorded_at", "-id"]),
            models.Index(
                name="grounds_in_the_timeline",
                fields=["contact", "-recorded_at", "-id"],
                condition=~Q(kind="changed"),
            ),
        ]
        triggers = [append_only("ledger_is_append_only")]

    def __str__(self) -> str:
        return self.summary

    @property
    def summary(self) -> str:
        """The timeline's words: `DND enabled by user for SMS and Email`."""
        return wording.summary(
            direction=self.direction,
            enabled=self.enabled,
            channels=self.channels,
            source=self.source,
            kind=self.kind,
        )


class ChangeText(models.Model):
    """The words beside a ledger line. They can be erased; the line keeps their digest."""

    change = models.OneToOneField(Change, models.PROTECT, primary_key=True, related_name="text")
    salt = models.CharField(max_length=32)
    note = models.TextField(blank=True)
    evidence = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.note


class Effective(models.Model):
    """When a change was in force: nothing decided before it was being called any more. Insert only."""

    change = models.OneToOneField(Change, models.PROTECT, primary_key=True, related_name="effective")
    at = models.DateTimeField()

    class Meta:
        triggers = [append_only("effective_is_append_only")]

    def __str__(self) -> str:
        return f"in force at {self.at}"


class Unstamped(models.Model):
    """A change that waits for a call in flight. Removed when its `Effective` is written."""

    change = models.OneToOneField(Change, models.PROTECT, primary_key=True, related_name="+")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"change {self.change_id} waits"
