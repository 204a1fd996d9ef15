"""What is added to outgoing messages, read and remembered for many at once."""

from collections.abc import Iterable
from datetime import datetime

from compliance.models import Told
from contacts import rows


def last_told(channel: str, contacts: Iterable[int]) -> dict[int, datetime]:
    """When each of these contacts was last told how to opt out; those who never were are left out."""
    told = Told.objects.filter(channel=channel, contact__in=list(contacts))
    return dict(told.values_list("contact", "at"))


def remember_told(channel: str, contacts: Iterable[int], at: datetime) -> None:
    """These contacts have just been told. An older moment never replaces a newer one."""
    rows.insert(
        Told,
        ("contact_id", "channel", "at"),
        [(contact, channel, at) for contact in sorted(set(contacts))],
        on_conflict="(contact_id, channel) DO UPDATE SET at = greatest(compliance_told.at, excluded.at)",
    )
