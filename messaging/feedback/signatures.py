"""Did this provider send this? What cannot be shown is not so, whatever is wrong with it."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook

from messaging.feedback import sns

Headers = Mapping[str, str]


class NotVerified(Exception):
    """The request does not show that it comes from the provider."""


class Unavailable(Exception):
    """It may well be genuine, but what is needed to tell cannot be had right now."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """A request that the provider sent. `seal`: what is signed once, where the signature does not cover the body."""

    seal: str = ""


def verify(esp: str, key: str, headers: Headers, body: bytes) -> Genuine:
    """What shows that the request is this provider's. Raises NotVerified or Unavailable, and nothing else."""
    try:
        return CHECKS[esp](key, headers, body)
    except (NotVerified, Unavailable):
        raise
    except sns.NoCertificate as error:
        raise Unavailable(str(error)) from error
    except Exception as error:  # verifying libraries meet hostile input with exceptions of every kind
        raise NotVerified(type(error).__name__) from error


def _sendgrid(key: str, headers: Headers, body: bytes) -> Genuine:
    """ECDSA with SHA-256 over the time and the raw body ("Signed Event Webhook")."""
    signature = _bytes(headers["X-Twilio-Email-Event-Webhook-Signature"])
    timestamp = headers["X-Twilio-Email-Event-Webhook-Timestamp"].encode("ascii")
    _public_key(key).verify(signature, timestamp + body, ec.ECDSA(hashes.SHA256()))
    return Genuine()


@lru_cache(maxsize=256)
def _public_key(key: str) -> ec.EllipticCurvePublicKey:
    text = re.sub(r"-----[A-Z ]+-----|\s", "", key)
    public = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise NotVerified("The key is none of an elliptic curve.")
    return public


def _bytes(text: str) -> bytes:
    """What the text encodes, if it is the one way to write it: decoders take others, with padding to spare."""
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise NotVerified("There is another way to write this.")
    return decoded


def _mailgun(key: str, headers: Headers, body: bytes) -> Genuine:
    """HMAC with SHA-256 over time and token. The body is not signed, so the token is good for one body alone."""
    block = json.loads(body)["signature"]
    token, timestamp, signature = (_text(block[name]) for name in ("token", "timestamp", "signature"))
    made = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    _same(signature, made)
    return Genuine(seal=token[:100])


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise NotVerified("A part of the signature is missing.")
    return value


def _resend(key: str, headers: Headers, body: bytes) -> Genuine:
    """Svix, which is Standard Webhooks by other names of the headers."""
    names = ("id", "timestamp", "signature")
    prefix = "svix" if "svix-signature" in headers else "webhook"
    named = {f"webhook-{name}": headers[f"{prefix}-{name}"] for name in names}
    for version, _, signature in (each.partition(",") for each in named["webhook-signature"].split(" ")):
        if version == "v1":
            _bytes(signature)
    Webhook(key).verify(body, named, json_parse=False)
    return Genuine()


def _shared_secret(key: str, headers: Headers, body: bytes) -> Genuine:
    """`user:password` or a token, as HTTP basic authentication, as a bearer, or in the header X-Webhook-Token."""
    scheme, _, rest = headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "basic":
        given = _bytes(rest.strip()).decode()
        # A token stands alone in the password, whatever the user name beside it.
        return _same(given if ":" in key else given.partition(":")[2], key)
    if scheme.lower() == "bearer":
        return _same(rest.strip(), key)
    return _same(headers["X-Webhook-Token"], key)


def _ses(key: str, headers: Headers, body: bytes) -> Genuine:
    """Amazon SNS signs with its own certificate, for whoever has a topic there: so the topic must be ours as well."""
    message = json.loads(body)
    if key.startswith("arn:"):
        _same(_text(message["TopicArn"]), key)
    else:
        _shared_secret(key, headers, body)
    if not sns.is_signed(message):
        raise NotVerified("The signature does not match.")
    return Genuine()


def _same(given: str, wanted: str) -> Genuine:
    """In a time that tells nothing of where they differ."""
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise NotVerified("It does not match.")
    return Genuine()


def unusable(esp: str, key: str) -> str:
    """One sentence when nothing could ever be verified with this key; empty when it may be a right one."""
    try:
        if esp == "sendgrid":
            _public_key(key)
        elif esp == "resend":
            Webhook(key)
        elif esp == "ses" and not key.startswith("arn:"):
            raise NotVerified("Amazon signs for everybody's topics, so that the topic must be named.")
    except Exception:  # a key can be wrong in as many ways as a signature
        return "This key is none of this provider: every report would be refused."
    return ""


CHECKS: Mapping[str, Callable[[str, Headers, bytes], Genuine]] = {
    "sendgrid": _sendgrid,
    "ses": _ses,
    "mailgun": _mailgun,
    "postmark": _shared_secret,
    "resend": _resend,
    "brevo": _shared_secret,
}
