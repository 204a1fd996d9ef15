"""What comes in from providers, as it came, and what addresses have said about being written to."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from contacts import erased
from contacts.models import Business
from contacts.words import Channel


class InboundEvent(models.Model):
    """One thing that a provider told us. Stored once however often it is told, and worked on from here."""

    class Kind(models.TextChoices):
        MESSAGE = "message", "Text"
        CALL = "call", "Call"
        KEY = "key", "A key pressed in a call of ours"
        CARRIER = "carrier", "What a carrier says of a number"

    class Via(models.TextChoices):
        WEBHOOK = "webhook", "The provider told us"
        LIST = "list", "Found in the provider's list"
        ANSWER = "answer", "The answer to a call of ours"

    class State(models.TextChoices):
        PENDING = "pending", "Waits to be worked on"
        DONE = "done", "Worked on"
        EMPTIED = "emptied", "Worked on, and its text removed"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    connection = models.BigIntegerField()
    kind = models.CharField(max_length=7, choices=Kind)
    provider_id = models.CharField(max_length=200)
    via = models.CharField(max_length=7, choices=Via)
    body = models.BinaryField(help_text="The form as it came; emptied in time.")
    said_at = models.DateTimeField(
        null=True, blank=True, help_text="The provider's time, where it came along."
    )
    received_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(help_text="When the worker looks at it next.")
    attempts = models.PositiveSmallIntegerField(default=0)
    worked_at = models.DateTimeField(null=True, blank=True)
    detail = models.CharField(max_length=400, blank=True, help_text="What it came to, or what went wrong.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="compliance_an_inbound_event_is_stored_once", fields=["business", "kind", "provider_id"]
            ),
            models.CheckConstraint(
                name="compliance_an_inbound_event_has_an_id", condition=~Q(provider_id="")
            ),
        ]
        indexes = [
            models.Index(name="inbound_due", fields=["due_at", "id"], condition=Q(state="pending")),
            models.Index(name="inbound_to_empty", fields=["worked_at"], condition=Q(state="done")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider_id}"

    @property
    def began_at(self) -> datetime:
        """From when an answer to it is in time: what was found in a list came in before we saw it."""
        return min(self.received_at, self.said_at or self.received_at)


class StatementQuerySet(models.QuerySet["Statement"]):
    def of(self, business: int, channel: str, address: str) -> Self:
        """What an address has said on a channel, also before its owner was erased."""
        return self.filter(business=business, channel=channel, address__in=erased.forms(business, address))


class Statement(models.Model):
    """That an address is to be left alone on a channel, or no longer: said by its owner or its carrier, at a time.

    What counts is the order in which things were said, whatever the order in which they were heard.
    """

    class Says(models.TextChoices):
        OPT_OUT = "opt_out", "Opts out"
        OPT_IN = "opt_in", "Opts in"

    class Clock(models.TextChoices):
        ASKING = "asking", "Not known yet"
        PROVIDER = "provider", "The provider's"
        RECEIPT = "receipt", "Ours, at the first receipt"

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for the time at which it was said"
        IN_FORCE = "in_force", "Took effect"
        OVERTAKEN = "overtaken", "Something that was said later counts instead"
        REJECTED = "rejected", "Was not meant so"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    connection = models.BigIntegerField(
        null=True, blank=True, help_text="By which the time can be asked for."
    )
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254)
    says = models.CharField(max_length=7, choices=Says)
    reason = models.CharField(max_length=24, blank=True, help_text="The ground of an opt-out.")
    provider_id = models.CharField(max_length=200)
    received_at = models.DateTimeField(help_text="The first receipt.")
    said_at = models.DateTimeField(null=True, blank=True)
    clock = models.CharField(max_length=8, choices=Clock)
    ask_at = models.DateTimeField(null=True, blank=True, help_text="When the provider is asked for its time.")
    attempts = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="compliance_a_statement_is_heard_once", fields=["business", "provider_id"]
            ),
            models.CheckConstraint(
                name="compliance_an_opt_out_has_a_reason", condition=Q(says="opt_in") | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="compliance_the_providers_time_is_kept",
                condition=~Q(clock="provider") | Q(said_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="statements_of_an_address", fields=["business", "channel", "address"]),
            models.Index(name="statements_to_ask_for", fields=["ask_at"], condition=Q(ask_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_says_display()} {self.provider_id}"

    @property
    def moment(self) -> datetime | None:
        """When it was said; None while that is being asked for."""
        if self.clock == self.Clock.ASKING:
            return None
        return self.said_at if self.clock == self.Clock.PROVIDER else self.received_at
