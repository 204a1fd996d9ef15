"""Who is in the audience of a broadcast."""

from typing import cast

from django.db.models import Q, QuerySet

from contacts.models import Business, Contact
from contacts.models.pipeline import SystemStatus
from dnd import audience
from dnd.audience import Wanted
from messaging.models import Broadcast


def of(broadcast: Broadcast) -> QuerySet[Contact]:
    """The contacts that meet its filters; those whose status means that they are lost only where it asks for them."""
    found = everybody(broadcast)
    return found if asks_for_dead(broadcast) else found.exclude(_dead(broadcast.business))


def left_out(broadcast: Broadcast) -> int:
    """How many meet the filters, and are left out for a status that means that they are lost."""
    if asks_for_dead(broadcast):
        return 0
    return everybody(broadcast).filter(_dead(broadcast.business)).count()


def everybody(broadcast: Broadcast) -> QuerySet[Contact]:
    wanted = cast("Wanted", broadcast.audience)
    contacts: QuerySet[Contact] = Contact.objects.of(broadcast.business)
    return audience.narrowed(contacts, broadcast.business, wanted)


def asks_for_dead(broadcast: Broadcast) -> bool:
    """Who names a status means the people in it."""
    return broadcast.include_dead or "status" in broadcast.audience


def _dead(business: Business) -> Q:
    dead = audience.statuses(business).filter(system_status=SystemStatus.DEAD)
    return Q(status__isnull=False, status__in=dead.values("pk"))
