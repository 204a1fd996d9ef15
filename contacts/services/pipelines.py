"""Pipelines and their statuses: made, renamed, put in order, archived, removed. Managers may."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max

from contacts.actors import Actor
from contacts.models import RECORD_TYPES, Business, Colour, Contact, Pipeline, Status, SystemStatus
from contacts.services import statuses
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Role, role_reaches

MOST_STATUSES = 100
LONGEST_NAME = 200
LONGEST_TYPE = 40
LAST_POSITION = 10_000
STATUS_FIELDS = ("name", "system_status", "restricts_contact", "position", "archived", "roles", "colour")
TAKEN = {
    "contacts_status_names_are_unique": "Another status of this pipeline has this name: choose another.",
}


def need_manager(by: Actor) -> None:
    if not role_reaches(by.role, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)


def create_pipeline(*, business: Business, name: str, record_type: str = "lead", by: Actor) -> Pipeline:
    """A pipeline without statuses yet. Raises Invalid and RoleRequired."""
    need_manager(by)
    errors: dict[str, str] = {}
    pipeline = Pipeline(
        business=business, name=_name(name, errors), record_type=_record_type(business, record_type, errors)
    )
    _save(pipeline, errors)
    return pipeline


@transaction.atomic
def update_pipeline(*, pipeline: Pipeline, data: Mapping[str, Any], by: Actor) -> Pipeline:
    """Rename it, or say of what it is. What is left out stays."""
    need_manager(by)
    held = Pipeline.objects.select_for_update(no_key=True).get(pk=pipeline.pk)
    errors: dict[str, str] = {}
    if "name" in data:
        held.name = _name(data["name"], errors)
    if "record_type" in data:
        held.record_type = _record_type(held.business, data["record_type"], errors)
    _save(held, errors)
    return held


@transaction.atomic
def delete_pipeline(*, pipeline: Pipeline, by: Actor) -> None:
    """Remove a pipeline in which nobody is. Raises Conflict `pipeline_has_contacts`."""
    need_manager(by)
    list(Status.objects.filter(pipeline=pipeline).select_for_update().values_list("pk"))
    inside = Contact.objects.filter(status__pipeline=pipeline).count()
    if inside:
        raise Conflict(
            "pipeline_has_contacts",
            f"{statuses.counted(inside)} in this pipeline: move them to another one first.",
        )
    pipeline.delete()


@transaction.atomic
def create_status(*, pipeline: Pipeline, data: Mapping[str, Any], by: Actor) -> Status:
    """A status at `position`, else behind the others. Those from that position on move down. Raises Invalid."""
    need_manager(by)
    Pipeline.objects.select_for_update(no_key=True).get(pk=pipeline.pk)
    there = Status.objects.filter(pipeline=pipeline)
    if there.count() >= MOST_STATUSES:
        raise Conflict("too_many_statuses", f"A pipeline has at most {MOST_STATUSES} statuses.")
    last = there.aggregate(last=Max("position"))["last"]
    status = Status(pipeline=pipeline, position=0 if last is None else last + 1)
    return _bring(status, data)


@transaction.atomic
def update_status(*, status: Status, data: Mapping[str, Any], by: Actor) -> Status:
    """Bring a status to `data`, keys of STATUS_FIELDS; what is left out stays. Its contacts stay in it.

    Archived, it takes nobody new and its actions are hidden; unarchived, it is as before.
    """
    need_manager(by)
    Pipeline.objects.select_for_update(no_key=True).get(pk=status.pipeline_id)
    return _bring(Status.objects.select_for_update().get(pk=status.pk), data)


@transaction.atomic
def shift_status(*, status: Status, by: Actor, up: bool) -> None:
    """One place up or down among the statuses of its pipeline; at the end it stays."""
    need_manager(by)
    Pipeline.objects.select_for_update(no_key=True).get(pk=status.pipeline_id)
    order = list(Status.objects.filter(pipeline=status.pipeline_id).values_list("pk", flat=True))
    here = order.index(status.pk)
    there = here - 1 if up else here + 1
    if 0 <= there < len(order):
        order[here], order[there] = order[there], order[here]
    put_in_order(status.pipeline, order)


def put_in_order(pipeline: Pipeline, order: list[int]) -> None:
    """Number these statuses from 0. The caller holds the pipeline."""
    ranked = {pk: rank for rank, pk in enumerate(order)}
    found = list(Status.objects.filter(pipeline=pipeline, pk__in=order))
    for status in found:
        status.position = ranked[status.pk]
    Status.objects.bulk_update(found, ["position"])


def _bring(status: Status, data: Mapping[str, Any]) -> Status:
    errors: dict[str, str] = {}
    for field in STATUS_FIELDS:
        if field in data:
            setattr(status, field, READ[field](data[field], errors) if field in READ else data[field])
    if not status.name:
        errors.setdefault("name", "Give the status a name of 1 to 200 characters.")
    if "position" in data and not errors:
        _make_room(status)
    _save(status, errors)
    return status


def _make_room(status: Status) -> None:
    """Whoever stands at its position, and all behind, move down by one."""
    others = Status.objects.filter(pipeline=status.pipeline_id).exclude(pk=status.pk)
    if others.filter(position=status.position).exists():
        others.filter(position__gte=status.position).update(position=F("position") + 1)


def _name(name: str, errors: dict[str, str]) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        errors["name"] = "Give a name of 1 to 200 characters on one line."
    return name


def _record_type(business: Business, record_type: str, errors: dict[str, str]) -> str:
    """The word as this business writes it already: upper and lower case are the same type."""
    record_type = " ".join(record_type.split())
    if not 0 < len(record_type) <= LONGEST_TYPE or not record_type.isprintable():
        errors["record_type"] = (
            "Say of what the pipeline is: lead, patient, customer, or your own word of 40."
        )
        return record_type
    known = [*RECORD_TYPES, *Pipeline.objects.of(business).values_list("record_type", flat=True)]
    return next((word for word in known if word.lower() == record_type.lower()), record_type)


def _one_of(values: list[str], field: str) -> Any:
    def read(value: Any, errors: dict[str, str]) -> Any:
        if value not in values:
            errors[field] = f"Give one of: {', '.join(values)}."
        return value

    return read


def _roles(roles: Any, errors: dict[str, str]) -> list[str]:
    if wrong := [role for role in roles if role not in Role.values]:
        errors["roles"] = f"Unknown role {wrong[0]!r}: use {', '.join(Role.values)}."
    return [role for role in Role.values if role in roles]


def _position(position: Any, errors: dict[str, str]) -> Any:
    if not 0 <= position <= LAST_POSITION:
        errors["position"] = f"Give a position from 0 to {LAST_POSITION:,}."
    return position


READ: Mapping[str, Any] = {
    "name": _name,
    "system_status": _one_of(list(SystemStatus.values), "system_status"),
    "colour": _one_of(list(Colour.values), "colour"),
    "roles": _roles,
    "position": _position,
}


def _save(made: Pipeline | Status, errors: Mapping[str, str]) -> None:
    if errors:
        raise Invalid(errors)
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError as error:
        taken = next((sentence for name, sentence in TAKEN.items() if name in str(error)), None)
        if taken is None:
            raise
        raise Invalid({"name": taken}) from error
