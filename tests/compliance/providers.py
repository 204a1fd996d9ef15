"""Events of email providers as they really come: signed by the provider's own key, in its own format."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

from messaging.feedback import sns
from messaging.models import Connection

TOPIC = "arn:aws:sns:us-east-1:123456789012:heed"
CERTIFICATE = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-" + "a" * 32 + ".pem"
SENDGRID = ec.generate_private_key(ec.SECP256R1())
AMAZON = rsa.generate_private_key(65537, 2048)
RESEND = "whsec_" + base64.b64encode(b"r" * 24).decode()
POSTMARK, BREVO, MAILGUN = "heed:a-password", "a-token-of-brevo", "key-of-mailgun"
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)

KEYS = {
    "sendgrid": base64.b64encode(
        SENDGRID.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).decode(),
    "ses": TOPIC,
    "mailgun": MAILGUN,
    "postmark": POSTMARK,
    "resend": RESEND,
    "brevo": BREVO,
}
ESPS = tuple(KEYS)


def certificate(key=AMAZON):
    """A certificate as Amazon's would be, for a key of ours."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = (
        built.serial_number(1)
        .not_valid_before(AT - timedelta(days=9))
        .not_valid_after(AT + timedelta(days=9))
    )
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def connect(business, esp, key=None):
    """An SMTP connection of the business that hears from this provider."""
    config = {
        "url": "smtp://127.0.0.1:25",
        "from_email": "clinic@example.org",
        "feedback": {"esp": esp, "webhook_key": key or KEYS[esp]},
    }
    return Connection.objects.create(business=business, channel="email", driver="smtp", config=config)


@dataclass
class Call:
    """A request as a provider makes it."""

    esp: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def post(self, client, connection, **changes):
        path = f"/hooks/email/{connection.pk}/{changes.get('esp', self.esp)}/tracking"
        headers = {**self.headers, **changes.get("headers", {})}
        return client.generic(
            "POST", path, changes.get("body", self.body), "application/json", headers=headers
        )


def call(esp, *events, at=None):
    """A signed request with these events."""
    return SIGN[esp](esp, list(events))


def _sendgrid(esp, events):
    body, stamp = json.dumps(events).encode(), "1763640000"
    signature = SENDGRID.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    prefix = "X-Twilio-Email-Event-Webhook-"
    headers = {f"{prefix}Signature": base64.b64encode(signature).decode(), f"{prefix}Timestamp": stamp}
    return Call(esp, body, headers)


def notification(message, version="2", kind="Notification", **more):
    """A message of SNS, signed with Amazon's key."""
    content = {
        "Type": kind,
        "MessageId": str(uuid4()),
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": AT.isoformat(),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        **more,
    }
    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
    signature = AMAZON.sign(sns.canonical(content), padding.PKCS1v15(), algorithm)
    return content | {"Signature": base64.b64encode(signature).decode()}


def _ses(esp, events):
    (event,) = events
    content = event if "SigningCertURL" in event else notification(json.dumps(event))
    return Call(esp, json.dumps(content).encode())


def _mailgun(esp, events):
    (event,) = events
    token, stamp = uuid4().hex, "1763640000"
    signature = hmac.new(MAILGUN.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    block = {"timestamp": stamp, "token": token, "signature": signature}
    return Call(esp, json.dumps({"signature": block, "event-data": event}).encode())


def _resend(esp, events):
    (event,) = events
    body, now, name = json.dumps(event), datetime.now(UTC), f"msg_{uuid4().hex}"
    signature = Webhook(RESEND).sign(name, now, body)
    stamp = str(int(now.timestamp()))
    return Call(esp, body.encode(), {"svix-id": name, "svix-timestamp": stamp, "svix-signature": signature})


def _postmark(esp, events):
    (event,) = events
    secret = base64.b64encode(POSTMARK.encode()).decode()
    return Call(esp, json.dumps(event).encode(), {"Authorization": f"Basic {secret}"})


def _brevo(esp, events):
    (event,) = events
    return Call(esp, json.dumps(event).encode(), {"Authorization": f"Bearer {BREVO}"})


SIGN = {
    "sendgrid": _sendgrid,
    "ses": _ses,
    "mailgun": _mailgun,
    "postmark": _postmark,
    "resend": _resend,
    "brevo": _brevo,
}
