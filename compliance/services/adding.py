"""What is added to outgoing messages, read and remembered for many at once."""

from collections.abc import Iterable
from datetime import datetime

from compliance import texts
from compliance.models import Told
from compliance.services import profiles
from contacts import rows
from contacts.models import Business


def last_told(channel: str, contacts: Iterable[int]) -> dict[int, datetime]:
    """When each of these contacts was last told how to opt out; those who never were are left out."""
    told = Told.objects.filter(channel=channel, contact__in=list(contacts))
    return dict(told.values_list("contact", "at"))


def text_as_sent(business: Business, body: str, *, told: datetime | None, now: datetime) -> str:
    """A text as it would leave now to a contact who was last told at that time; None: never."""
    profile = profiles.of(business.pk)
    rules = profiles.sms_rules(profile, business)
    return texts.sms(body, rules, last_told=told, now=now, own_words=tuple(profile.opt_out_words)).body


def remember_told(channel: str, contacts: Iterable[int], at: datetime) -> None:
    """These contacts have just been told. An older moment never replaces a newer one."""
    rows.insert(
        Told,
        ("contact_id", "channel", "at"),
        [(contact, channel, at) for contact in sorted(set(contacts))],
        on_conflict="(contact_id, channel) DO UPDATE SET at = greatest(compliance_told.at, excluded.at)",
    )
