"""The Do Not Contact list: who was put on it, by which action, and how often it has stopped something."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from contacts.models import Business, Contact
from contacts.words import Channel, Source


class DncEntryQuerySet(models.QuerySet["DncEntry"]):
    def in_force(self) -> Self:
        return self.filter(lifted_at=None)


class DncEntry(models.Model):
    """Somebody put a contact on the list. What holds is its grounds and suppressions; this says how they came.

    `addresses` are those that were suppressed with it, each on those of `channels` that use it. Lifting keeps the row.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="dnc_entries", db_index=False)
    channels = ArrayField(models.CharField(max_length=8, choices=Channel))
    addresses = ArrayField(models.CharField(max_length=254), default=list)
    action = models.CharField(max_length=200, blank=True, help_text="The action or workflow that did it.")
    source = models.CharField(max_length=8, choices=Source)
    actor = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=200, blank=True, db_default="")
    lift_note = models.TextField(max_length=2000, blank=True, db_default="")
    hits = models.PositiveIntegerField(default=0, db_default=0, help_text="How often it stopped something.")
    last_hit_at = models.DateTimeField(null=True, blank=True)

    objects = DncEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "Do Not Contact entry"
        verbose_name_plural = "Do Not Contact entries"
        indexes = [
            models.Index(name="dnc_newest_first", fields=["business", "-at", "-id"]),
            models.Index(name="dnc_of_a_contact", fields=["contact", "lifted_at"]),
            GinIndex(name="dnc_by_address", fields=["addresses"]),
        ]

    def __str__(self) -> str:
        return f"{self.contact} on the Do Not Contact list"


class DncHit(models.Model):
    """Something that the list has stopped and that is not counted yet: the tick adds it to the entry and removes it.

    Whoever stops a thing only inserts here, so that nobody waits for the row of an entry that stops a lot.
    """

    business = models.BigIntegerField()
    contact = models.BigIntegerField()
    channel = models.CharField(max_length=8, blank=True, help_text="Empty: whichever.")
    address = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"contact {self.contact}, {self.channel}"
