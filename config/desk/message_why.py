"""Why was this not sent? Every rule that a message meets, in order, as it was then and as it is now."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.desk import finding, site
from contacts.acting import business_of
from messaging.models import Message
from messaging.services import explaining


@require_safe
def show(request: HttpRequest, pk: str) -> HttpResponse:
    """A part for the line that asks; a page of its own without htmx."""
    mine = Message.objects.filter(business=business_of(request), direction=Message.Way.OUTBOUND)
    message = finding.one(mine.select_related("contact"), pk)
    context = {"message": message, "explanation": explaining.explain(message)}
    if site.part(request):
        return render(request, "desk/contact/why.html", context)
    return site.page(request, "desk/contact/why_page.html", context, title="Why was this not sent?")
