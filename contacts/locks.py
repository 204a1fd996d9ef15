"""The one order of locks: address keys, then contact rows, then everything below them.

Every operation that takes a lock takes them through here, sorted, so that no two can wait for each other.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b

from django.db import connection

AddressKey = tuple[str, str]
"""(kind of point, value): ("phone", "+14155550100")."""


def now() -> datetime:
    """PostgreSQL's clock at this moment, not at the start of the transaction: read it after the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def lock_addresses(business: int, keys: Iterable[AddressKey], *, exclusive: bool) -> None:
    """Hold these addresses of a business until the transaction ends.

    An opt-out by address holds them alone; a claim and the creation of a contact hold them together with others.
    """
    numbers = sorted({number_of(business, key) for key in keys})
    if not numbers:
        return
    mode = "" if exclusive else "_shared"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{mode}(k) FROM unnest(%s::bigint[]) AS k",  # noqa: S608
            [numbers],
        )


def lock_contacts(business: int, ids: Iterable[int]) -> list[int]:
    """Hold the rows of these contacts until the transaction ends; those that exist outside, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM contacts_contact WHERE id = ANY(%s) AND business_id = %s AND deleted_at IS NULL"
            " ORDER BY id FOR NO KEY UPDATE",
            [sorted(set(ids)), business],
        )
        return [row[0] for row in cursor.fetchall()]


def try_lock_contacts(ids: Sequence[int]) -> list[int]:
    """Hold the rows of those of these contacts, of whatever business, that nobody else holds right now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
            [sorted(set(ids))],
        )
        return [row[0] for row in cursor.fetchall()]


def hold_contacts(ids: Iterable[int]) -> None:
    """Wait for the rows of these contacts, of whatever business and deleted ones too, and hold them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(set(ids))],
        )


def number_of(business: int, key: AddressKey) -> int:
    """The number under which PostgreSQL holds this address of a business."""
    digest = blake2b(f"{business}\0{key[0]}\0{key[1]}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
