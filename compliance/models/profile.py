"""What a business adds to its messages, when it may disturb, and which words it understands."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models import Business

LONGEST_SMS_TEXT = 140
LONGEST_TEXT = 400


class Profile(models.Model):
    """A business's compliance settings. A business without a row has the defaults."""

    class Repeat(models.TextChoices):
        AGAIN = "again", "On the first message to a contact, and again after some days"
        EVERY = "every", "On every message"

    business = models.OneToOneField(
        Business, models.CASCADE, primary_key=True, related_name="compliance_profile"
    )

    sms_opt_out = models.BooleanField("add the opt-out text to SMS", default=True)
    sms_opt_out_text = models.CharField(
        "opt-out text", max_length=LONGEST_SMS_TEXT, default="Reply STOP to unsubscribe."
    )
    sms_sender = models.BooleanField("add the sender to SMS", default=True)
    sms_sender_text = models.CharField(
        "sender", max_length=LONGEST_SMS_TEXT, blank=True, help_text="Empty: the business's name."
    )
    sms_repeat = models.CharField("when", max_length=5, choices=Repeat, default=Repeat.AGAIN)
    sms_repeat_days = models.PositiveSmallIntegerField("again after days", default=30, help_text="1 to 60.")

    email_unsubscribe = models.BooleanField("add the unsubscribe link to email", default=True)
    email_unsubscribe_text = models.CharField(
        "words of the link", max_length=LONGEST_SMS_TEXT, default="Unsubscribe or change what you receive"
    )
    email_sender = models.BooleanField("add the sender and the postal address to email", default=True)
    email_sender_text = models.CharField(
        "sender of email", max_length=LONGEST_TEXT, blank=True, help_text="Empty: the business's name."
    )

    quiet_hours = models.BooleanField("send only in permitted hours", default=False)
    quiet_hours_everywhere = models.BooleanField(
        "also for email, Facebook and Google Business",
        default=False,
        help_text="Calls, SMS and WhatsApp always keep to the hours once they are on.",
    )

    soft_bounces = models.PositiveSmallIntegerField(
        "soft bounces until an address is blocked", default=5, help_text="1 to 50, of that many messages."
    )
    soft_bounce_days = models.PositiveSmallIntegerField("within days", default=30, help_text="1 to 365.")

    opt_out_words = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    opt_in_words = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    help_words = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    opt_out_reply = models.CharField(
        "answer to an opt-out", max_length=LONGEST_TEXT, blank=True, help_text="Empty: the standard words."
    )
    opt_in_reply = models.CharField(
        "answer to an opt-in", max_length=LONGEST_TEXT, blank=True, help_text="Empty: the standard words."
    )
    help_reply = models.CharField(
        "answer to HELP", max_length=LONGEST_TEXT, blank=True, help_text="Empty: the standard words."
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="compliance_the_opt_out_text_comes_back_within_60_days",
                condition=Q(sms_repeat_days__gte=1, sms_repeat_days__lte=60),
            ),
            models.CheckConstraint(
                name="compliance_a_soft_bounce_threshold_can_be_reached",
                condition=Q(soft_bounces__gte=1, soft_bounces__lte=50)
                & Q(soft_bounce_days__gte=1, soft_bounce_days__lte=365),
            ),
        ]

    def __str__(self) -> str:
        return f"Compliance of {self.business_id}"
