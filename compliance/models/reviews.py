"""Texts that read like an opt-out, for a person to look at."""

from django.db import models
from django.db.models import Q

from compliance.models.inbound import Statement
from contacts.models import Business
from contacts.words import Channel


class Review(models.Model):
    """One text that was taken for an opt-out. Its channel is blocked already; a manager confirms or rejects that."""

    class State(models.TextChoices):
        OPEN = "open", "To be reviewed"
        CONFIRMED = "confirmed", "Confirmed: an opt-out"
        REJECTED = "rejected", "Rejected: not an opt-out"
        OVERTAKEN = "overtaken", "The contact has opted in since"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    statement = models.OneToOneField(Statement, models.PROTECT, related_name="review")
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254)
    body = models.TextField()
    rule = models.CharField(max_length=40, help_text="The rule that took it for an opt-out.")
    words = models.CharField(max_length=200, help_text="The words that it heard.")
    received_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="compliance_a_decision_has_a_time",
                condition=Q(state="open") | Q(decided_at__isnull=False),
            )
        ]
        indexes = [
            models.Index(name="reviews_open", fields=["business", "-id"], condition=Q(state="open")),
            models.Index(name="reviews_newest_first", fields=["business", "-id"]),
            models.Index(name="reviews_of_an_address", fields=["business", "channel", "address"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} from {self.address}"
