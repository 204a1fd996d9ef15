"""The first page: what stands, what went out today, and whether every message was allowed when it left."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from compliance.models import Review
from contacts.acting import business_of, membership_of
from contacts.models import Business, Contact
from contacts.services import work
from dnd import flags
from dnd.models import Change
from messaging.models import Audit, Message, MessageState
from workflows.models import Enrollment, Workflow

CHANGES_SHOWN = 8
NEWS_SHOWN = 5


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Given to the admin's index page (UNFOLD's DASHBOARD_CALLBACK)."""
    if getattr(request, "acting", None) is None:
        return context
    business = business_of(request)
    context.update(
        title="Start",
        contacts=_contacts(business),
        sent_today=_today(business),
        unknown=Message.objects.filter(business=business, state=MessageState.UNKNOWN).count(),
        reviews=Review.objects.filter(business=business, state=Review.State.OPEN).count(),
        running=Enrollment.objects.running().filter(business=business).count(),
        workflows=Workflow.objects.of(business).count(),
        audit=Audit.objects.order_by("-id").first(),
        changes=_changes(business),
        news=work.unread_by(membership_of(request)).select_related("contact")[:NEWS_SHOWN],
    )
    return context


def _contacts(business: Business) -> dict[str, int]:
    mine = Contact.objects.of(business)
    on = flags.filter_contacts(mine, state="on").count()
    partial = flags.filter_contacts(mine, state="partial").count()
    paused = flags.filter_contacts(mine, do_not_contact=True).count()
    return {"all": mine.count(), "on": on, "partial": partial, "paused": paused}


def _today(business: Business) -> list[dict[str, Any]]:
    """How many messages of today, in the business's own day, stand in each state; states without any are left out.

    Found from the newest backwards, so that it costs what today holds and not what there ever was.
    """
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = Message.objects.filter(business=business)
    before = mine.filter(created_at__lt=midnight).order_by("-id").values_list("id", flat=True).first() or 0
    counted = dict(mine.filter(id__gt=before).order_by().values_list("state").annotate(Count("pk")))
    return [
        {"state": state.value, "label": state.label, "count": counted[state.value]}
        for state in MessageState
        if state.value in counted
    ]


def _changes(business: Business) -> QuerySet[Change]:
    return (
        Change.objects.filter(business=business)
        .select_related("contact")
        .order_by("-recorded_at", "-id")[:CHANGES_SHOWN]
    )
