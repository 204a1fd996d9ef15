"""The secret in an unsubscribe link: kept as a digest, so that nobody who reads the table can use one."""

from django.db import models
from django.db.models import Q

from contacts.models import Business, Contact
from contacts.words import Channel


class LinkToken(models.Model):
    """One link that was given to one contact in one message. It works for ever."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254, blank=True, help_text="Where the message went.")
    message = models.BigIntegerField(null=True, blank=True, help_text="The message that carries the link.")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="compliance_a_token_has_a_digest", condition=~Q(digest=""))
        ]

    def __str__(self) -> str:
        return f"link of contact {self.contact_id}"


class Told(models.Model):
    """When a contact was last told on a channel how to opt out."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="compliance_told_last_on_a_channel", fields=["contact", "channel"])
        ]

    def __str__(self) -> str:
        return f"contact {self.contact_id} was told on {self.channel}"
