"""One action put into many statuses: as a template that is kept, or straight from where it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from contacts import locks
from contacts.actors import Actor
from contacts.models import Business, Status
from contacts.services.errors import Conflict, Invalid
from workflows.models import ActionTemplate, StatusAction
from workflows.services import checking
from workflows.services.actions import editing

ON_CONFLICT = ("keep", "replace", "skip")
MOST_STATUSES = 200
MANY = 100
NO_STATUS = "There is no such status in this business: give the id of one."


@dataclass(frozen=True, slots=True)
class Source:
    """What is put into statuses, and the pipeline whose statuses its operations name."""

    name: str
    category: str
    operations: Sequence[Mapping[str, Any]]
    record_type: str
    pipeline: int | None
    action: int | None = None

    @classmethod
    def of_action(cls, action: StatusAction) -> "Source":
        pipeline = action.status.pipeline
        return cls(
            action.name, action.category, action.operations, pipeline.record_type, pipeline.pk, action.pk
        )

    @classmethod
    def of_template(cls, kept: ActionTemplate) -> "Source":
        return cls(kept.name, kept.category, kept.operations, kept.record_type, kept.pipeline_id)


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of one status. `result`: created, kept (beside the one that is there), replaced, skipped or refused."""

    status: int
    status_name: str
    result: str
    detail: str = ""
    action: int | None = None
    name: str = ""


def copy(
    *, action: StatusAction, statuses: Sequence[int], on_conflict: str, by: Actor, preview: bool = False
) -> list[Applied]:
    """Put an action into other statuses of its record type. See `apply`."""
    source = Source.of_action(action)
    return apply(
        business=action.status.pipeline.business,
        source=source,
        statuses=statuses,
        on_conflict=on_conflict,
        by=by,
        preview=preview,
    )


@transaction.atomic
def save_template(*, action: StatusAction, by: Actor) -> ActionTemplate:
    """Keep an action as the template of its record type; one of the same name is replaced."""
    checking.need_manager(by)
    source = Source.of_action(action)
    ActionTemplate.objects.filter(
        business=action.business_id, record_type__iexact=source.record_type, name__iexact=source.name
    ).delete()
    return ActionTemplate.objects.create(
        business_id=action.business_id,
        record_type=source.record_type,
        pipeline_id=source.pipeline,
        name=source.name,
        category=source.category,
        operations=list(source.operations),
        saved_by=by.label,
        saved_at=locks.now(),
    )


def drop_template(*, template: ActionTemplate, by: Actor) -> None:
    """What was made of it stays."""
    checking.need_manager(by)
    template.delete()


@transaction.atomic
def apply(
    *,
    business: Business,
    source: Source,
    statuses: Sequence[int],
    on_conflict: str,
    by: Actor,
    preview: bool = False,
) -> list[Applied]:
    """Put it into each of these statuses, in one transaction; what came of each, in the order asked for.

    Where an action of that name is there already: `replace` brings it to this, `skip` leaves the status as it is, and
    `keep` keeps it and puts this one beside it under a name with a number. An operation that changes the status goes,
    in another pipeline, to its status of the same name; where there is none, that status is refused.
    Raises Conflict `other_record_type`, and Invalid for no status at all. With `preview` nothing is written.
    """
    checking.need_manager(by)
    found = _targets(business, source, statuses, on_conflict)
    taken = _names(found.values())
    names = dict(Status.objects.filter(pipeline=source.pipeline).values_list("pk", "name"))
    results = [_plan(source, found[pk], taken[pk], names, on_conflict) for pk in dict.fromkeys(statuses)]
    if preview:
        return results
    return [_write(source, found[one.status], one, names) for one in results]


