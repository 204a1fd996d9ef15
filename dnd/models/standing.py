"""What stands for a contact now: its grounds, and where its ledger stands."""

from typing import Self

from django.db import models
from django.db.models import Q

from contacts.models import Business, Contact
from contacts.words import Channel, Direction, Source
from dnd import reasons
from dnd.models.ledger import Change, Reason


class GroundQuerySet(models.QuerySet["Ground"]):
    def outbound(self) -> Self:
        return self.filter(direction=Direction.OUTBOUND)


class Ground(models.Model):
    """One reason why a channel must not be used with a contact, for as long as this row stands."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="grounds", db_index=False)
    direction = models.CharField(max_length=11, choices=Direction)
    channel = models.CharField(max_length=8, choices=Channel)
    reason = models.CharField(max_length=24, choices=Reason)
    source = models.CharField(max_length=8, choices=Source)
    since = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(Change, models.PROTECT, related_name="+")

    objects = GroundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="dnd_each_reason_blocks_a_channel_once",
                fields=["contact", "direction", "channel", "reason"],
            ),
            models.CheckConstraint(
                name="dnd_inbound_is_calls_and_sms_only",
                condition=Q(direction="outbound") | Q(direction="inbound", channel__in=["call", "sms"]),
            ),
        ]
        indexes = [
            models.Index(
                name="grounds_that_end",
                fields=["ends_at"],
                condition=Q(ends_at__isnull=False),
            ),
            models.Index(name="grounds_by_reason", fields=["business", "reason", "channel"]),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: no {self.direction} {self.channel} ({self.reason})"

    @property
    def strength(self) -> str:
        return reasons.rules()[self.reason].strength


class State(models.TextChoices):
    ON = "on", "On"
    OFF = "off", "Off"
    PARTIAL = "partial", "Partial"


class Standing(models.Model):
    """Where a contact's ledger stands, written under the contact's lock. No row: version 0, nothing blocked."""

    contact = models.OneToOneField(Contact, models.PROTECT, primary_key=True, related_name="standing")
    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveIntegerField(default=0)
    last_hash = models.CharField(max_length=64, blank=True)
    outbound = models.PositiveSmallIntegerField(default=0, help_text="Bit mask of blocked channels.")
    inbound = models.PositiveSmallIntegerField(default=0, help_text="Bit mask of blocked channels.")
    do_not_contact = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(name="standing_by_state", fields=["business", "outbound"])]

    def __str__(self) -> str:
        return f"version {self.version}"
