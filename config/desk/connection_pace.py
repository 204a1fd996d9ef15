"""How fast broadcasts leave by a connection, on a page of its own."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from config.desk import finding
from config.desk.settings_pages import form_page, get_or_post, tried
from contacts.acting import actor_of, business_of
from contacts.services import staff
from messaging import services as messaging
from messaging.models import Connection
from messaging.services import limiting

LEAD = (
    "Providers carry only so many messages at a time. Broadcasts and campaigns keep to this; what people and "
    "workflows send does not wait, and counts."
)


class PaceForm(forms.Form):
    messages = forms.IntegerField(
        required=False, min_value=1, max_value=limiting.MOST, label="At most", help_text="Empty: no limit."
    )
    per = forms.ChoiceField(
        choices=[(word, f"messages a {word}") for word in limiting.SECONDS], label="How often"
    )


@get_or_post
def edit(request: HttpRequest, pk: str) -> HttpResponse:
    by = actor_of(request)
    staff.need_enterprise(by)
    connection = finding.one(Connection.objects.filter(business=business_of(request)), pk)
    number, per = messaging.rate_limit(connection) or (None, "second")
    form = PaceForm(
        request.POST if request.method == "POST" else None, initial={"messages": number, "per": per}
    )
    if request.method == "POST":
        tried(form, lambda data: messaging.limit_connection(connection=connection, by=by, **data))
        if not form.errors:
            messages.success(request, "Saved. It counts from the next message on.")
            return redirect("desk:connection", connection.pk)
    back = (reverse("desk:connection", args=[connection.pk]), str(connection))
    return form_page(request, form, title="How fast messages leave", back=back, lead=LEAD)
