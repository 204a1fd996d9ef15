"""Who uses Heed: businesses, the people and programs that act for them, and their teams."""

from typing import ClassVar, Self

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from contacts.words import Role


class Business(models.Model):
    """The tenant: a clinic, a shop. Owns everything below it."""

    class PreferencesSource(models.TextChoices):
        MANUAL = "manual", "Set by staff"
        SYNCED = "synced", "Synced from the record system"

    class DeliveryPolicy(models.TextChoices):
        CASCADE = "cascade", "Text, else call, else email"
        LITERAL = "literal", "Call only who cannot be texted, email only who has no phone"

    class CallsAfterOptOut(models.TextChoices):
        ALLOWED = "allowed", "Allowed"
        BLOCKED = "blocked", "Blocked"

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True, help_text="The postal address.")
    country = models.CharField(
        max_length=2,
        default="US",
        help_text="Phone numbers are read as dialled in this country.",
    )
    timezone = models.CharField(max_length=60, default="America/New_York")
    allow_do_not_contact = models.BooleanField(
        default=False,
        help_text="Shows the switch “Pause automations (Do Not Contact)” on contacts.",
    )
    preferences_source = models.CharField(
        max_length=8, choices=PreferencesSource, default=PreferencesSource.MANUAL
    )
    delivery_policy = models.CharField(
        max_length=8,
        choices=DeliveryPolicy,
        default=DeliveryPolicy.CASCADE,
        db_default=DeliveryPolicy.CASCADE,
        help_text="Which way a message goes that has copy for several.",
    )
    calls_after_sms_opt_out = models.CharField(
        max_length=8,
        choices=CallsAfterOptOut,
        default=CallsAfterOptOut.ALLOWED,
        db_default=CallsAfterOptOut.ALLOWED,
        help_text="Automated calls to somebody who has opted out of SMS.",
    )
    remove_when_all_dnd = models.BooleanField(
        default=False,
        help_text="Takes a contact out of every workflow when every channel is DND.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "businesses"

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, by email. What they may do comes from their memberships."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Everyone with an account works in the admin; the services decide what they may do there."""
        return self.is_active

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class Membership(models.Model):
    """A person's role in a business."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="contacts_one_role_per_business", fields=["user", "business"])
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role} of {self.business})"


class Team(models.Model):
    """People of a business who are told things together."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=200)
    members = models.ManyToManyField(User, related_name="teams", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("business", Lower("name"), name="contacts_team_names_are_unique")
        ]

    def __str__(self) -> str:
        return self.name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid(self) -> Self:
        return self.filter(revoked_at=None)


class ApiKey(models.Model):
    """A program's way in. Only a digest is kept, so the key itself is shown once."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=10, choices=Role)
    prefix = models.CharField(max_length=12, help_text="The beginning of the key, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(name="contacts_a_key_has_a_digest", condition=~Q(digest=""))]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
