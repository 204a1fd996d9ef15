"""Contacts made of the rows about nobody yet: one statement for all of a window, from the rows to the events."""

from datetime import datetime

from django.db import connection

from contacts.actors import Actor
from contacts.models import Event, EventKind
from contacts.ring import ring
from contacts.services import tags
from contacts.services.events import DISPATCH
from contacts.services.importing.windows import GIVEN, Window

Made = tuple[int, int, int, list[str], str]
"""(row, contact, what it blocks, its numbers, its email)."""
NAMES = f"SELECT DISTINCT unnest(tags) FROM contacts_importrow WHERE {GIVEN} AND number <> ALL(%(known)s)"  # noqa: S608
INSERT = f"""
WITH fresh AS MATERIALIZED (
    SELECT r.*, nextval(%(ids)s::regclass) AS contact_id FROM contacts_importrow r
     WHERE {GIVEN} AND same_as IS NULL AND number <> ALL(%(known)s) ORDER BY number
), made AS (
    INSERT INTO contacts_contact (id, business_id, first_name, last_name, timezone, external_id, created_at)
    SELECT contact_id, %(business)s, first_name, last_name, timezone, nullif(external_id, ''), %(at)s FROM fresh
), points AS (
    INSERT INTO contacts_contactpoint
           (business_id, contact_id, kind, value, label, line_type, preferred, position, screened)
    SELECT %(business)s, contact_id, 'phone', value, label, line, false, place - 1, true
      FROM fresh, unnest(numbers, labels, lines) WITH ORDINALITY AS phone (value, label, line, place)
     UNION ALL
    SELECT %(business)s, contact_id, 'email', email, '', '', false, 0, true FROM fresh WHERE email <> ''
), tagged AS MATERIALIZED (
    SELECT DISTINCT contact_id, t.id AS tag_id, t.name
      FROM fresh, unnest(%(tags)s::text[] || tags::text[]) AS given
      JOIN contacts_tag t ON t.business_id = %(business)s AND lower(t.name) = lower(given)
), linked AS (
    INSERT INTO contacts_contacttag (contact_id, tag_id) SELECT contact_id, tag_id FROM tagged
), named AS (
    SELECT contact_id, array_agg(name ORDER BY name) AS names FROM tagged GROUP BY contact_id
), happened AS (
    INSERT INTO contacts_event
           (business_id, contact_id, kind, at, state, source, actor, summary, data, tags, depth)
    SELECT %(business)s, contact_id, kind, %(at)s, %(state)s, %(by)s, %(actor)s, summary, data,
           coalesce(names, '{{}}'), 0
      FROM (
        SELECT contact_id, '{EventKind.CONTACT_CREATED.value}' AS kind, 'Contact created' AS summary,
               '{{}}'::jsonb AS data FROM fresh
         UNION ALL
        SELECT contact_id, '{EventKind.TAG_ADDED.value}', 'Tag “' || name || '” added',
               jsonb_build_object('tag', name) FROM tagged
      ) AS what LEFT JOIN named USING (contact_id)
)
SELECT number, contact_id, blocks, numbers, email FROM fresh
"""  # noqa: S608 - of constants


def insert(window: Window, by: Actor, at: datetime) -> list[Made]:
    """Make the contacts of the rows about nobody yet. The addresses' keys are held."""
    source = window.source
    with connection.cursor() as cursor:
        cursor.execute(NAMES, window.given)
        names = [row[0] for row in cursor.fetchall()]
        # By its name, which is looked up once: a function that finds it is asked again for every row.
        cursor.execute("SELECT pg_get_serial_sequence('contacts_contact', 'id')")
        ids = cursor.fetchone()[0]
    if names or source.tags:
        tags.ids_of(source.business_id, {*names, *source.tags})
    state = Event.State.PENDING if source.starts else Event.State.RECORDED
    more = {"at": at, "tags": source.tags, "state": state, "by": by.source, "actor": by.label, "ids": ids}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {**window.given, **more})
        made: list[Made] = cursor.fetchall()
    if made and source.starts:
        ring(DISPATCH)
    return made
