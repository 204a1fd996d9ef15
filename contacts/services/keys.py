"""API keys: made, found again by their digest, revoked."""

import hashlib
import secrets

from contacts import locks
from contacts.models import ApiKey, Business, User

PREFIX = "heed_"


def issue(*, business: Business, role: str, name: str, created_by: User | None = None) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere and can be shown only now."""
    text = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        business=business,
        role=role,
        name=name,
        prefix=text[:12],
        digest=digest(text),
        created_by=created_by,
    )
    return key, text


def find(text: str) -> ApiKey | None:
    """The valid key with this text, with its business."""
    return ApiKey.objects.valid().select_related("business").filter(digest=digest(text)).first()


def revoke(key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=locks.now())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
