"""What a record system says of how contacts want to be reached, and the log of its messages."""

from django.db import models
from django.db.models import Q

from contacts.models.business import Business
from contacts.models.contact import Contact
from contacts.preferences import Said


class Method(models.TextChoices):
    SMS = "sms", "Text"
    VOICE = "voice", "Call"
    DNC = "dnc", "Do not contact"


class Preference(models.Model):
    """What was said of a contact: in general, or for one appointment until it ends. What holds: `contacts.preferences`.

    It stands with the contact and not with the messages: it is deleted with the person, and every app asks for it.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="preferences", db_index=False)
    appointment = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=5, choices=Method, blank=True)
    method_at = models.DateTimeField(null=True, blank=True)
    unknown_at = models.DateTimeField(null=True, blank=True)
    number = models.CharField(max_length=40, blank=True)
    number_at = models.DateTimeField(null=True, blank=True)
    blocks_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contacts_one_preference_each_appointment", fields=["contact", "appointment"]
            ),
            models.CheckConstraint(
                name="contacts_only_an_appointment_ends",
                condition=Q(appointment="", ends_at=None) | ~Q(appointment="") & Q(ends_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="preferences_that_end", fields=["ends_at"], condition=Q(ends_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.contact}: {self.method or 'no preference'}"

    @property
    def said(self) -> Said:
        return Said(
            self.appointment,
            self.method,
            self.method_at,
            self.unknown_at,
            self.number,
            self.number_at,
            self.ends_at,
        )


class Sync(models.Model):
    """One message of a record system about a contact, as it was understood. Repetitions of it are not kept."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", "Applied"
        OLDER = "older", "Older than what was known"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="syncs", db_index=False)
    message_id = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(help_text="By the record system's clock; of receipt where it gives none.")
    received_at = models.DateTimeField()
    actor = models.CharField(max_length=200, blank=True)
    raw_code = models.CharField(max_length=200, blank=True, help_text="The code as the record system has it.")
    said = models.JSONField(default=dict, help_text="What it says, as it was understood.")
    outcome = models.CharField(max_length=8, choices=Outcome)
    warning = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contacts_a_message_of_the_record_system_counts_once",
                fields=["contact", "message_id"],
                condition=~Q(message_id=""),
            )
        ]
        indexes = [models.Index(name="syncs_of_a_contact", fields=["contact", "-id"])]

    def __str__(self) -> str:
        return f"{self.contact}: {self.raw_code or self.message_id}"
