"""What an event of a provider means to us. django-anymail reads the formats; here their words become ours."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from django.http import HttpRequest

from compliance.models import FeedbackEvent
from contacts.moments import within_reach
from messaging.feedback import metadata, sns

Kind = FeedbackEvent.Kind
NUMBER = re.compile(r"[0-9]{1,18}")
LABELS = {
    "sendgrid": "SendGrid",
    "ses": "Amazon SES",
    "mailgun": "Mailgun",
    "postmark": "Postmark",
    "resend": "Resend",
    "brevo": "Brevo",
    "smtp": "email server",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What happened to one email at one address. `message`: our own, if the event names it."""

    kind: str
    address: str
    at: datetime | None = None
    message: int | None = None
    detail: str = ""


def read(esp: str, content: Mapping[str, Any]) -> list[Report]:
    """What an event reports. Whatever it raises means that it cannot be read."""
    if esp == "ses" and content["Type"] != "Notification":
        return []
    return [_report(esp, event) for event in PARSERS[esp](content)]


def _bare(view: type[Any]) -> Any:
    """Anymail's view without its set-up, which asks for settings and keys: only its reading is wanted."""
    return object.__new__(view)


def _ses(content: Mapping[str, Any]) -> list[AnymailTrackingEvent]:
    text = content["Message"]
    if text == "Successfully validated SNS topic for Amazon SES event publishing.":
        return []
    notification = sns.json_of(text)
    events: list[AnymailTrackingEvent] = _bare(AmazonSESTrackingWebhookView).esp_to_anymail_events(
        notification, content
    )
    return events


def _resend(content: Mapping[str, Any]) -> list[AnymailTrackingEvent]:
    return [_bare(ResendTrackingWebhookView).esp_to_anymail_event(content, HttpRequest())]


def _single(view: type[Any]) -> Callable[[Mapping[str, Any]], list[AnymailTrackingEvent]]:
    return lambda content: [_bare(view).esp_to_anymail_event(content)]


PARSERS: Mapping[str, Callable[[Mapping[str, Any]], list[AnymailTrackingEvent]]] = {
    "sendgrid": _single(SendGridTrackingWebhookView),
    "ses": _ses,
    "mailgun": _single(MailgunTrackingWebhookView),
    "postmark": _single(PostmarkTrackingWebhookView),
    "resend": _resend,
    "brevo": _single(BrevoTrackingWebhookView),
}


def _report(esp: str, event: AnymailTrackingEvent) -> Report:
    kind = OWN_WORDS[esp](event) or GENERAL.get(event.event_type, Kind.OTHER)
    said = event.description or event.mta_response or event.event_type
    return Report(
        kind=str(kind),
        address=_address(event.recipient),
        at=_moment(event.timestamp),
        message=_message(esp, event),
        detail=_clean(said),
    )


def _moment(at: datetime | None) -> datetime | None:
    return at if at and within_reach(at) else None


def _clean(said: object) -> str:
    """Without what a database cannot keep."""
    return " ".join(str(said).replace("\x00", "").encode(errors="replace").decode().split())[:400]


def _address(text: object) -> str:
    if not isinstance(text, str):
        return ""
    address = text.strip().strip("<>").lower()
    return address if "@" in address and len(address) <= 254 and address.isprintable() else ""


def _message(esp: str, event: AnymailTrackingEvent) -> int | None:
    found = event.metadata.get(metadata.NAME) if isinstance(event.metadata, Mapping) else None
    if esp == "ses" and found is None:
        found = _ses_tag(event.esp_event)
    return int(found) if isinstance(found, str | int) and NUMBER.fullmatch(str(found)) else None


def _ses_tag(event: Mapping[str, Any]) -> object:
    """Event publishing gives our message's tags back, each with a list of values."""
    values = (event.get("mail", {}).get("tags") or {}).get(metadata.NAME)
    return values[0] if values else None


GENERAL: Mapping[str, str] = {
    EventType.DELIVERED: Kind.DELIVERED,
    EventType.BOUNCED: Kind.HARD_BOUNCE,
    EventType.COMPLAINED: Kind.COMPLAINT,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBE,
    EventType.FAILED: Kind.FAILED,
}
"""What holds wherever a provider's own words, below, say nothing finer."""


def _of_sendgrid(event: AnymailTrackingEvent) -> str | None:
    """https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""
    content = event.esp_event
    if content["event"] == "bounce":
        return Kind.SOFT_BOUNCE if content.get("type") in ("blocked", "expired") else Kind.HARD_BOUNCE
    if content["event"] != "dropped":
        return None
    why = str(content.get("reason") or content.get("type") or "").lower()
    if why.startswith("invalid") and "smtpapi" not in why:
        return Kind.HARD_BOUNCE
    on_list = ("bounced address", "unsubscribed address", "spam reporting address", "bounce")
    return Kind.SUPPRESSED if why.startswith(on_list) else Kind.OTHER


def _of_ses(event: AnymailTrackingEvent) -> str | None:
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html"""
    content = event.esp_event
    if bounce := content.get("bounce"):
        if bounce.get("bounceSubType") in ("Suppressed", "OnAccountSuppressionList"):
            return Kind.SUPPRESSED
        return Kind.HARD_BOUNCE if bounce.get("bounceType") == "Permanent" else Kind.SOFT_BOUNCE
    if (content.get("complaint") or {}).get("complaintSubType") == "OnAccountSuppressionList":
        return Kind.SUPPRESSED
    # What could not be rendered, or was rejected for a virus, says nothing of the address.
    return Kind.OTHER if "failure" in content or "reject" in content else None


