"""Messages out and in, and what became of them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from contacts.models import Business, Contact
from contacts.words import Channel, Source
from messaging.models.broadcasts import Broadcast


class MessageClass(models.TextChoices):
    AUTOMATION = "automation", "Automation"
    BROADCAST = "broadcast", "Broadcast"
    CAMPAIGN = "campaign", "Campaign"
    MANUAL = "manual", "Manual"
    SYSTEM = "system", "System"


class Lane(models.TextChoices):
    """Messages of a lane wait for each other and for nobody else."""

    SYSTEM = "system", "Confirmations"
    INTERACTIVE = "interactive", "Staff and automations"
    BULK = "bulk", "Broadcasts and campaigns"


LANE_OF: dict[str, str] = {
    MessageClass.SYSTEM.value: Lane.SYSTEM.value,
    MessageClass.MANUAL.value: Lane.INTERACTIVE.value,
    MessageClass.AUTOMATION.value: Lane.INTERACTIVE.value,
    MessageClass.BROADCAST.value: Lane.BULK.value,
    MessageClass.CAMPAIGN.value: Lane.BULK.value,
}


class MessageState(models.TextChoices):
    QUEUED = "queued", "Queued"
    HELD = "held", "Held"
    CALLING = "calling", "Being handed over"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    DROPPED = "dropped", "Not sent"
    UNKNOWN = "unknown", "Unknown"
    RECEIVED = "received", "Received"


WAITING = (MessageState.QUEUED.value, MessageState.HELD.value)


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> Self:
        """Queued or held: nothing has been decided for good."""
        return self.filter(state__in=WAITING)

    def calling(self) -> Self:
        return self.filter(state=MessageState.CALLING)


class Message(models.Model):
    """One message to or from a contact, and what became of it.

    queued|held → calling → sent → delivered, or → failed, dropped, unknown. The state never goes backwards.
    """

    class Way(models.TextChoices):
        OUTBOUND = "outbound", "Outbound"
        INBOUND = "inbound", "Inbound"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="messages", db_index=False)
    direction = models.CharField(max_length=8, choices=Way, default=Way.OUTBOUND)
    channel = models.CharField(max_length=8, choices=Channel)
    message_class = models.CharField(max_length=10, choices=MessageClass)
    lane = models.CharField(max_length=11, choices=Lane)
    to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=400, blank=True)
    body = models.TextField(blank=True)
    sent_body = models.TextField(
        blank=True,
        db_default="",
        help_text="What was handed over, where compliance added to the body; a link's secret is left out.",
    )
    source = models.CharField(max_length=8, choices=Source, db_default=Source.WORKFLOW)
    actor = models.CharField(max_length=200, blank=True, help_text="Who wrote or caused it.")
    state = models.CharField(max_length=9, choices=MessageState, default=MessageState.QUEUED)

    rule = models.CharField(max_length=20, blank=True, help_text="The rule that spoke last.")
    reason = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=400, blank=True)
    inputs = models.JSONField(default=dict, blank=True, help_text="What the last verdict was made from.")
    decided_version = models.PositiveIntegerField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_for = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The contact in whose ledger `decided_version` counts, where that is part of another now.",
    )
    withdrawn = models.BooleanField(
        default=False, help_text="Its enrollment was removed, or its broadcast cancelled."
    )

    due_at = models.DateTimeField(help_text="When the door looks at it next.")
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(
        default=0, help_text="Goes up with each claim; a settle must match it."
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    ask_at = models.DateTimeField(
        null=True, blank=True, help_text="When the provider is asked what became of it."
    )
    provider_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    enrollment = models.BigIntegerField(
        null=True, blank=True, help_text="The enrollment whose step queued it."
    )
    step = models.PositiveIntegerField(null=True, blank=True, help_text="The position of that step.")
    broadcast = models.ForeignKey(
        Broadcast, models.PROTECT, null=True, blank=True, related_name="messages", db_index=False
    )
    recipient = models.BigIntegerField(
        null=True, blank=True, help_text="The contact for whom the broadcast wrote it, also after a merge."
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="messaging_a_step_sends_once",
                fields=["enrollment", "step"],
                condition=Q(enrollment__isnull=False),
            ),
            models.UniqueConstraint(
                name="messaging_a_broadcast_reaches_nobody_twice",
                fields=["broadcast", "recipient"],
                condition=Q(broadcast__isnull=False),
            ),
            models.CheckConstraint(
                name="messaging_a_broadcast_has_recipients",
                condition=Q(broadcast__isnull=True) | Q(recipient__isnull=False),
            ),
            models.CheckConstraint(
                name="messaging_a_call_has_a_lease",
                condition=~Q(state="calling") | Q(lease_until__isnull=False, claimed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="messaging_what_went_out_was_decided",
                condition=~Q(direction="outbound", state__in=["calling", "sent", "delivered"])
                | Q(decided_version__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="messages_due",
                fields=["lane", "due_at", "id"],
                condition=Q(state__in=["queued", "held"]),
            ),
            models.Index(
                name="messages_ahead_in_line",
                fields=["contact", "channel", "id"],
                condition=Q(state__in=["queued", "calling"]),
            ),
            models.Index(name="messages_in_flight_by_address", fields=["to"], condition=Q(state="calling")),
            models.Index(
                name="messages_to_ask_about",
                fields=["ask_at"],
                condition=Q(state="unknown", ask_at__isnull=False),
            ),
            models.Index(
                "contact",
                Coalesce("called_at", "settled_at", "created_at").desc(),
                models.F("id").desc(),
                name="messages_in_the_timeline",
            ),
            models.Index(name="messages_newest_first", fields=["business", "-id"]),
            models.Index(
                name="messages_of_a_broadcast",
                fields=["broadcast", "state", "channel", "reason"],
                condition=Q(broadcast__isnull=False),
            ),
            models.Index(
                name="messages_moved_by_a_merge",
                fields=["broadcast"],
                condition=Q(broadcast__isnull=False) & ~Q(recipient=models.F("contact")),
            ),
            models.Index(
                name="messages_by_provider_id", fields=["provider_id"], condition=~Q(provider_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.contact_id}: {self.state}"
