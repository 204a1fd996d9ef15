"""Published versions: which were in force, and their frozen content, kept in memory by id."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from workflows.models import Version

MOST_IN_MEMORY = 500
NAMESPACE = 0x57_46_4C  # "WFL": the advisory locks of this app have a space of their own


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a program. `next` and `otherwise` are positions, or None for the end."""

    position: int
    path: str
    kind: str
    config: Mapping[str, Any]
    next: int | None
    otherwise: int | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What never changes of a version."""

    id: int
    workflow: int
    business: int
    settings: Mapping[str, Any]
    triggers: Sequence[Mapping[str, Any]]
    program: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class InForce:
    """A version and the time during which events started it."""

    version: Frozen
    since: datetime
    until: datetime | None

    def at(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


_frozen: dict[int, Frozen] = {}


def load(ids: Iterable[int]) -> dict[int, Frozen]:
    """The content of these versions. It never changes, so what this process has read before is not read again."""
    found = {pk: _frozen.get(pk) for pk in ids}
    missing = [pk for pk, known in found.items() if known is None]
    if missing and len(_frozen) + len(missing) > MOST_IN_MEMORY:
        _frozen.clear()
    if missing:
        columns = ("id", "workflow_id", "business_id", "settings", "triggers", "program")
        for pk, workflow, business, settings, triggers, program in Version.objects.filter(
            pk__in=missing
        ).values_list(*columns):
            steps = tuple(_step(position, entry) for position, entry in enumerate(program))
            found[pk] = _frozen[pk] = Frozen(pk, workflow, business, settings, triggers, steps)
    return {pk: version for pk, version in found.items() if version is not None}


def _step(position: int, entry: Mapping[str, Any]) -> Step:
    return Step(position, entry["path"], entry["kind"], entry["config"], entry["next"], entry["else"])


def lock_publishing(businesses: Iterable[int], *, exclusive: bool) -> None:
    """Hold what is published in these businesses until the transaction ends.

    Publishing holds it alone and reads its clock afterwards; the dispatcher holds it with others. So the
    dispatcher sees every version that was published before the events at hand.
    """
    mode = "" if exclusive else "_shared"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock{mode}(%s, k) FROM unnest(%s::int[]) AS k",  # noqa: S608
            [NAMESPACE, sorted({business % 2**31 for business in businesses})],
        )


def in_force(businesses: Iterable[int], earliest: datetime, latest: datetime) -> dict[int, list[InForce]]:
    """By business, the versions in force at some moment between the two. The caller holds the publishing lock."""
    found = list(
        Version.objects.filter(Q(retired_at=None) | Q(retired_at__gt=earliest), published_at__lte=latest)
        .filter(business__in=set(businesses))
        .order_by("workflow_id", "id")
        .values_list("id", "business_id", "published_at", "retired_at")
    )
    frozen = load(pk for pk, *_ in found)
    by_business: dict[int, list[InForce]] = {}
    for pk, business, since, until in found:
        by_business.setdefault(business, []).append(InForce(frozen[pk], since, until))
    return by_business


def published(workflows: Iterable[int]) -> dict[int, Frozen]:
    """The version of each of these workflows that is published now, if one is."""
    current = dict(
        Version.objects.published().filter(workflow__in=set(workflows)).values_list("workflow_id", "id")
    )
    frozen = load(current.values())
    return {workflow: frozen[pk] for workflow, pk in current.items()}
