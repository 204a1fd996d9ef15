"""Addresses that a business must not use."""

from typing import Self

from django.db import models
from django.db.models import Q

from contacts import erased
from contacts.models import Business
from contacts.words import Channel, Source
from dnd.models.ledger import Reason


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def in_force(self) -> Self:
        return self.filter(lifted_at=None)


class Suppression(models.Model):
    """An address that a business must not use on a channel. It outlives the contact; lifting keeps the row.

    Where the contact was erased it stands as a keyed hash: look an address up by both of `erased.forms`.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=24, choices=Reason)
    source = models.CharField(max_length=8, choices=Source)
    actor = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=200, blank=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="dnd_an_address_is_suppressed_once_per_reason",
                fields=["business", "channel", "address", "reason"],
                condition=Q(lifted_at=None),
            ),
        ]
        indexes = [
            models.Index(
                name="suppressions_by_address",
                fields=["business", "address", "channel"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.shown_address} ({self.reason})"

    @property
    def shown_address(self) -> str:
        """The address, or that it is one of somebody who was erased."""
        return erased.SHOWN if self.address.startswith(erased.PREFIX) else self.address
