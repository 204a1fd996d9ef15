"""How often one address may ask for a public page."""

import hashlib
import time
from ipaddress import ip_address

from django.core.cache import cache
from django.http import HttpRequest

A_MINUTE = 120
WINDOW = 60


def seconds_to_wait(request: HttpRequest, *, at: float | None = None) -> int:
    """0 while this address may go on, else how long until it may. Without a cache everybody may."""
    now = time.time() if at is None else at
    window = int(now // WINDOW)
    name = hashlib.blake2b(address_of(request).encode(), digest_size=12).hexdigest()
    key = f"public:{name}:{window}"
    cache.add(key, 0, timeout=2 * WINDOW)
    try:
        asked = cache.incr(key)
    except ValueError:  # the window has just ended, or the cache has just come back
        return 0
    return max(1, int((window + 1) * WINDOW - now)) if asked > A_MINUTE else 0


def address_of(request: HttpRequest) -> str:
    """The visitor's address. Behind a proxy of one's own, with a private address, it is what that proxy added last."""
    address = str(request.META.get("REMOTE_ADDR") or "")
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return forwarded[-1] if forwarded[-1] and _is_private(address) else address


def _is_private(address: str) -> bool:
    """A socket has no address at all, and is as near as can be."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return True
