"""The two buttons of the review queue."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from compliance.models import Review
from compliance.services import reviewing
from config.desk import finding
from contacts.acting import actor_of, business_of
from contacts.services.errors import Conflict

DECISIONS = {"confirm": reviewing.confirm, "reject": reviewing.reject}
SAID = {
    "confirm": "Confirmed: an opt-out. It stays until the contact texts START.",
    "reject": "Rejected: not an opt-out. What it had blocked is free again, unless something else blocks it.",
}
LIST = "admin:compliance_review_changelist"


@require_POST
def decide(request: HttpRequest, pk: str) -> HttpResponse:
    """Confirm or reject, once. Staff without the role are refused by the service."""
    business = business_of(request)
    review = finding.one(Review.objects.filter(business=business), pk)
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        raise Http404
    try:
        DECISIONS[decision](
            business=business, review=review.pk, by=actor_of(request), note=request.POST.get("note", "")
        )
    except Conflict as conflict:
        messages.error(request, str(conflict))
    else:
        messages.success(request, SAID[decision])
    return redirect(LIST)
