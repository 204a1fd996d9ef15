"""Unsubscribe links: made for a message, found again by what a visitor brings."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from compliance.models import LinkToken
from contacts import locks, rows

LENGTH = 32
"""Bytes of chance in a token: nobody finds one by trying."""


@dataclass(frozen=True, slots=True)
class LinkFor:
    """The contact, message and address that a link is for."""

    business_id: int
    contact_id: int
    channel: str
    address: str = ""
    message_id: int | None = None


def issue(wanted: Sequence[LinkFor], at: datetime | None = None) -> list[str]:
    """A new token for each, in order. The text is kept nowhere: it is in the link and in no table."""
    tokens = [secrets.token_urlsafe(LENGTH) for _ in wanted]
    at = at or locks.now()
    rows.insert(
        LinkToken,
        ("business_id", "contact_id", "channel", "address", "message", "digest", "created_at"),
        [
            (
                link.business_id,
                link.contact_id,
                link.channel,
                link.address,
                link.message_id,
                digest(token),
                at,
            )
            for link, token in zip(wanted, tokens, strict=True)
        ],
    )
    return tokens


def find(token: str) -> LinkToken | None:
    """What this token is for, if it is one of ours."""
    return LinkToken.objects.select_related("business", "contact").filter(digest=digest(token)).first()


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def unsubscribe_url(token: str) -> str:
    return f"{settings.HEED_BASE_URL}/u/{token}"


def preferences_url(token: str) -> str:
    return f"{settings.HEED_BASE_URL}/p/{token}"
