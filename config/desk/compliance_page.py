"""What compliance adds for a business, with a preview of the SMS and the email that come of it."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from compliance import keywords, replies, segments, texts
from compliance.models import Profile
from compliance.services import links, profiles
from config.desk import site
from config.desk.settings_pages import blame, get_or_post, tried
from contacts import locks
from contacts.acting import actor_of, business_of
from contacts.models import Business
from contacts.services import staff

SAMPLE_SMS = "Hi Ada, see you on Tuesday at 9:30. Call us if that does not suit you."
SAMPLE_EMAIL = "Dear Ada,\n\nwe look forward to seeing you on Tuesday at 9:30."
SAMPLE_LINK = "a-link-of-its-own-for-every-email"


class WordList(forms.CharField):
    """Words, one on each line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [word.strip() for word in re.split(r"[\n,]", super().clean(value)) if word.strip()]


def switch(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(required=False, label=label, help_text=help_text)


def text(label: str, longest: int = 140, help_text: str = "") -> forms.CharField:
    return forms.CharField(max_length=longest, required=False, label=label, help_text=help_text)


class ComplianceForm(forms.Form):
    sms_opt_out = switch("Say how to opt out")
    sms_opt_out_text = text("Opt-out text")
    sms_sender = switch("Say who is writing")
    sms_sender_text = text("Sender", help_text="Left empty: the business's name.")
    sms_repeat = forms.ChoiceField(choices=Profile.Repeat.choices, widget=forms.RadioSelect, label="When")
    sms_repeat_days = forms.IntegerField(min_value=1, max_value=60, label="Again after how many days")
    email_unsubscribe = switch(
        "Add the unsubscribe link to the text",
        "The button that mailbox providers show beside the sender is always there.",
    )
    email_unsubscribe_text = text("Words of the link")
    email_sender = switch(
        "Add the sender and the postal address", "Broadcasts and campaigns always carry the postal address."
    )
    email_sender_text = text("Sender", 400, "Left empty: the business's name.")
    quiet_hours = switch("Send only in permitted hours")
    quiet_hours_everywhere = switch("Also email, Facebook and Google Business")
    soft_bounces = forms.IntegerField(
        min_value=1, max_value=50, label="Block the address after so many bounces"
    )
    soft_bounce_days = forms.IntegerField(min_value=1, max_value=365, label="Counted over so many days")
    opt_out_words = WordList(required=False, label="Words that opt out", help_text="One on each line.")
    opt_in_words = WordList(required=False, label="Words that opt in again")
    help_words = WordList(required=False, label="Words that ask for help")
    opt_out_reply = text("Answer to an opt-out", 400)
    opt_in_reply = text("Answer to an opt-in", 400)
    help_reply = text("Answer to a request for help", 400)
    sample_sms = forms.CharField(
        required=False,
        max_length=1600,
        label="An SMS to try it with",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    sample_email = forms.CharField(
        required=False,
        max_length=5000,
        label="An email to try it with",
        widget=forms.Textarea(attrs={"rows": 4}),
    )


GROUPS = (
    (
        "SMS",
        "Added below the text. Nothing is added to a text that itself says reply, text or send and then a word "
        "that opts out. People answer appointment reminders with CANCEL, so no text may ask for that.",
        ("sms_opt_out", "sms_opt_out_text", "sms_sender", "sms_sender_text", "sms_repeat", "sms_repeat_days"),
    ),
    (
        "Email",
        "Added below the text of every email.",
        ("email_unsubscribe", "email_unsubscribe_text", "email_sender", "email_sender_text"),
    ),
    (
        "Permitted hours",
        "By the clock where the contact is. What comes earlier or later waits until the hours open. Calls, SMS and "
        "WhatsApp always keep to them once they are on; what a person writes by hand does not wait.",
        ("quiet_hours", "quiet_hours_everywhere"),
    ),
    (
        "Email that comes back",
        "An address that does not exist is blocked at once. One that only bounces for now, such as a full mailbox, is "
        "blocked after some bounces in a row: an email that arrives clears the count.",
        ("soft_bounces", "soft_bounce_days"),
    ),
    (
        "Words that contacts text",
        "Beside the standard ones, such as STOP, START and HELP, which always work. No marketing in the answers.",
        ("opt_out_words", "opt_in_words", "help_words", "opt_out_reply", "opt_in_reply", "help_reply"),
    ),
)  # fmt: skip
SAMPLES = ("sample_sms", "sample_email")
ANSWERS = {
    "opt_out_reply": keywords.OPT_OUT,
    "opt_in_reply": keywords.OPT_IN,
    "help_reply": keywords.HELP,
}


@get_or_post
def show(request: HttpRequest) -> HttpResponse:
    """The settings; a preview of what they would add is shown without saving anything."""
    business, by = business_of(request), actor_of(request)
    staff.need_enterprise(by)
    profile = profiles.of(business.pk)
    samples = {"sample_sms": SAMPLE_SMS, "sample_email": SAMPLE_EMAIL}
    start = {name: getattr(profile, name) for name in profiles.FIELDS} | samples
    form = ComplianceForm(request.POST if request.method == "POST" else None, initial=start)
    _tell_standard_words(form, business)
    if request.method == "POST" and request.POST.get("do") == "preview":
        wanted = _try_out(form, profile)
        if site.part(request):
            return render(
                request,
                "desk/compliance/preview.html",
                {"preview": wanted and preview(business, wanted, form)},
            )
        return _page(request, form, wanted)
    if request.method == "POST" and tried(
        form, lambda data: profiles.update(business=business, data=_settings(data), by=by)
    ):
        messages.success(request, "Saved.")
        return redirect("desk:compliance")
    return _page(request, form, None if form.errors else profile)


def _tell_standard_words(form: ComplianceForm, business: Business) -> None:
    for name, confirms in ANSWERS.items():
        standard = replies.answer(confirms, name=business.name, phone=business.phone)
        form.fields[name].help_text = f"Left empty: “{standard}”"


def _settings(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in profiles.FIELDS}


def _try_out(form: ComplianceForm, profile: Profile) -> Profile | None:
    """The settings as they would be, unsaved; None when they do not fit, said at the fields."""
    if not form.is_valid():
        return None
    for name, value in _settings(form.cleaned_data).items():
        setattr(profile, name, value)
    blame(form, profiles.faults(profile))
    return None if form.errors else profile


def _page(request: HttpRequest, form: ComplianceForm, profile: Profile | None) -> HttpResponse:
    context = {
        "form": form,
        "groups": [
            {"id": f"group-{n}", "title": title, "lead": lead, "fields": [form[name] for name in names]}
            for n, (title, lead, names) in enumerate(GROUPS)
        ],
        "samples": [form[name] for name in SAMPLES],
        "preview": profile and preview(business_of(request), profile, form),
        "back": (reverse("admin:index"), "Start"),
    }
    status = 422 if form.errors else 200
    return site.page(request, "desk/compliance/page.html", context, title="Compliance", status=status)


@dataclass(frozen=True, slots=True)
class Shown:
    """One SMS of the preview, and what it costs."""

    title: str
    body: str
    count: segments.Count


def preview(business: Business, profile: Profile, form: ComplianceForm) -> dict[str, Any]:
    """What the business's contacts would get with these settings."""
    given = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
    sms, email = given["sample_sms"].replace("\r\n", "\n"), given["sample_email"].replace("\r\n", "\n")
    rules, now = profiles.sms_rules(profile, business), locks.now()
    words = tuple(profile.opt_out_words)
    first = texts.sms(sms, rules, last_told=None, now=now, own_words=words).body
    later = texts.sms(sms, rules, last_told=now, now=now, own_words=words).body
    shown = [Shown("The first message", first, segments.count(first))]
    if later != first:
        shown.append(Shown("The messages after it", later, segments.count(later)))
    link = links.unsubscribe_url(SAMPLE_LINK)
    email_rules = profiles.email_rules(profile, business)
    return {
        "sms": shown,
        "email": texts.email(email, email_rules, link=link),
        "headers": texts.email_headers(link),
        "no_address": bool(profile.email_sender) and not business.address,
    }
