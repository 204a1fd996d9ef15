"""Addresses of people who were erased: a keyed hash, which says whether an address is the one, and nothing else.

The hash stands where the address stood, so that it is found, held and released like one. Whoever looks an address up
looks for both its forms.
"""

import hmac
from collections.abc import Iterable

from django.conf import settings

PREFIX = "erased:"
SHOWN = "Erased address"


def key(business: int, address: str) -> str:
    """HMAC-SHA-256 of an address of a business. An address that is a hash already stays as it is."""
    if address.startswith(PREFIX):
        return address
    digest = hmac.digest(settings.ERASURE_KEY.encode(), f"{business}\0{address}".encode(), "sha256")
    return PREFIX + digest.hex()


def forms(business: int, address: str) -> list[str]:
    """Both ways in which this address may stand somewhere."""
    return [address, key(business, address)]


def by_form(business: int, addresses: Iterable[str]) -> dict[str, str]:
    """Both forms of each of these addresses, and the address that they are of."""
    return {form: address for address in addresses for form in forms(business, address)}
