"""The connections to the providers that carry messages."""

from django.db import models

from contacts.models import Business
from contacts.words import Channel
from messaging.encryption import EncryptedJSONField


class Connection(models.Model):
    """A business's way to one channel. Disconnecting holds its messages and touches no DND."""

    class Driver(models.TextChoices):
        TWILIO = "twilio", "Twilio"
        SMTP = "smtp", "SMTP"
        HTTP = "http", "HTTP endpoint"

    class State(models.TextChoices):
        CONNECTED = "connected", "Connected"
        DISCONNECTED = "disconnected", "Disconnected"

    business = models.ForeignKey(Business, models.CASCADE, related_name="connections")
    channel = models.CharField(max_length=8, choices=Channel)
    driver = models.CharField(max_length=8, choices=Driver)
    config = EncryptedJSONField(help_text="What the driver needs, credentials included; encrypted at rest.")
    state = models.CharField(max_length=12, choices=State, default=State.CONNECTED)
    revision = models.PositiveIntegerField(default=1, help_text="Goes up with every edit.")
    worked_at = models.DateTimeField(null=True, blank=True, help_text="When it last took a message.")
    failed_at = models.DateTimeField(null=True, blank=True, help_text="When it last did not.")
    failure = models.CharField(max_length=400, blank=True, db_default="", help_text="Why it did not.")
    heard_at = models.DateTimeField(null=True, blank=True, help_text="When the provider last called us.")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="messaging_one_connection_a_channel", fields=["business", "channel"])
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} by {self.get_driver_display()}"


class ListReading(models.Model):
    """How far the list of what came in by a connection has been read, for texts whose webhook was lost."""

    connection = models.OneToOneField(
        Connection, models.CASCADE, primary_key=True, related_name="list_reading"
    )
    read_until = models.DateTimeField()
    due_at = models.DateTimeField()
    problem = models.CharField(
        max_length=400, blank=True, help_text="Why it could not be read the last time."
    )

    class Meta:
        indexes = [models.Index(name="lists_to_read", fields=["due_at"])]

    def __str__(self) -> str:
        return f"read until {self.read_until}"
