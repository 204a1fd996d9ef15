"""A message that somebody writes from a contact's page, and why a channel cannot be used, said beforehand."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from config.desk import finding, site
from contacts.acting import actor_of
from contacts.models import Contact
from contacts.services.errors import Invalid
from contacts.words import Channel
from messaging import services as messaging
from messaging.models import Connection
from messaging.services import previewing

ALWAYS = (Channel.SMS.value, Channel.EMAIL.value)
"""Shown whether or not they are connected; the others where they are."""
WRITABLE = (*ALWAYS, Channel.WHATSAPP.value, Channel.FACEBOOK.value, Channel.GMB.value)
VARIABLES = (
    "contact.first_name", "contact.last_name", "contact.name", "contact.email", "contact.phone",
    "business.name", "business.phone", "business.address", "user.name",
)  # fmt: skip


class MessageForm(forms.Form):
    channel = forms.ChoiceField(choices=[(value, Channel(value).label) for value in WRITABLE])
    subject = forms.CharField(max_length=400, required=False, strip=False)
    body = forms.CharField(max_length=20_000, required=False, strip=False)

    def clean_subject(self) -> str:
        """The page takes the field away where no email is written, with what was typed into it before."""
        return str(self.cleaned_data["subject"]) if self.cleaned_data.get("channel") == Channel.EMAIL else ""


@dataclass(frozen=True, slots=True)
class Way:
    """A channel, and why it cannot be used or has to wait. Both empty: it can be used now."""

    channel: str
    label: str
    why_not: str = ""
    waits: str = ""


def ways(contact: Contact) -> list[Way]:
    connected = set(Connection.objects.filter(business=contact.business).values_list("channel", flat=True))
    shown = [channel for channel in WRITABLE if channel in ALWAYS or channel in connected]
    questions = [messaging.Question(contact.pk, channel, "manual") for channel in shown]
    decisions = messaging.decide(contact.business_id, questions)
    return [_way(q.channel, decision.verdict) for q, decision in zip(questions, decisions, strict=True)]


def _way(channel: str, verdict: messaging.Verdict) -> Way:
    label = str(Channel(channel).label)
    if isinstance(verdict, messaging.Drop):
        return Way(channel, label, why_not=str(messaging.NotSent(verdict, channel)))
    if isinstance(verdict, messaging.Hold):
        return Way(channel, label, waits=f"{verdict.detail} A message would wait.")
    return Way(channel, label)


def ready(request: HttpRequest, contact: Contact, form: MessageForm | None = None) -> dict[str, Any]:
    """What the card shows: the form, and each channel with what stands against it."""
    choices = ways(contact)
    chosen = (
        form["channel"].value() if form else next((way.channel for way in choices if not way.why_not), "")
    )
    return {
        "message_form": form or MessageForm(),
        "ways": choices,
        "open_ways": [way.label for way in choices if not way.why_not],
        "chosen": chosen,
        "variables": VARIABLES,
    }


@require_POST
def preview(request: HttpRequest, pk: str) -> HttpResponse:
    """What is being written, as it would arrive, and in how many segments."""
    contact = finding.contact(request, pk)
    channel, body = request.POST.get("channel", ""), request.POST.get("body", "").replace("\0", "")
    shown = None
    if body.strip() and channel in WRITABLE:
        shown = previewing.preview(
            business=contact.business, contact=contact.pk, channel=channel, body=body, by=actor_of(request)
        )
    context = {"contact": contact, "preview": shown, "channel": channel}
    if site.part(request):
        return render(request, "desk/contact/message_preview.html", context)
    form = MessageForm(request.POST)
    context |= ready(request, contact, form)
    return site.page(request, "desk/contact/message_page.html", context, title=f"Message to {contact.name}")


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, pk: str) -> HttpResponse:
    """The card alone; with POST, hand the message over and show the card again."""
    contact = finding.contact(request, pk)
    if request.method != "POST":
        return render(request, "desk/contact/message.html", {"contact": contact, **ready(request, contact)})
    form = MessageForm(request.POST)
    if form.is_valid():
        _send(request, contact, form)
    said = "" if form.errors else f"{Channel(form.cleaned_data['channel']).label} handed over to be sent."
    if not site.part(request):
        return _whole_page(request, contact, form, said)
    shown = ready(request, contact, form if form.errors else None)
    response = render(request, "desk/contact/message.html", {"contact": contact, "said": said, **shown})
    if said:
        response["HX-Trigger"] = "contact-changed"
    return response


def _send(request: HttpRequest, contact: Contact, form: MessageForm) -> None:
    by = actor_of(request)
    try:
        messaging.send_manual(
            business=contact.business, contact=contact.pk, by=by, user_name=by.label, **form.cleaned_data
        )
    except messaging.NotSent as refused:
        form.add_error("channel", str(refused))
    except Invalid as invalid:
        for field, sentence in invalid.errors.items():
            form.add_error(field if field in form.fields else None, sentence)


def _whole_page(request: HttpRequest, contact: Contact, form: MessageForm, said: str) -> HttpResponse:
    """Without htmx: back to the contact's page; what was not accepted stays on a page of its own."""
    if said:
        messages.success(request, said)
        return redirect(f"{reverse('admin:contacts_contact_change', args=[contact.pk])}#message")
    context = {"contact": contact, **ready(request, contact, form)}
    title = f"Message to {contact.name}"
    return site.page(request, "desk/contact/message_page.html", context, title=title, status=422)
