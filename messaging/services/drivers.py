"""What each driver's config must be, and what of it may be shown."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from contacts import phones
from contacts.models import Business
from contacts.words import Channel
from messaging import network, smtp_url

Config = dict[str, Any]
Errors = dict[str, str]

CHANNELS = {
    "twilio": ("sms", "call", "whatsapp", "facebook"),
    "smtp": ("email",),
    "http": ("gmb", "sms", "call", "whatsapp", "facebook"),
}
"""The channels that each driver carries. What http posts has no place for an email's subject and its links."""
FEEDBACK = ("sendgrid", "ses", "mailgun", "postmark", "resend", "brevo")
NEEDED = "This is needed."
SPACES = "An auth token has no spaces: copy it from the Twilio console."
DOTS = "••••"
PASSWORD_AGAIN = "Give the password again: the one that is stored belongs to the server as it was."  # noqa: S105
TOKEN_AGAIN = "Give the auth token in full, or leave it out: what is shown of the stored one is no token."  # noqa: S105
KEY_AGAIN = "Give the key of this provider: what is shown of the stored one is no key."

ACCOUNT_SID = re.compile(r"[A-Za-z0-9_-]{2,64}")
TOKEN = re.compile(r"[!-~]{1,200}")
PAGE_ID = re.compile(r"[0-9]{1,40}")
URL = re.compile(r"https?://[!-~]+")
PORTS = {"http": 80, "https": 443}
ENDPOINT = "This is not an address that can be called: give one such as https://example.org/messages."
KEY = "This is not a key: give base64, such as the secret that begins with whsec_."


def _clean_twilio(business: Business, channel: str, given: Mapping[str, Any], errors: Errors) -> Config:
    account, token = _text(given, "account_sid"), _text(given, "auth_token")
    if account and not ACCOUNT_SID.fullmatch(account):
        errors["account_sid"] = "An account SID has only letters and digits: copy it from the Twilio console."
    if token and not TOKEN.fullmatch(token):
        errors["auth_token"] = TOKEN_AGAIN if token.startswith(DOTS) else SPACES
    sender = _text(given, "from_number")
    read = _page if channel == Channel.FACEBOOK else _number
    return {
        "account_sid": account,
        "auth_token": token,
        "from_number": sender and read(business, sender, errors),
    }


def _number(business: Business, text: str, errors: Errors) -> str:
    """A number to send from; WhatsApp's may be given as Twilio writes it."""
    try:
        return phones.parse(text.removeprefix("whatsapp:"), business.country)
    except phones.NotAPhone as error:
        errors["from_number"] = str(error)
        return text


def _page(business: Business, text: str, errors: Errors) -> str:
    """The id of a Facebook page, which is what Messenger sends from."""
    page = text.removeprefix("messenger:")
    if not PAGE_ID.fullmatch(page):
        errors["from_number"] = "Messenger sends from a Facebook page: give the id of the page, all digits."
    return page


def _clean_http(business: Business, channel: str, given: Mapping[str, Any], errors: Errors) -> Config:
    url, secret = _text(given, "url"), _text(given, "secret")
    if url and (wrong := _no_endpoint(url)):
        errors["url"] = wrong
    if secret and not _is_key(secret):
        errors["secret"] = KEY
    return {"url": url, "secret": secret}


