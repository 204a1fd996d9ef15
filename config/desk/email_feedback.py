"""On a mail server's page: which provider stands behind it, and how that is told where to report."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Count, Max

from compliance.models import FeedbackEvent
from messaging.feedback import signatures
from messaging.feedback.meaning import LABELS
from messaging.models import Connection

PROVIDERS = [("", "None of these: bounces and complaints are not heard of")] + [
    (esp, LABELS[esp]) for esp in signatures.CHECKS
]
KEYS = {
    "sendgrid": "SendGrid: the verification key of the Signed Event Webhook.",
    "ses": "Amazon SES: the ARN of the SNS topic, which subscribes to the address by HTTPS.",
    "mailgun": "Mailgun: the HTTP webhook signing key.",
    "postmark": "Postmark: user:password, as given to the webhook under “Basic auth”.",
    "resend": "Resend: the signing secret of the webhook, whsec_….",
    "brevo": "Brevo: the token that the webhook sends as a bearer.",
}
AGAIN = "Give the key of this provider: the one that is stored belongs to another."
NEEDED = "A provider needs its key: without one nothing could be believed."


def provider_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=PROVIDERS,
        required=False,
        label="Email provider",
        help_text="Whose server this is, so that bounces, complaints and unsubscribes come back.",
    )


def key_field() -> forms.CharField:
    return forms.CharField(
        max_length=400,
        required=False,
        label="Key of its webhooks",
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=" ".join(KEYS.values()),
    )


def start(config: Mapping[str, Any]) -> dict[str, str]:
    return {"esp": (config.get("feedback") or {}).get("esp", "")}


def config_of(form: forms.Form, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`feedback` as the form asks for it, the stored key where none was typed; None when something is missing."""
    esp, key = form.cleaned_data["esp"], form.cleaned_data["webhook_key"]
    if not esp:
        return {"feedback": None}
    before = (stored or {}).get("feedback") or {}
    if not key and before:
        if before.get("esp") != esp:
            form.add_error("webhook_key", AGAIN)
            return None
        return {"feedback": dict(before)}
    if not key:
        form.add_error("webhook_key", NEEDED)
        return None
    return {"feedback": {"esp": esp, "webhook_key": key}}


def hooks(connection: Connection) -> dict[str, Any]:
    """The address that the provider is to be given, what is wrong with the key, if that can be told, and what came."""
    feedback = connection.config.get("feedback") or {}
    if not feedback:
        return {}
    esp = feedback["esp"]
    return {
        "provider": LABELS[esp],
        "key": KEYS[esp],
        "address": f"{settings.HEED_BASE_URL}/hooks/email/{connection.pk}/{esp}/tracking",
        "fault": signatures.unusable(esp, feedback["webhook_key"]),
        "came": FeedbackEvent.objects.filter(connection=connection.pk, esp=esp).exists(),
        "unreadable": _unreadable(connection),
    }


def _unreadable(connection: Connection) -> dict[str, Any]:
    """How many signed reports could not be read, and when the last of them came. Only of those is no kind known."""
    events = FeedbackEvent.objects.filter(business=connection.business_id, kind="", connection=connection.pk)
    return events.filter(state=FeedbackEvent.State.UNREADABLE).aggregate(
        many=Count("pk"), last=Max("received_at")
    )
