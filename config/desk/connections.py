"""A business's ways out: adding, editing, disconnecting. Credentials go in and are never shown again."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from config.desk import email_feedback, finding, site
from config.desk.settings_pages import blame, form_page, get_or_post
from contacts.acting import actor_of, business_of
from contacts.services import staff
from contacts.services.errors import Conflict, Invalid
from contacts.words import Channel
from messaging import services as messaging
from messaging import smtp_url
from messaging.models import Connection

KEEP = "Leave it empty to keep the one that is stored."
AGAIN = "Give the password again: the one that is stored belongs to the server as it was."


class TwilioForm(forms.Form):
    """SMS by Twilio."""

    account_sid = forms.CharField(max_length=64, label="Account SID")
    auth_token = forms.CharField(
        max_length=200, label="Auth token", widget=forms.PasswordInput({"autocomplete": "off"})
    )
    from_number = forms.CharField(max_length=40, label="From number", widget=forms.TextInput({"type": "tel"}))

    @staticmethod
    def start(config: Mapping[str, Any]) -> dict[str, Any]:
        return {"account_sid": config["account_sid"], "from_number": config["from_number"]}

    def config(self, stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
        given = dict(self.cleaned_data)
        if stored and not given["auth_token"]:
            del given["auth_token"]
        return given


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


FORMS: dict[str, type[TwilioForm] | type[SmtpForm]] = {"twilio": TwilioForm, "smtp": SmtpForm}
TITLES = {"twilio": "SMS by Twilio", "smtp": "Email by a mail server"}
SECRET = {"auth_token", "password", "webhook_key"}
DONE = {
    "disconnect": "Disconnected. Messages on this channel wait until it is connected again.",
    "connect": "Connected. What waited is sent now.",
    "remove": "Removed. Messages on this channel are not sent any more.",
}
NAMES = {
    "config.url": "host",
    "config.feedback": "esp",
    "config.feedback.esp": "esp",
    "config.feedback.webhook_key": "webhook_key",
}
"""The field of the form for each path of a config that is called otherwise."""
CHANNEL = {"twilio": Channel.SMS.value, "smtp": Channel.EMAIL.value}


def _saved(
    form: TwilioForm | SmtpForm, stored: Mapping[str, Any] | None, do: Callable[[dict[str, Any]], Any]
) -> bool:
    """Whether `do` took the config; what it refused stands at the fields of the form."""
    config = form.config(stored) if form.is_valid() else None
    if config is None:
        return False
    try:
        do(config)
    except Invalid as invalid:
        names = {field: NAMES.get(field, field.removeprefix("config.")) for field in invalid.errors}
        blame(form, {names[field]: sentence for field, sentence in invalid.errors.items()})
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    return not form.errors


@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    """Choose a kind, fill in its form, and the channel is connected."""
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    driver = request.GET.get("driver", "")
    if driver not in FORMS:
        return _kinds(request)
    form = FORMS[driver](request.POST if request.method == "POST" else None)

    def make(config: dict[str, Any]) -> None:
        messaging.create_connection(
            business=business, channel=CHANNEL[driver], driver=driver, config=config, by=by
        )

    if request.method == "POST" and _saved(form, None, make):
        messages.success(request, "Connected.")
        return redirect("admin:messaging_connection_changelist")
    return form_page(request, form, title=TITLES[driver], back=_list(), save="Connect")


def _kinds(request: HttpRequest) -> HttpResponse:
    taken = set(Connection.objects.filter(business=business_of(request)).values_list("channel", flat=True))
    kinds = [{"driver": name, "title": TITLES[name], "taken": CHANNEL[name] in taken} for name in FORMS]
    return site.page(request, "desk/connection_kinds.html", {"kinds": kinds}, title="Add a connection")


@get_or_post
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    by = actor_of(request)
    staff.need_enterprise(by)
    connection = finding.one(Connection.objects.filter(business=business_of(request)), pk)
    if connection.driver not in FORMS:
        raise Http404
    kind = FORMS[connection.driver]
    form = kind(request.POST if request.method == "POST" else None, initial=kind.start(connection.config))
    for name in SECRET & set(form.fields):
        form.fields[name].required = False
        form.fields[name].help_text = f"{form.fields[name].help_text} {KEEP}".strip()

    def change(config: dict[str, Any]) -> None:
        messaging.update_connection(connection=connection, config=config, by=by)

    if request.method == "POST" and _saved(form, connection.config, change):
        messages.success(request, "Saved. It counts from the next message on.")
        return redirect("admin:messaging_connection_changelist")
    below = {
        "connection": connection,
        "template": "desk/parts/connection_below.html",
        "hooks": _hooks(connection),
        "feedback": email_feedback.hooks(connection),
    }
    return form_page(request, form, title=TITLES[connection.driver], back=_list(), below=below)


def _hooks(connection: Connection) -> list[tuple[str, str]]:
    """What Twilio is to be given for a number, so that texts and calls come in. The end of the first asks it to try
    again, for as long as it can, when we do not answer."""
    if connection.driver != Connection.Driver.TWILIO:
        return []
    of_it = f"{settings.HEED_BASE_URL}/hooks/twilio/{connection.pk}"
    return [
        ("A message comes in", f"{of_it}/message#rc=5&rp=all"),
        ("A call comes in", f"{of_it}/voice#rc=5&rp=all"),
    ]


@get_or_post
def switch(request: HttpRequest, pk: str) -> HttpResponse:
    """Disconnect, connect again, or take the connection away; GET asks before it is taken away."""
    by = actor_of(request)
    staff.need_enterprise(by)
    connection = finding.one(Connection.objects.filter(business=business_of(request)), pk)
    do = request.POST.get("do", "")
    if do not in DONE:
        return site.page(
            request, "desk/connection_remove.html", {"connection": connection}, title=f"Remove {connection}?"
        )
    if do == "remove":
        messaging.delete_connection(connection=connection, by=by)
    elif do == "disconnect":
        messaging.disconnect(connection=connection, by=by)
    else:
        messaging.connect(connection=connection, by=by)
    messages.success(request, DONE[do])
    return redirect("admin:messaging_connection_changelist")


def _list() -> tuple[str, str]:
    return reverse("admin:messaging_connection_changelist"), "Connections"
