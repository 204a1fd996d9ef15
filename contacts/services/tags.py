"""Putting tags on contacts and taking them off, for one or for many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from contacts import locks, rows
from contacts.actors import NO_CAUSE, Actor, Cause
from contacts.models import Business, ContactTag, EventKind, Tag
from contacts.services import events
from contacts.services.errors import Invalid
from contacts.services.events import Happening


@dataclass(frozen=True, slots=True)
class Tagging:
    """One contact and the tag it gets or loses, and what stands behind it."""

    contact_id: int
    tag: str
    cause: Cause = NO_CAUSE
    by: Actor | None = None


def clean(name: str) -> str:
    """The tag's name without the white space around it. Raises Invalid when nothing, or too much, is left."""
    name = " ".join(name.split())
    if not name or len(name) > 200:
        raise Invalid({"tag": "A tag needs 1 to 200 characters."})
    return name


def ids_of(business: int, names: Iterable[str]) -> dict[str, int]:
    """The id of each named tag, made where it does not exist. Upper and lower case name the same tag."""
    names = {clean(name) for name in names}
    rows.insert(
        Tag,
        ("business_id", "name"),
        [(business, n) for n in sorted(names)],
        on_conflict="DO NOTHING",
    )
    known = Tag.objects.filter(business=business).extra(
        where=["lower(name) = ANY(%s)"], params=[[name.lower() for name in names]]
    )
    by_lower = {tag.name.lower(): tag.pk for tag in known}
    return {name: by_lower[name.lower()] for name in names}


def add(business: int, taggings: Sequence[Tagging], *, by: Actor) -> set[tuple[int, str]]:
    """Put tags on contacts whose locks the caller holds; the (contact, tag) that were not there before."""
    ids = ids_of(business, {t.tag for t in taggings})
    got = rows.insert(
        ContactTag,
        ("contact_id", "tag_id"),
        sorted({(t.contact_id, ids[clean(t.tag)]) for t in taggings}),
        on_conflict="(contact_id, tag_id) DO NOTHING",
        returning="contact_id, tag_id",
    )
    return _report(business, taggings, ids, set(got), EventKind.TAG_ADDED, by)


def remove(business: int, taggings: Sequence[Tagging], *, by: Actor) -> set[tuple[int, str]]:
    """Take tags off contacts whose locks the caller holds; the (contact, tag) that were there before."""
    lower = {name: name.lower() for name in (clean(t.tag) for t in taggings)}
    gone = rows.update(
        "DELETE FROM contacts_contacttag l USING contacts_tag t, (VALUES %s) AS v (contact, business, name)"
        " WHERE t.id = l.tag_id AND l.contact_id = v.contact AND t.business_id = v.business"
        " AND lower(t.name) = v.name RETURNING l.contact_id, lower(t.name)",
        sorted({(t.contact_id, business, lower[clean(t.tag)]) for t in taggings}),
    )
    return _report(business, taggings, lower, set(gone), EventKind.TAG_REMOVED, by)


def _report(
    business: int,
    taggings: Sequence[Tagging],
    keys: Mapping[str, int | str],
    hit: set[tuple[int, int | str]],
    kind: str,
    by: Actor,
) -> set[tuple[int, str]]:
    """Record an event for each tagging that changed something."""
    verb = "added" if kind == EventKind.TAG_ADDED else "removed"
    happenings, changed = [], set()
    for tagging in taggings:
        key = (tagging.contact_id, keys[clean(tagging.tag)])
        if key in hit:
            hit.discard(key)
            changed.add((tagging.contact_id, tagging.tag))
            name = clean(tagging.tag)
            happenings.append(
                Happening(
                    tagging.contact_id,
                    f"Tag “{name}” {verb}",
                    {"tag": name},
                    tagging.cause,
                    tagging.by,
                )
            )
    if happenings:
        events.record(business, kind, happenings, by=by, at=locks.now())
    return changed


@transaction.atomic
def edit(
    *,
    business: Business,
    contact: int,
    by: Actor,
    add_names: Iterable[str] = (),
    remove_names: Iterable[str] = (),
) -> None:
    """Add and remove tags of one contact, under its lock."""
    locks.lock_contacts(business.pk, [contact])
    if removals := [Tagging(contact, name) for name in remove_names]:
        remove(business.pk, removals, by=by)
    if additions := [Tagging(contact, name) for name in add_names]:
        add(business.pk, additions, by=by)


def names_of(contact: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.name FROM contacts_contacttag l JOIN contacts_tag t ON t.id = l.tag_id"
            " WHERE l.contact_id = %s ORDER BY t.name",
            [contact],
        )
        return [row[0] for row in cursor.fetchall()]
