"""The leave to send one confirmation."""

from django.db import models

from contacts.models import Business
from contacts.words import Channel


class Permit(models.Model):
    """Lets one message answer one inbound message, whatever the DND that it confirms, until it expires."""

    class Confirms(models.TextChoices):
        OPT_OUT = "opt_out", "An opt-out"
        OPT_IN = "opt_in", "An opt-in"
        HELP = "help", "A request for help"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254)
    confirms = models.CharField(max_length=7, choices=Confirms)
    provider_id = models.CharField(max_length=200, help_text="The inbound message that it answers.")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    message = models.BigIntegerField(unique=True, help_text="The one message that it is for.")
    used_at = models.DateTimeField(
        null=True, blank=True, help_text="When that message was first let through."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="compliance_one_answer_to_an_inbound_message", fields=["business", "provider_id"]
            ),
        ]

    def __str__(self) -> str:
        return f"answer to {self.provider_id}"
