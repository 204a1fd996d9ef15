"""Leave to answer one inbound message with one message: issued once, bound to that message, used up by sending it."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Coalesce

from compliance.models import Permit
from contacts import locks


def issue(
    *,
    business: int,
    channel: str,
    address: str,
    confirms: str,
    provider_id: str,
    expires_at: datetime,
    message: int,
) -> None:
    """Permit this message to answer that inbound one. A second permit for the same cannot be written."""
    Permit.objects.create(
        business_id=business,
        channel=channel,
        address=address,
        confirms=confirms,
        provider_id=provider_id,
        issued_at=locks.now(),
        expires_at=expires_at,
        message=message,
    )


def is_answered(business: int, provider_id: str) -> bool:
    """Whether this inbound message has had its permit."""
    return Permit.objects.filter(business=business, provider_id=provider_id).exists()


def valid(messages: Iterable[int], now: datetime) -> dict[int, str]:
    """The address to which each of these messages may go, for those that have a permit that has not expired."""
    permits = Permit.objects.filter(message__in=list(messages), expires_at__gt=now)
    return dict(permits.values_list("message", "address"))


def use(messages: Iterable[int], at: datetime) -> None:
    """Note that these messages were let through on their permits."""
    Permit.objects.filter(message__in=list(messages)).update(used_at=Coalesce(F("used_at"), at))