def _targets(
    business: Business, source: Source, statuses: Sequence[int], on_conflict: str
) -> dict[int, Status]:
    if on_conflict not in ON_CONFLICT:
        raise Invalid({"on_conflict": f"Choose one of {', '.join(ON_CONFLICT)}."})
    if not statuses:
        raise Invalid({"statuses": "Name at least one status."})
    if len(statuses) > MOST_STATUSES:
        raise Invalid({"statuses": f"Name at most {MOST_STATUSES} statuses."})
    rows = (
        Status.objects.of(business)
        .filter(pk__in=statuses)
        .order_by("pk")
        .select_related("pipeline__business")
    )
    found = {one.pk: one for one in rows.select_for_update(no_key=True, of=("self",))}
    errors = {f"statuses.{place}": NO_STATUS for place, pk in enumerate(statuses) if pk not in found}
    if errors:
        raise Invalid(errors)
    foreign = [
        one for one in found.values() if one.pipeline.record_type.lower() != source.record_type.lower()
    ]
    if foreign:
        raise Conflict(
            "other_record_type",
            f"This action is for the record type {source.record_type}, and “{foreign[0].name}” is a status of"
            f" {foreign[0].pipeline.name}, which is for {foreign[0].pipeline.record_type}.",
        )
    return found


def _names(statuses: Iterable[Status]) -> dict[int, dict[str, int]]:
    """For each status its actions, by their names in lower case."""
    taken: dict[int, dict[str, int]] = {one.pk: {} for one in statuses}
    for pk, status, name in StatusAction.objects.filter(status__in=taken).values_list("pk", "status", "name"):
        taken[status][name.lower()] = pk
    return taken


def _plan(
    source: Source, status: Status, taken: Mapping[str, int], names: Mapping[int, str], on_conflict: str
) -> Applied:
    there = taken.get(source.name.lower())
    if there is not None and there == source.action:
        return Applied(status.pk, status.name, "skipped", "This is where it comes from.", there, source.name)
    if status.archived:
        return Applied(status.pk, status.name, "refused", "The status is archived.")
    if (lost := _unknown(source, status, names)) is not None:
        why = f"{status.pipeline.name} has no status “{lost}” to move to."
        return Applied(status.pk, status.name, "refused", why)
    if there is None:
        return Applied(status.pk, status.name, "created", name=source.name)
    if on_conflict == "skip":
        return Applied(
            status.pk, status.name, "skipped", "It has an action of this name.", there, source.name
        )
    if on_conflict == "replace":
        return Applied(status.pk, status.name, "replaced", "", there, source.name)
    name = next(n for k in range(2, MANY) if (n := f"{source.name[:190]} ({k})").lower() not in taken)
    return Applied(
        status.pk, status.name, "kept", f"It stays, and this one comes beside it as “{name}”.", name=name
    )


def _unknown(source: Source, status: Status, names: Mapping[int, str]) -> str | None:
    """The name of a status that an operation moves to and that this pipeline does not have; None when it has all."""
    if status.pipeline_id == source.pipeline:
        return None
    mapped = _mapping(source, status, names)
    return next(
        (
            names.get(int(step["status"]), "of that time")
            for step in source.operations
            if step["kind"] == "change_status" and int(step["status"]) not in mapped
        ),
        None,
    )


def _mapping(source: Source, status: Status, names: Mapping[int, str]) -> dict[int, int]:
    """For the statuses of the source's pipeline, those of the same names in this one."""
    here = {
        name.lower(): pk
        for pk, name in Status.objects.filter(pipeline=status.pipeline_id).values_list("pk", "name")
    }
    return {pk: here[name.lower()] for pk, name in names.items() if name.lower() in here}


def _write(source: Source, status: Status, planned: Applied, names: Mapping[int, str]) -> Applied:
    if planned.result in ("skipped", "refused"):
        return planned
    operations = [dict(step) for step in source.operations]
    if status.pipeline_id != source.pipeline:
        mapped = _mapping(source, status, names)
        for step in operations:
            if step["kind"] == "change_status":
                step["status"] = str(mapped[int(step["status"])])
    if errors := editing.missing(status, operations):
        why = next(iter(errors.values()))
        return Applied(status.pk, status.name, "refused", why)
    action = StatusAction(pk=planned.action, business_id=status.pipeline.business_id, status=status)
    action.name, action.category, action.operations = planned.name, source.category, operations
    if planned.action is not None:
        action.created_at = StatusAction.objects.values_list("created_at", flat=True).get(pk=planned.action)
    editing.save(action)
    return Applied(status.pk, status.name, planned.result, planned.detail, action.pk, planned.name)
