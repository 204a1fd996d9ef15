"""A business's ways out: how each fares, adding, editing, trying, disconnecting and connecting again."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from config.desk import email_feedback, finding, site
from config.desk.connection_forms import FORMS, GMB_ENDED, OWN, SECRET, START, USUAL, AnyForm, way
from config.desk.settings_pages import blame, form_page, get_or_post
from contacts.acting import actor_of, business_of
from contacts.models import POINT_OF_CHANNEL, Business
from contacts.services import staff
from contacts.services.errors import Conflict, Invalid
from messaging import health
from messaging import services as messaging
from messaging.encryption import CannotOpen
from messaging.models import WAITING, Connection, Message, MessageState

KEEP = "Leave it empty to keep the one that is stored."
DONE = {
    "disconnect": "Disconnected. Messages on this channel wait until it is connected again. DND is kept as it is.",
    "connect": "Connected. What waited is sent now, except to those who have asked not to be reached here.",
    "remove": "Removed. Messages on this channel are not sent any more. DND is kept as it is.",
}
NAMES = {
    "config.url": "host",
    "config.feedback": "esp",
    "config.feedback.esp": "esp",
    "config.feedback.webhook_key": "webhook_key",
}
"""The field of the mail server's form for each path of a config that is called otherwise."""
NEWEST = 5
UNFINISHED = (*WAITING, MessageState.CALLING.value)
ASKS_FOR = {"phone": "Phone of a contact", "email": "Email of a contact"}


class TestForm(forms.Form):
    to = forms.CharField(max_length=254)

    def __init__(self, connection: Connection, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="test_%s")
        self.fields["to"].label = ASKS_FOR.get(POINT_OF_CHANNEL[connection.channel], "Id of a contact there")
        self.fields[
            "to"
        ].help_text = "Such as your own, if you are a contact: who has DND on gets no test either."


def _saved(form: AnyForm, stored: Mapping[str, Any] | None, do: Callable[[dict[str, Any]], Any]) -> bool:
    """Whether `do` took the config; what it refused stands at the fields of the form."""
    config = form.config(stored) if form.is_valid() else None
    if config is None:
        return False
    try:
        do(config)
    except Invalid as invalid:
        blame(form, {_field(form, path): sentence for path, sentence in invalid.errors.items()})
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    return not form.errors


def _field(form: AnyForm, path: str) -> str:
    name = path.removeprefix("config.")
    return name if name in form.fields else NAMES.get(path, name)


@get_or_post
def add(request: HttpRequest) -> HttpResponse:
    """Choose a way, fill in its form, and the channel is connected."""
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    chosen = way(request.GET.get("channel", ""), request.GET.get("driver", ""))
    if chosen is None:
        return _ways(request)
    given = request.POST if request.method == "POST" else None
    form = FORMS[chosen.driver](given, channel=chosen.channel, shared=_account(business, chosen.driver))

    def make(config: dict[str, Any]) -> None:
        messaging.create_connection(
            business=business, channel=chosen.channel, driver=chosen.driver, config=config, by=by
        )

    if request.method == "POST" and _saved(form, None, make):
        messages.success(request, f"{chosen.title}: connected.")
        return redirect("admin:messaging_connection_changelist")
    lead = chosen.about if chosen.channel == "gmb" else ""
    return form_page(request, form, title=chosen.title, back=_list(), save="Connect", lead=lead)


def _account(business: Business, driver: str) -> Mapping[str, Any] | None:
    """The Twilio account that the business has connected, if it has one."""
    if driver != Connection.Driver.TWILIO:
        return None
    try:
        found = Connection.objects.filter(business=business, driver=driver).order_by("pk").first()
    except CannotOpen:
        return None
    return found.config if found else None


def _ways(request: HttpRequest) -> HttpResponse:
    taken = set(Connection.objects.filter(business=business_of(request)).values_list("channel", flat=True))
    offered = [{"way": one, "taken": one.channel in taken} for one in USUAL]
    own = [one for one in OWN if one.channel not in taken]
    context = {"ways": offered, "own": own}
    return site.page(request, "desk/connection/ways.html", context, title="Add a connection")


