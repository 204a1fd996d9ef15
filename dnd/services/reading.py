"""One read of where contacts stand, made after their lock is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from contacts.locks import AddressKey
from dnd.policy import Held, Position

SQL = """
SELECT c.id, coalesce(s.version, 0), coalesce(s.last_hash, ''), coalesce(s.do_not_contact, false),
       (SELECT json_agg(json_build_array(
                   g.direction, g.channel, g.reason, g.since, g.source, g.ends_at, g.opened_by_id))
          FROM dnd_ground g WHERE g.contact_id = c.id),
       ARRAY(SELECT t.name FROM contacts_contacttag l JOIN contacts_tag t ON t.id = l.tag_id
              WHERE l.contact_id = c.id ORDER BY t.name),
       (SELECT json_agg(json_build_array(p.kind, p.value)) FROM contacts_contactpoint p WHERE p.contact_id = c.id),
       clock_timestamp()
  FROM contacts_contact c LEFT JOIN dnd_standing s ON s.contact_id = c.id
 WHERE c.id = ANY(%s) ORDER BY c.id
"""


@dataclass(slots=True)
class Standpoint:
    """All that a change needs to know of one contact."""

    contact_id: int
    version: int
    last_hash: str
    position: Position
    tags: list[str]
    points: list[AddressKey]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where contacts stood at one moment under their lock."""

    at: datetime
    standpoints: dict[int, Standpoint]


def read(contacts: Sequence[int]) -> Snapshot:
    """Where these contacts stand now. The caller holds their lock and lists at least one."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, [list(contacts)])
        rows = cursor.fetchall()
    standpoints = {
        row[0]: Standpoint(
            contact_id=row[0],
            version=row[1],
            last_hash=row[2],
            position=Position.of((_held(ground) for ground in row[4] or ()), do_not_contact=row[3]),
            tags=row[5],
            points=[(kind, value) for kind, value in row[6] or ()],
        )
        for row in rows
    }
    return Snapshot(at=max(row[7] for row in rows), standpoints=standpoints)


def _held(row: list[Any]) -> Held:
    direction, channel, reason, since, source, ends_at, opened_by = row
    return Held(
        direction,
        channel,
        reason,
        since=datetime.fromisoformat(since),
        source=source,
        ends_at=ends_at and datetime.fromisoformat(ends_at),
        opened_by=opened_by,
    )
