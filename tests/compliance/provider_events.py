"""Events in the formats of email providers, as their manuals give them."""

import hashlib
import json
from uuid import uuid4

from tests.compliance.providers import AT, ESPS, notification


def event(esp, kind, address, *, message=None, at=AT, name=None):
    """One event of this kind in the provider's format, as its manual gives it."""
    return EVENTS[esp](kind, address, str(message) if message else None, at, name or uuid4().hex)


def _sendgrid_event(kind, address, message, at, name):
    words = {
        "hard_bounce": {
            "event": "bounce",
            "type": "bounce",
            "status": "5.1.1",
            "reason": "550 5.1.1 No such user",
        },
        "soft_bounce": {
            "event": "bounce",
            "type": "blocked",
            "status": "4.2.2",
            "reason": "452 mailbox full",
        },
        "suppressed": {"event": "dropped", "reason": "Bounced Address"},
        "complaint": {"event": "spamreport"},
        "unsubscribe": {"event": "unsubscribe"},
        "delivered": {"event": "delivered", "response": "250 OK"},
        "other": {"event": "open", "useragent": "Mozilla"},
    }[kind]
    ours = {"heed_message": message} if message else {}
    return {"email": address, "timestamp": int(at.timestamp()), "sg_event_id": name, **words, **ours}


def _ses_event(kind, address, message, at, name):
    recipient = [{"emailAddress": address, "diagnosticCode": "smtp; 550 5.1.1"}]
    words = {
        "hard_bounce": (
            "Bounce",
            {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": recipient},
        ),
        "soft_bounce": (
            "Bounce",
            {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": recipient},
        ),
        "suppressed": (
            "Bounce",
            {
                "bounceType": "Permanent",
                "bounceSubType": "OnAccountSuppressionList",
                "bouncedRecipients": recipient,
            },
        ),
        "complaint": ("Complaint", {"complainedRecipients": recipient, "complaintFeedbackType": "abuse"}),
        "delivered": ("Delivery", {"recipients": [address], "smtpResponse": "250 OK"}),
        "other": ("Open", {"userAgent": "Mozilla"}),
    }[kind]
    tags = {"tags": {"heed_message": [message]}} if message else {}
    mail = {"messageId": name, "destination": [address], "headers": [], **tags}
    content = {"eventType": words[0], "mail": mail, words[0].lower(): words[1]}
    return notification(json.dumps(content), MessageId=name, Timestamp=at.isoformat())


def _mailgun_event(kind, address, message, at, name):
    words = {
        "hard_bounce": {
            "event": "failed",
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": "5.1.1"},
        },
        "failed": {
            "event": "failed",
            "severity": "permanent",
            "reason": "generic",
            "delivery-status": {"code": 554, "message": "5.0.0"},
        },
        "soft_bounce": {
            "event": "failed",
            "severity": "temporary",
            "reason": "generic",
            "delivery-status": {"code": 452},
        },
        "suppressed": {
            "event": "failed",
            "severity": "permanent",
            "reason": "suppress-bounce",
            "delivery-status": {"code": 605},
        },
        "complaint": {"event": "complained"},
        "unsubscribe": {"event": "unsubscribed"},
        "delivered": {"event": "delivered", "delivery-status": {"code": 250}},
        "other": {"event": "opened"},
    }[kind]
    ours = {"user-variables": {"heed_message": message}} if message else {}
    headers = {"headers": {"message-id": "x@mg"}}
    return {
        "id": name,
        "timestamp": at.timestamp(),
        "recipient": address,
        "message": headers,
        **words,
        **ours,
    }


def _postmark_event(kind, address, message, at, name):
    number = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)
    bounce = {
        "RecordType": "Bounce",
        "ID": number,
        "Email": address,
        "BouncedAt": at.isoformat(),
        "Description": "…",
    }
    change = {
        "RecordType": "SubscriptionChange",
        "Recipient": address,
        "ChangedAt": at.isoformat(),
        "SuppressSending": True,
        "Origin": "Recipient",
    }
    words = {
        "hard_bounce": bounce | {"Type": "HardBounce"},
        "failed": bounce | {"Type": "Unknown"},
        "soft_bounce": bounce | {"Type": "SoftBounce"},
        "suppressed": bounce | {"Type": "ManuallyDeactivated"},
        "complaint": bounce | {"RecordType": "SpamComplaint", "Type": "SpamComplaint"},
        "unsubscribe": change | {"SuppressionReason": "ManualSuppression"},
        "delivered": {"RecordType": "Delivery", "Recipient": address, "DeliveredAt": at.isoformat()},
        "other": {"RecordType": "Open", "Recipient": address, "ReceivedAt": at.isoformat()},
    }[kind]
    return words | {"MessageID": name, "Metadata": {"heed_message": message} if message else {}}


def _resend_event(kind, address, message, at, name):
    words = {
        "hard_bounce": (
            "bounced",
            {"bounce": {"type": "Permanent", "subType": "General", "message": "a hard bounce message"}},
        ),
        "failed": ("failed", {"failed": {"reason": "invalid_recipient"}}),
        "soft_bounce": (
            "bounced",
            {"bounce": {"type": "Transient", "subType": "General", "message": "a general bounce message"}},
        ),
        "suppressed": (
            "bounced",
            {
                "bounce": {
                    "type": "Permanent",
                    "subType": "Suppressed",
                    "message": "Resend has suppressed sending",
                }
            },
        ),
        "complaint": ("complained", {}),
        "delivered": ("delivered", {}),
        "other": ("opened", {}),
    }[kind]
    ours = [{"name": "X-Metadata", "value": json.dumps({"heed_message": message})}] if message else []
    data = {"email_id": name, "to": [address], "headers": ours, **words[1]}
    return {"type": f"email.{words[0]}", "created_at": at.isoformat(), "data": data}


def _brevo_event(kind, address, message, at, name):
    words = {
        "hard_bounce": "hard_bounce",
        "failed": "error",
        "soft_bounce": "soft_bounce",
        "suppressed": "blocked",
        "complaint": "spam",
        "unsubscribe": "unsubscribed",
        "delivered": "delivered",
        "other": "opened",
    }[kind]
    ours = {"X-Mailin-custom": json.dumps({"heed_message": message})} if message else {}
    stamp = int(at.timestamp() * 1000)
    return {"event": words, "email": address, "message-id": name, "ts_epoch": stamp, "reason": "…", **ours}


EVENTS = {
    "sendgrid": _sendgrid_event,
    "ses": _ses_event,
    "mailgun": _mailgun_event,
    "postmark": _postmark_event,
    "resend": _resend_event,
    "brevo": _brevo_event,
}
KINDS = (
    "hard_bounce",
    "failed",
    "soft_bounce",
    "suppressed",
    "complaint",
    "unsubscribe",
    "delivered",
    "other",
)
LACKING = {"sendgrid": {"failed"}, "ses": {"failed", "unsubscribe"}, "resend": {"unsubscribe"}}
"""What a provider never reports."""


def pairs():
    """Each provider with each kind of event that it has."""
    return [(esp, kind) for esp in ESPS for kind in KINDS if kind not in LACKING.get(esp, ())]