@get_or_post
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    """How the connection fares, and its form."""
    connection, by = _mine(request, pk), actor_of(request)
    chosen = way(connection.channel, connection.driver)
    given = request.POST if request.method == "POST" else None
    start = START[connection.driver](connection.config)
    form = FORMS[connection.driver](given, initial=start, channel=connection.channel)
    for name in SECRET & set(form.fields):
        form.fields[name].required = False
        form.fields[name].help_text = f"{form.fields[name].help_text} {KEEP}".strip()

    def change(config: dict[str, Any]) -> None:
        messaging.update_connection(connection=connection, config=config, by=by)

    if request.method == "POST" and _saved(form, connection.config, change):
        messages.success(request, "Saved. It counts from the next message on.")
        return redirect("admin:messaging_connection_changelist")
    return _page(request, connection, chosen.title if chosen else str(connection), form=form)


@get_or_post
def test(request: HttpRequest, pk: str) -> HttpResponse:
    """Send one message by this connection; GET shows what became of the newest."""
    connection, by = _mine(request, pk), actor_of(request)
    if request.method != "POST":
        return render(
            request, "desk/connection/newest.html", {"connection": connection, **_newest(connection)}
        )
    form = TestForm(connection, request.POST)
    if form.is_valid():
        try:
            messaging.send_test(connection=connection, to=form.cleaned_data["to"], by=by)
            messages.success(request, "The test is on its way: below you see what becomes of it.")
            return redirect(f"{reverse('desk:connection', args=[connection.pk])}#newest-title")
        except Invalid as invalid:
            blame(form, invalid.errors)
        except Conflict as conflict:
            form.add_error("to", str(conflict))
    start = START[connection.driver](connection.config)
    plain = FORMS[connection.driver](None, initial=start, channel=connection.channel)
    return _page(request, connection, f"Test of {connection}", form=plain, tried=form)


def _mine(request: HttpRequest, pk: str) -> Connection:
    staff.need_enterprise(actor_of(request))
    found = Connection.objects.filter(business=business_of(request)).select_related(
        "business", "list_reading"
    )
    return finding.one(found, pk)


def _page(
    request: HttpRequest, connection: Connection, title: str, *, form: AnyForm, tried: TestForm | None = None
) -> HttpResponse:
    context = {
        "connection": connection,
        "fares": health.fares(connection),
        "health": health.of(connection.business)[connection.channel],
        "form": form,
        "test": tried or TestForm(connection),
        "ended": GMB_ENDED if connection.channel == "gmb" else "",
        "hooks": _hooks(connection),
        "feedback": email_feedback.hooks(connection) if connection.driver == Connection.Driver.SMTP else {},
        **_newest(connection),
    }
    status = 422 if form.errors or (tried and tried.errors) else 200
    return site.page(request, "desk/connection/page.html", context, title=title, status=status)


def _newest(connection: Connection) -> dict[str, Any]:
    """The newest messages that were to go by it, and whether one of them is still on its way."""
    ours = Message.objects.filter(business=connection.business_id, direction=Message.Way.OUTBOUND)
    newest = ours.filter(channel=connection.channel).select_related("contact").order_by("-id")[:NEWEST]
    found = list(newest)
    return {"newest": found, "unfinished": any(message.state in UNFINISHED for message in found)}


def _hooks(connection: Connection) -> list[tuple[str, str]]:
    """What Twilio is to be given for a number, so that messages and calls come in. The end of each asks it to try
    again, for as long as it can, when we do not answer."""
    if connection.driver != Connection.Driver.TWILIO:
        return []
    of_it = f"{settings.HEED_BASE_URL}/hooks/twilio/{connection.pk}"
    message = ("A message comes in", f"{of_it}/message#rc=5&rp=all")
    call = ("A call comes in", f"{of_it}/voice#rc=5&rp=all")
    return {"sms": [message, call], "call": [call]}.get(connection.channel, [message])


@get_or_post
def switch(request: HttpRequest, pk: str) -> HttpResponse:
    """Disconnect, connect again, or take the connection away; GET asks before it is taken away."""
    connection, by = _mine(request, pk), actor_of(request)
    do = request.POST.get("do", "")
    if do not in DONE:
        blocked = health.of(connection.business)[connection.channel].blocked
        context = {"connection": connection, "blocked": blocked}
        return site.page(request, "desk/connection/remove.html", context, title=f"Remove {connection}?")
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
