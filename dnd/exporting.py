"""Contacts with all that stands about their DND, as lines of CSV that the database itself writes."""

import io
from collections.abc import Sequence

from django.db import connection

from contacts.models import PointKind
from contacts.words import BIT, EVERY_OUTBOUND, INBOUND_CHANNELS, OUTBOUND_CHANNELS

DANGEROUS = "('=', '+', '-', '@', E'\\t', E'\\r')"
"""What a spreadsheet would run: the same signs as in contacts/spreadsheets.py."""


def _harmless(sql: str) -> str:
    return f"CASE WHEN left({sql}, 1) IN {DANGEROUS} THEN '''' || {sql} ELSE {sql} END"


def _blocked(mask: str, channel: str) -> str:
    return f"CASE WHEN coalesce({mask}, 0) & {BIT[channel]} <> 0 THEN 'yes' ELSE 'no' END"


STATE = f"CASE coalesce(s.outbound, 0) WHEN 0 THEN 'off' WHEN {EVERY_OUTBOUND} THEN 'on' ELSE 'partial' END"
COLUMNS: tuple[tuple[str, str], ...] = (
    ("id", "c.id"),
    ("external_id", _harmless("c.external_id")),
    ("first_name", _harmless("c.first_name")),
    ("last_name", _harmless("c.last_name")),
    ("email", _harmless("p.email")),
    ("phone", _harmless("p.numbers[1]")),
    ("phone_label", _harmless("p.labels[1]")),
    ("other_phones", _harmless("array_to_string(p.numbers[2:], '; ')")),
    ("timezone", _harmless("c.timezone")),
    ("tags", _harmless("t.names")),
    ("status", _harmless("st.name")),
    ("created_at", "to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"),
    ("dnd_state", STATE),
    ("do_not_contact", "CASE WHEN s.do_not_contact THEN 'yes' ELSE 'no' END"),
    *((f"dnd_{channel}", _blocked("s.outbound", channel)) for channel in OUTBOUND_CHANNELS),
    *((f"dnd_inbound_{channel}", _blocked("s.inbound", channel)) for channel in INBOUND_CHANNELS),
    ("dnd_grounds", "g.told"),
)
SELECTED = ", ".join(sql for _, sql in COLUMNS)
QUERY = f"""
SELECT {SELECTED}
  FROM contacts_contact c
  LEFT JOIN dnd_standing s ON s.contact_id = c.id
  LEFT JOIN contacts_status st ON st.id = c.status_id
  LEFT JOIN (
      SELECT contact_id, max(value) FILTER (WHERE kind = '{PointKind.EMAIL.value}') AS email,
             array_agg(value ORDER BY preferred DESC, position, id) FILTER (WHERE kind = '{PointKind.PHONE.value}')
                 AS numbers,
             array_agg(label ORDER BY preferred DESC, position, id) FILTER (WHERE kind = '{PointKind.PHONE.value}')
                 AS labels
        FROM contacts_contactpoint WHERE contact_id {{among}} GROUP BY contact_id) p ON p.contact_id = c.id
  LEFT JOIN (
      SELECT link.contact_id, string_agg(tag.name, '; ' ORDER BY tag.name) AS names
        FROM contacts_contacttag link JOIN contacts_tag tag ON tag.id = link.tag_id
       WHERE link.contact_id {{among}} GROUP BY link.contact_id) t ON t.contact_id = c.id
  LEFT JOIN (
      SELECT contact_id, string_agg(
                 direction || ' ' || channel || ': ' || reason || ' by ' || source || ' since '
                 || to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                 || coalesce(' until ' || to_char(ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), ''),
                 '; ' ORDER BY direction DESC, channel, reason) AS told
        FROM dnd_ground WHERE contact_id {{among}} GROUP BY contact_id) g ON g.contact_id = c.id
 WHERE c.id = ANY(%(contacts)s::bigint[])
 ORDER BY c.id
"""  # noqa: S608 - of constants


NEAR = 3
"""Contacts whose ids reach over fewer than so many times their number are read as a range: to plan for each id of a
list takes PostgreSQL as long as to read it."""


def header() -> bytes:
    return (",".join(name for name, _ in COLUMNS) + "\n").encode()


def lines(contacts: Sequence[int]) -> bytes:
    """A line for each of these contacts, which are given in the order of their ids, safe for a spreadsheet."""
    out = io.BytesIO()
    first, last = contacts[0], contacts[-1]
    near = last - first < len(contacts) * NEAR
    among = "BETWEEN %(first)s AND %(last)s" if near else "= ANY(%(contacts)s::bigint[])"
    given = {"contacts": "{" + ",".join(map(str, contacts)) + "}", "first": first, "last": last}
    with connection.cursor() as cursor:
        query = cursor.mogrify(QUERY.format(among=among), given).decode()
        cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv)", out)
    return out.getvalue()
