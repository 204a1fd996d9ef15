"""What mailbox providers say about our email: each thing they report, stored once and worked on from its row."""

from django.db import models
from django.db.models import Q

from contacts.models import Business

KINDS_THAT_COUNT = ["soft_bounce", "delivered"]


class FeedbackEvent(models.Model):
    """One event of one provider, as it came, and what it was taken to mean."""

    class State(models.TextChoices):
        PENDING = "pending", "Waits to be worked on"
        DONE = "done", "Worked on"
        UNREADABLE = "unreadable", "Could not be read"

    class Kind(models.TextChoices):
        HARD_BOUNCE = "hard_bounce", "Hard bounce"
        FAILED = "failed", "Failed for good"
        SUPPRESSED = "suppressed", "On the provider's suppression list"
        COMPLAINT = "complaint", "Marked as spam"
        UNSUBSCRIBE = "unsubscribe", "Unsubscribed"
        SOFT_BOUNCE = "soft_bounce", "Soft bounce"
        DELIVERED = "delivered", "Delivered"
        OTHER = "other", "Something else"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    connection = models.BigIntegerField()
    esp = models.CharField(max_length=10)
    provider_id = models.CharField(max_length=200)
    seal = models.CharField(max_length=100, blank=True, help_text="A signature's token that is good once.")
    payload = models.TextField(blank=True, help_text="The event as it came, as ASCII JSON; emptied in time.")
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="When the worker looks at it next.")
    worked_at = models.DateTimeField(null=True, blank=True)

    kind = models.CharField(max_length=11, choices=Kind, blank=True)
    address = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField(null=True, blank=True, help_text="When it happened, in the provider's time.")
    message = models.BigIntegerField(null=True, blank=True)
    detail = models.CharField(max_length=400, blank=True)
    blocked = models.BooleanField(default=False, help_text="It was this event that had the address blocked.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="compliance_a_provider_event_is_stored_once", fields=["connection", "provider_id"]
            ),
            models.CheckConstraint(
                name="compliance_a_provider_event_has_an_id", condition=~Q(provider_id="")
            ),
        ]
        indexes = [
            models.Index(name="feedback_due", fields=["due_at", "id"], condition=Q(state="pending")),
            models.Index(
                name="feedback_of_an_address",
                fields=["business", "address", "at"],
                condition=~Q(address=""),
            ),
            models.Index(name="feedback_seals", fields=["connection", "seal"], condition=~Q(seal="")),
            models.Index(name="feedback_by_kind", fields=["business", "kind", "at"]),
            models.Index(name="feedback_to_empty", fields=["worked_at"], condition=~Q(payload="")),
        ]

    def __str__(self) -> str:
        return f"{self.esp} {self.kind or 'event'} {self.provider_id}"
