"""The people a business talks to, and the addresses at which it reaches them."""

from typing import Self

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper

from contacts.models.business import Business
from contacts.models.pipeline import Status
from contacts.words import LineType


class ContactQuerySet(models.QuerySet["Contact"]):
    def of(self, business: Business | int) -> Self:
        """Contacts of a business that exist outside: a tombstone does not."""
        return self.filter(business=business, deleted_at=None)


class Contact(models.Model):
    """A person a business talks to. Deleting one, or merging it into another, empties it and leaves a tombstone."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="contacts", db_index=False)
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=60, blank=True)
    external_id = models.CharField(max_length=200, null=True, blank=True)
    status = models.ForeignKey(Status, models.PROTECT, null=True, blank=True, related_name="contacts")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        db_index=False,
        help_text="The contact that this one has become part of.",
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contacts_external_ids_are_unique",
                fields=["business", "external_id"],
                condition=Q(deleted_at=None),
            ),
            models.CheckConstraint(
                name="contacts_an_external_id_is_not_empty",
                condition=Q(external_id=None) | ~Q(external_id=""),
            ),
            models.CheckConstraint(
                name="contacts_what_was_merged_is_a_tombstone",
                condition=Q(merged_into=None) | Q(deleted_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="contacts_newest_first",
                fields=["business", "-id"],
                condition=Q(deleted_at=None),
            ),
            models.Index(
                name="contacts_merged_into_another",
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
            ),
            GinIndex(
                OpClass(Upper("first_name"), name="gin_trgm_ops"),
                OpClass(Upper("last_name"), name="gin_trgm_ops"),
                OpClass(Upper("external_id"), name="gin_trgm_ops"),
                name="contacts_searched_by_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or f"Contact {self.pk}"


class PointKind(models.TextChoices):
    PHONE = "phone", "Phone"
    EMAIL = "email", "Email"
    FACEBOOK = "facebook", "Facebook id"
    GMB = "gmb", "Google Business id"


POINT_OF_CHANNEL: dict[str, str] = {
    "call": PointKind.PHONE.value,
    "sms": PointKind.PHONE.value,
    "whatsapp": PointKind.PHONE.value,
    "email": PointKind.EMAIL.value,
    "facebook": PointKind.FACEBOOK.value,
    "gmb": PointKind.GMB.value,
}


class ContactPoint(models.Model):
    """One address of a contact: a phone number in E.164, a lower-case email, an id."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="points", db_index=False)
    kind = models.CharField(max_length=8, choices=PointKind)
    value = models.CharField(max_length=254)
    label = models.CharField(max_length=40, blank=True)
    line_type = models.CharField(max_length=9, choices=LineType, blank=True)
    preferred = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    screened = models.BooleanField(default=False, help_text="Held against the suppressions since it came.")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                name="contacts_each_address_once_per_contact",
                fields=["contact", "kind", "value"],
            ),
            models.UniqueConstraint(
                name="contacts_one_address_of_a_kind_but_phones",
                fields=["contact", "kind"],
                condition=~Q(kind="phone"),
            ),
            models.UniqueConstraint(
                name="contacts_at_most_one_preferred",
                fields=["contact"],
                condition=Q(preferred=True),
            ),
            models.CheckConstraint(
                name="contacts_only_a_phone_is_preferred",
                condition=Q(preferred=False) | Q(kind="phone"),
            ),
            models.CheckConstraint(
                name="contacts_phones_have_a_line_type",
                condition=Q(kind="phone", line_type__in=LineType.values)
                | (~Q(kind="phone") & Q(line_type="")),
            ),
        ]
        indexes = [
            models.Index(name="addresses_to_screen", fields=["id"], condition=Q(screened=False)),
            models.Index(name="contacts_by_address", fields=["business", "kind", "value"]),
            GinIndex(
                OpClass(Upper("value"), name="gin_trgm_ops"),
                name="contacts_searched_by_address",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="a_point_that_goes_is_kept_apart",
                operation=pgtrigger.Delete | pgtrigger.UpdateOf("value"),  # type: ignore[no-untyped-call]
                when=pgtrigger.After,
                func="INSERT INTO contacts_formeraddress (business_id, contact_id, value)"
                " VALUES (OLD.business_id, OLD.contact_id, OLD.value) ON CONFLICT DO NOTHING; RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return self.value


class FormerAddress(models.Model):
    """An address that a contact had. The database itself writes it, whatever took the address from the contact.

    It is read in one case: to find all that is left of a person who is to be erased.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    value = models.CharField(max_length=254)

    class Meta:
        verbose_name_plural = "former addresses"
        constraints = [
            models.UniqueConstraint(
                name="contacts_each_former_address_once_per_contact", fields=["contact", "value"]
            )
        ]

    def __str__(self) -> str:
        return f"a former address of contact {self.contact_id}"


class Tag(models.Model):
    """A word that staff, programs and workflows put on contacts."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint("business", Lower("name"), name="contacts_tag_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name


class ContactTag(models.Model):
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="tag_links", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="contact_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="contacts_each_tag_once_per_contact", fields=["contact", "tag"])
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.tag}"
