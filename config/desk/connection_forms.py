"""The forms of connections, one for each way of carrying a channel. Credentials go in and are never shown again."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django import forms

from config.desk import email_feedback
from contacts.words import Channel
from messaging import smtp_url

AGAIN = "Give the password again: the one that is stored belongs to the server as it was."
KEY_AGAIN = "Give the secret again: the one that is stored belongs to the endpoint as it was."
TOKEN_AGAIN = "Give the auth token of this account: the one that is stored belongs to another."  # noqa: S105
SENDS_FROM = {
    "sms": ("From number", "The Twilio number that texts come from."),
    "call": ("From number", "The Twilio number that calls come from."),
    "whatsapp": ("WhatsApp number", "The number that is approved for WhatsApp in your Twilio account."),
    "facebook": ("Facebook page id", "The page that Messenger writes from, all digits."),
}


class TwilioForm(forms.Form):
    """A channel by Twilio. `shared`: the config of another connection, whose account may be used here too."""

    account_sid = forms.CharField(max_length=64, label="Account SID")
    auth_token = forms.CharField(
        max_length=200, label="Auth token", widget=forms.PasswordInput({"autocomplete": "off"})
    )
    from_number = forms.CharField(max_length=60)

    def __init__(
        self, *args: Any, channel: str, shared: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shared = shared or {}
        sender = self.fields["from_number"]
        sender.label, sender.help_text = SENDS_FROM[channel]
        if channel != Channel.FACEBOOK:
            sender.widget.input_type = "tel"
        if shared:
            self.fields["account_sid"].initial = shared["account_sid"]
            self.fields["auth_token"].required = False
            self.fields["auth_token"].help_text = "Leave it empty to use the account that you have connected."
            if channel in (Channel.SMS, Channel.CALL):
                sender.initial = shared["from_number"]

    @staticmethod
    def start(config: Mapping[str, Any]) -> dict[str, Any]:
        return {"account_sid": config["account_sid"], "from_number": config["from_number"]}

    def config(self, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
        given = dict(self.cleaned_data)
        if given["auth_token"]:
            return given
        if stored:
            del given["auth_token"]
            return given
        if given["account_sid"].strip() != self.shared.get("account_sid"):
            self.add_error("auth_token", TOKEN_AGAIN)
            return None
        return given | {"auth_token": self.shared["auth_token"]}


class SmtpForm(forms.Form):
    """Email by a mail server."""

    host = forms.CharField(max_length=253, label="Mail server", help_text="Such as mail.example.org.")
    port = forms.IntegerField(min_value=1, max_value=65535, label="Port", initial=587)
    tls = forms.ChoiceField(
        choices=[
            ("smtp", "STARTTLS, where the server offers it"),
            ("smtps", "TLS from the first byte (port 465)"),
        ],
        label="Encryption",
    )
    user = forms.CharField(
        max_length=200, required=False, label="User name", widget=forms.TextInput({"autocomplete": "off"})
    )
    password = forms.CharField(
        max_length=200, required=False, label="Password", widget=forms.PasswordInput({"autocomplete": "off"})
    )
    from_email = forms.CharField(
        max_length=254, label="From address", help_text="Contacts see it as the sender."
    )
    esp = email_feedback.provider_field()
    webhook_key = email_feedback.key_field()

    def __init__(self, *args: Any, channel: str, shared: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    @staticmethod
    def start(config: Mapping[str, Any]) -> dict[str, Any]:
        server = smtp_url.read(config["url"])
        return {
            "host": server.host,
            "port": server.port,
            "tls": "smtps" if server.tls else "smtp",
            "user": server.user,
            "from_email": config["from_email"],
            **email_feedback.start(config),
        }

    def config(self, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """None when a stored password would go to a server, or a stored key to a provider, it was not given for."""
        given = self.cleaned_data
        feedback = email_feedback.config_of(self, stored)
        if feedback is None:
            return None
        config = {"from_email": given["from_email"], **feedback}
        if stored and not given["password"] and smtp_url.read(stored["url"]).password:
            before = self.start(stored)
            if any(given[name] != before[name] for name in ("host", "port", "tls", "user")):
                self.add_error("password", AGAIN)
                return None
            return config
        login = ":".join(quote(given[name], safe="") for name in ("user", "password") if given[name])
        return config | {
            "url": f"{given['tls']}://{login}{'@' if login else ''}{given['host']}:{given['port']}"
        }


class HttpForm(forms.Form):
    """A channel by an endpoint of the business's own."""

    url = forms.CharField(
        max_length=400,
        label="Address of the endpoint",
        help_text="Each message is posted there as JSON: id, channel, to and body. An answer of 2xx takes it.",
        widget=forms.TextInput({"type": "url", "placeholder": "https://example.org/messages"}),
    )
    secret = forms.CharField(
        max_length=200,
        label="Secret",
        help_text="Give your endpoint the same one: by it, it knows that a message is yours (Standard Webhooks).",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, channel: str, shared: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].initial = new_secret

    @staticmethod
    def start(config: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": config["url"], "secret": ""}

    def config(self, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """None when a stored secret would sign for an endpoint that it was not given for."""
        given = dict(self.cleaned_data)
        if stored and not given["secret"]:
            if given["url"] != stored["url"]:
                self.add_error("secret", KEY_AGAIN)
                return None
            del given["secret"]
        return given


def new_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


AnyForm = TwilioForm | SmtpForm | HttpForm
FORMS: dict[str, Callable[..., AnyForm]] = {"twilio": TwilioForm, "smtp": SmtpForm, "http": HttpForm}
START: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "twilio": TwilioForm.start,
    "smtp": SmtpForm.start,
    "http": HttpForm.start,
}
SECRET = {"auth_token", "password", "webhook_key", "secret"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of carrying a channel, as people are offered it."""

    channel: str
    driver: str
    title: str
    icon: str
    about: str


GMB_ENDED = (
    "Google ended its messaging service in 2024. What contacts have asked for is still kept, and messages can be "
    "handed to an endpoint of your own."
)
USUAL = (
    Way("sms", "twilio", "SMS by Twilio", "sms", "Texts to phones."),
    Way("email", "smtp", "Email by a mail server", "mail", "Emails by the server that you have."),
    Way(
        "call",
        "twilio",
        "Calls by Twilio",
        "call",
        "The text is spoken. Pressing 9 stops such calls for good.",
    ),
    Way("whatsapp", "twilio", "WhatsApp by Twilio", "chat", "Messages to phones that have WhatsApp."),
    Way("facebook", "twilio", "Facebook Messenger by Twilio", "forum", "To contacts who have a Facebook id."),
    Way("gmb", "http", "Google Business by an endpoint", "storefront", GMB_ENDED),
)
OWN = tuple(
    Way(channel, "http", f"{Channel(channel).label} by an endpoint", "webhook", "")
    for channel in ("sms", "call", "whatsapp", "facebook")
)


def way(channel: str, driver: str) -> Way | None:
    """The way that this pair names; where only a driver is named, its usual channel."""
    wanted = [one for one in (*USUAL, *OWN) if one.driver == driver and channel in ("", one.channel)]
    return wanted[0] if wanted else None