def _no_endpoint(url: str) -> str:
    """Why nothing can be posted there; a name that cannot be looked up now is believed, as that of a mail server."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        host.encode("idna")
        if parts.username or parts.password:
            return "Leave the user name and password out: the signature says who is calling."
        if not host or not URL.fullmatch(url) or parts.fragment:
            return ENDPOINT
        if not settings.HEED_ALLOW_PRIVATE_NETWORKS:
            network.look_up(host, port)
    except network.NotAllowed as error:
        return str(error)
    except (ValueError, KeyError):
        return ENDPOINT
    except OSError:
        return ""
    return ""


def _is_key(secret: str) -> bool:
    """Whether it is a key as Standard Webhooks writes them: base64, mostly after `whsec_`."""
    encoded = secret.removeprefix("whsec_").rstrip("=")
    try:
        return bool(base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True))
    except ValueError:
        return False


def _clean_smtp(business: Business, channel: str, given: Mapping[str, Any], errors: Errors) -> Config:
    url, sender = _text(given, "url"), _text(given, "from_email").lower()
    if url and (wrong := _unusable(url)):
        errors["url"] = wrong
    try:
        validate_email(sender or "nobody@example.org")
        sender.encode("ascii")
    except (ValidationError, UnicodeError):
        errors["from_email"] = "This is not an email address: give one such as hello@example.org."
    cleaned: Config = {"url": url, "from_email": sender}
    if given.get("feedback"):
        cleaned["feedback"] = _clean_feedback(given["feedback"], errors)
    return cleaned


def _unusable(url: str) -> str:
    """Why this server cannot be used. One whose name cannot be looked up now is believed: its calls look again."""
    try:
        server = smtp_url.read(url)
        if server.password == smtp_url.HIDDEN:
            return PASSWORD_AGAIN
        if not settings.HEED_ALLOW_PRIVATE_NETWORKS:
            network.look_up(server.host, server.port)
    except (smtp_url.NotAServer, network.NotAllowed) as error:
        return str(error)
    except OSError:
        return ""
    return ""


def _clean_feedback(given: Any, errors: Errors) -> Config:
    if not isinstance(given, Mapping):
        errors["feedback"] = "This has the fields esp and webhook_key."
        return {}
    errors.update(
        {f"feedback.{name}": "Unknown field." for name in given if name not in ("esp", "webhook_key")}
    )
    if given.get("esp") not in FEEDBACK:
        errors["feedback.esp"] = f"Use one of {', '.join(FEEDBACK)}."
    key = _text(given, "webhook_key")
    if not key:
        errors["feedback.webhook_key"] = NEEDED
    elif key.startswith(DOTS):
        errors["feedback.webhook_key"] = KEY_AGAIN
    return {"esp": given.get("esp"), "webhook_key": key}


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value.strip() if isinstance(value, str) else ""


CLEAN: dict[str, Callable[[Business, str, Mapping[str, Any], Errors], Config]] = {
    "twilio": _clean_twilio,
    "smtp": _clean_smtp,
    "http": _clean_http,
}
FIELDS = {
    "twilio": ("account_sid", "auth_token", "from_number"),
    "smtp": ("url", "from_email", "feedback"),
    "http": ("url", "secret"),
}
OPTIONAL = ("feedback",)


def clean(business: Business, channel: str, driver: str, given: Mapping[str, Any]) -> tuple[Config, Errors]:
    """The config in the form in which it is kept, and what is wrong with it, by the name of the field."""
    errors: Errors = {name: "Unknown field." for name in given if name not in FIELDS[driver]}
    for name in FIELDS[driver]:
        value = given.get(name)
        if value is not None and not isinstance(value, Mapping if name in OPTIONAL else str):
            errors[name] = "An object is needed." if name in OPTIONAL else "A text is needed."
        elif isinstance(value, str) and len(value) > 400:
            errors[name] = "This is longer than 400 characters."
    cleaned = CLEAN[driver](business, channel, given, errors)
    for name in FIELDS[driver]:
        if not cleaned.get(name) and name not in OPTIONAL:
            errors.setdefault(name, NEEDED)
    return cleaned, errors


def shown(driver: str, config: Mapping[str, Any]) -> Config:
    """The config with dots for what is secret."""
    visible = dict(config)
    if driver == "twilio":
        visible["auth_token"] = _dotted(config["auth_token"])
    if driver == "http":
        visible["secret"] = _dotted(config["secret"])
    if driver == "smtp":
        visible["url"] = smtp_url.hide_password(config["url"])
        if feedback := config.get("feedback"):
            visible["feedback"] = {**feedback, "webhook_key": _dotted(feedback["webhook_key"])}
    return visible


def _dotted(secret: str) -> str:
    return DOTS + (secret[-4:] if len(secret) >= 16 else "")


def merged(driver: str, config: Mapping[str, Any], given: Mapping[str, Any]) -> Config:
    """`config` with what was given put in. What comes back as it was shown, dots and all, stays as it was."""
    as_shown = shown(driver, config)
    return {**config, **{name: value for name, value in given.items() if value != as_shown.get(name)}}
