"""Moving the addresses and tags of one contact to another. The caller holds the locks of both and of the addresses."""

from collections.abc import Mapping

from django.db import connection

from contacts.models import Contact, ContactPoint, PointKind


def points(mine: Contact, theirs: Contact, single: Mapping[str, str]) -> None:
    """Every phone of both, the winner's first and each once; of the other kinds the value that `single` names.

    An address keeps its row, so what it was held against stays known. The winner's preferred number stays so;
    without one, the loser's does.
    """
    own = list(mine.points.all())
    has = {(point.kind, point.value) for point in own}
    ContactPoint.objects.filter(
        pk__in=[p.pk for p in own if p.kind in single and p.value != single[p.kind]]
    ).delete()
    prefers = any(point.preferred for point in own)
    position = 1 + max((point.position for point in own if point.kind == PointKind.PHONE), default=-1)
    for point in theirs.points.all():
        key = (point.kind, point.value)
        if key in has or (point.kind in single and single[point.kind] != point.value):
            _prefer_twin(mine, point, prefers)
            point.delete()
            continue
        point.contact = mine
        point.preferred = point.preferred and not prefers
        if point.kind == PointKind.PHONE:
            point.position, position = position, position + 1
        point.save(update_fields=["contact", "preferred", "position"])


def _prefer_twin(mine: Contact, point: ContactPoint, prefers: bool) -> None:
    """Both have the number, and only the loser prefers it."""
    if point.preferred and not prefers:
        twin = ContactPoint.objects.filter(contact=mine, kind=point.kind, value=point.value)
        point.preferred = False
        point.save(update_fields=["preferred"])
        twin.update(preferred=True)


def tags(winner: int, loser: int) -> None:
    """The tags of both. The loser got them long ago: no workflow starts because they move."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_contacttag (contact_id, tag_id)"
            " SELECT %s, tag_id FROM contacts_contacttag WHERE contact_id = %s"
            " ON CONFLICT (contact_id, tag_id) DO NOTHING",
            [winner, loser],
        )
        cursor.execute("DELETE FROM contacts_contacttag WHERE contact_id = %s", [loser])
