"""Writing, rewriting and removing actions. Managers may."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from contacts.actors import Actor
from contacts.models import Status
from contacts.services import tags
from contacts.services.errors import Conflict, Invalid
from workflows.definition import Definition, fields
from workflows.definition.fields import Notes, shape
from workflows.definition.operations import read_operations
from workflows.models import CATEGORIES, StatusAction
from workflows.services import checking

MOST_ACTIONS = 50
NAME_TAKEN = "Another action of this status has this name: choose another."
OTHER_PIPELINE = "Give a status of the pipeline in which the action is."
NAME = fields.text("Give the action a name of 1 to 200 characters.", one_line=True)
CATEGORY = fields.text(
    f"Give {', '.join(CATEGORIES)}, or a category of your own, of 1 to 40 characters.",
    most=40,
    required=False,
    one_line=True,
)
KEYS = ("name", "category", "operations")


def create(*, status: Status, data: Mapping[str, Any], by: Actor) -> StatusAction:
    """A new action of a status, of `name`, `category` and `operations`. Raises Invalid and RoleRequired."""
    checking.need_manager(by)
    name, category, operations = checked(status, data)
    with transaction.atomic():
        Status.objects.select_for_update(no_key=True).get(pk=status.pk)
        if StatusAction.objects.filter(status=status).count() >= MOST_ACTIONS:
            raise Conflict("too_many_actions", f"A status has at most {MOST_ACTIONS} actions.")
        action = StatusAction(
            business_id=status.pipeline.business_id,
            status=status,
            name=name,
            category=category,
            operations=operations,
        )
        save(action)
    return action


@transaction.atomic
def update(
    *, action: StatusAction, data: Mapping[str, Any], by: Actor, drawn: str | None = None
) -> StatusAction:
    """Bring an action to `data`; a key that is left out stays. What has been run stays as it was.

    Raises Conflict `changed_meanwhile` when it is no longer as it was at `drawn`, its `changed_at` as somebody saw it.
    """
    checking.need_manager(by)
    found = StatusAction.objects.select_related("status__pipeline__business")
    current = found.select_for_update(no_key=True, of=("self",)).get(pk=action.pk)
    checking.need_unchanged(current, drawn)
    if not isinstance(data, Mapping):
        raise Invalid({"": "Give the changes as an object."})
    whole = {key: getattr(current, key) for key in KEYS} | dict(data)
    current.name, current.category, current.operations = checked(current.status, whole)
    save(current)
    return current


def delete(*, action: StatusAction, by: Actor) -> None:
    """Remove its button. What it has done stays, with its name."""
    checking.need_manager(by)
    action.delete()


def save(action: StatusAction) -> None:
    """Keep it, with the tags that it puts on. Raises Invalid for a name that the status has already."""
    try:
        with transaction.atomic():
            action.save()
    except IntegrityError as error:
        if "workflows_action_names_are_unique" not in str(error):
            raise
        raise Invalid({"name": NAME_TAKEN}) from error
    tags.ids_of(action.business_id, {step["tag"] for step in action.operations if step["kind"] == "add_tag"})


def checked(status: Status, data: Mapping[str, Any]) -> tuple[str, str, list[dict[str, Any]]]:
    """Name, category and operations as they are kept. Raises Invalid with a sentence for each dotted path."""
    notes = Notes()
    if not isinstance(data, Mapping):
        raise Invalid({"": "Give an action as an object."})
    top = shape(notes, "", data, {"name": NAME, "category": CATEGORY}, known=KEYS)
    operations = read_operations(notes, "operations", data.get("operations", []))
    if not notes.errors:
        notes.errors = missing(status, operations)
    if notes.errors:
        raise Invalid(notes.errors, notes.codes)
    return " ".join(top["name"].split()), _category(top.get("category", "other")), operations


def missing(status: Status, operations: list[dict[str, Any]]) -> dict[str, str]:
    """What the operations name and is not there, by dotted path."""
    found = Definition("", {}, [], operations)
    business = status.pipeline.business
    errors = {_own(path): said for path, said in checking.mistakes(business, found)}
    inside = set(Status.objects.filter(pipeline=status.pipeline_id).values_list("pk", flat=True))
    for path, pk in found.statuses():
        if pk not in inside:
            errors.setdefault(_own(path), OTHER_PIPELINE)
    return errors


def _own(path: str) -> str:
    return path.replace("steps.", "operations.", 1)


def _category(category: str) -> str:
    """The usual ones in one spelling: `Do_not_contact` is `do not contact`."""
    plain = " ".join(category.replace("_", " ").split())
    return plain.lower() if plain.lower() in CATEGORIES else plain
