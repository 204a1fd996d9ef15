"""One message to many: broadcasts and campaigns, and how fast they go."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from contacts.models import Business
from messaging.models.connections import Connection


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def of(self, business: Business | int) -> Self:
        return self.filter(business=business)


class Broadcast(models.Model):
    """One message to an audience. A campaign keeps to a daily window and a pace as well.

    draft → scheduled → sending ↔ paused → finished; scheduled, sending and paused → cancelled.
    """

    class Kind(models.TextChoices):
        BROADCAST = "broadcast", "Broadcast"
        CAMPAIGN = "campaign", "Campaign"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        SENDING = "sending", "Sending"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"

    business = models.ForeignKey(Business, models.CASCADE, related_name="broadcasts", db_index=False)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.BROADCAST)
    audience = models.JSONField(default=dict, blank=True, help_text="Filters as of the list of contacts.")
    include_dead = models.BooleanField(
        default=False, help_text="Also contacts whose status means that they are lost."
    )
    text = models.TextField(blank=True)
    call = models.TextField(blank=True)
    email_subject = models.CharField(max_length=400, blank=True)
    email_body = models.TextField(blank=True)
    window_opens = models.TimeField(null=True, blank=True, help_text="On the clock of the business.")
    window_closes = models.TimeField(null=True, blank=True)
    per_minute = models.PositiveIntegerField(null=True, blank=True)

    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    send_at = models.DateTimeField(null=True, blank=True, help_text="When it is to begin.")
    created_by = models.CharField(max_length=200, blank=True)
    sent_by = models.CharField(max_length=200, blank=True)
    sent_source = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    total = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many were in the audience when it began."
    )
    last_contact = models.BigIntegerField(
        default=0, help_text="The newest contact when it began: later ones are not in it."
    )
    decided_until = models.BigIntegerField(
        default=0, help_text="Every contact up to this one has been decided on."
    )
    decided = models.BooleanField(default=False, help_text="Everybody in the audience has been decided on.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When there is more to do for it.")

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="messaging_a_window_opens_and_closes",
                condition=Q(window_opens=None, window_closes=None) | Q(window_opens__lt=F("window_closes")),
            ),
            models.CheckConstraint(
                name="messaging_only_a_campaign_is_slow",
                condition=Q(kind="campaign") | Q(window_opens=None, per_minute=None),
            ),
        ]
        indexes = [
            models.Index(name="broadcasts_newest_first", fields=["business", "-id"]),
            models.Index(name="broadcasts_due", fields=["due_at"], condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def copies(self) -> dict[str, str]:
        """The body of each way for which there is one, in the order in which ways are tried."""
        bodies = {"text": self.text, "call": self.call, "email": self.email_body}
        return {way: body for way, body in bodies.items() if body.strip()}


class Pace(models.Model):
    """How fast messages may leave by a connection, or those of one broadcast. Every worker takes its turns here."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="+", db_index=False)
    connection = models.OneToOneField(Connection, models.CASCADE, null=True, blank=True, related_name="pace")
    broadcast = models.OneToOneField(Broadcast, models.CASCADE, null=True, blank=True, related_name="pace")
    messages = models.PositiveIntegerField(help_text="So many …")
    seconds = models.PositiveSmallIntegerField(help_text="… in so many seconds.")
    next_at = models.DateTimeField(help_text="When the next one may leave.")
    line_until = models.DateTimeField(help_text="The last place in line that was given away.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="messaging_a_pace_is_of_one_thing",
                condition=Q(connection__isnull=True) ^ Q(broadcast__isnull=True),
            ),
            models.CheckConstraint(
                name="messaging_a_pace_is_more_than_nothing", condition=Q(messages__gt=0, seconds__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.messages} in {self.seconds} s"