def _of_mailgun(event: AnymailTrackingEvent) -> str | None:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events/events"""
    data = event.esp_event["event-data"]
    if data["event"] == "rejected":
        return Kind.OTHER
    if data["event"] != "failed":
        return None
    if str(data.get("reason", "")).startswith("suppress-"):
        return Kind.SUPPRESSED
    if data.get("severity") == "temporary" or data.get("reason") in ("old", "espblock"):
        return Kind.SOFT_BOUNCE
    code = (data.get("delivery-status") or {}).get("code")
    return Kind.FAILED if data.get("reason") == "generic" and code not in (550, 551) else Kind.HARD_BOUNCE


def _of_postmark(event: AnymailTrackingEvent) -> str | None:
    """https://postmarkapp.com/developer/webhooks/bounce-webhook, …/subscription-change-webhook"""
    content = event.esp_event
    if content.get("RecordType") == "SubscriptionChange":
        if not content.get("SuppressSending"):
            return Kind.OTHER
        return POSTMARK_SUPPRESSED.get(
            (content.get("SuppressionReason"), content.get("Origin")), Kind.SUPPRESSED
        )
    return POSTMARK_BOUNCES.get(content.get("Type", "")) if "Type" in content else None


POSTMARK_SUPPRESSED: Mapping[tuple[object, object], str] = {
    ("ManualSuppression", "Recipient"): Kind.UNSUBSCRIBE,
    ("SpamComplaint", "Recipient"): Kind.COMPLAINT,
    ("HardBounce", "Recipient"): Kind.HARD_BOUNCE,
}
POSTMARK_BOUNCES: Mapping[str, str] = {
    "HardBounce": Kind.HARD_BOUNCE,
    "BadEmailAddress": Kind.HARD_BOUNCE,
    "SoftBounce": Kind.SOFT_BOUNCE,
    "Transient": Kind.SOFT_BOUNCE,
    "DnsError": Kind.SOFT_BOUNCE,
    "Blocked": Kind.SOFT_BOUNCE,
    "Unknown": Kind.FAILED,
    "ManuallyDeactivated": Kind.SUPPRESSED,
    "Unconfirmed": Kind.SUPPRESSED,
    "SpamNotification": Kind.COMPLAINT,
    "SpamComplaint": Kind.COMPLAINT,
    "Unsubscribe": Kind.UNSUBSCRIBE,
    "VirusNotification": Kind.OTHER,
    "DMARCPolicy": Kind.OTHER,
    "SMTPApiError": Kind.OTHER,
    "TemplateRenderingFailed": Kind.OTHER,
}


def _of_resend(event: AnymailTrackingEvent) -> str | None:
    """https://resend.com/docs/dashboard/webhooks/event-types"""
    content = event.esp_event
    match content["type"]:
        case "email.suppressed":
            return Kind.SUPPRESSED
        case "email.failed":
            why = str((content.get("data", {}).get("failed") or {}).get("reason", ""))
            return Kind.OTHER if "quota" in why or "domain" in why or "api" in why else Kind.FAILED
        case "email.bounced":
            bounce = content.get("data", {}).get("bounce") or {}
            if "uppress" in str(bounce.get("subType", "")) or event.reject_reason == RejectReason.BLOCKED:
                return Kind.SUPPRESSED
            return (
                Kind.SOFT_BOUNCE if bounce.get("type") in ("Transient", "Undetermined") else Kind.HARD_BOUNCE
            )
    return None


def _of_brevo(event: AnymailTrackingEvent) -> str | None:
    """https://developers.brevo.com/docs/transactional-webhooks"""
    return BREVO.get(event.esp_event.get("event", ""))


BREVO: Mapping[str, str] = {
    "hard_bounce": Kind.HARD_BOUNCE,
    "invalid_email": Kind.HARD_BOUNCE,
    "soft_bounce": Kind.SOFT_BOUNCE,
    "blocked": Kind.SUPPRESSED,
    "error": Kind.FAILED,
    "spam": Kind.COMPLAINT,
    "complaint": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBE,
    "unsubscribe": Kind.UNSUBSCRIBE,
}

OWN_WORDS: Mapping[str, Callable[[AnymailTrackingEvent], str | None]] = {
    "sendgrid": _of_sendgrid,
    "ses": _of_ses,
    "mailgun": _of_mailgun,
    "postmark": _of_postmark,
    "resend": _of_resend,
    "brevo": _of_brevo,
}
