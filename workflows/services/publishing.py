"""Freezing a workflow into a version, and taking it out of use."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from contacts import locks
from contacts.actors import Actor
from contacts.services import tags
from contacts.services.errors import Conflict, Invalid
from workflows import versions
from workflows.definition import KEYS, Definition, compile_program
from workflows.definition.steps import walk
from workflows.models import Version, Workflow
from workflows.services import checking


def published_version(workflow: Workflow) -> Version | None:
    """The version that events start now."""
    return Version.objects.published().filter(workflow=workflow).first()


def is_published(workflow: Workflow) -> bool:
    return published_version(workflow) is not None


@transaction.atomic
def publish(*, workflow: Workflow, by: Actor) -> Version:
    """Freeze the workflow as it is now; from this moment on events start it. Asking twice is the same as asking once.

    Enrollments that run keep the version that they began with. Raises Invalid, RoleRequired, and Conflict
    `nothing_to_publish` when there are no steps.
    """
    checking.need_manager(by)
    versions.lock_publishing([workflow.business_id], exclusive=True)
    current = Workflow.objects.of(workflow.business_id).select_for_update(no_key=True).get(pk=workflow.pk)
    found = _fit(current)
    before = published_version(current)
    if before and _same(before, found):
        return before
    # Tags that exist are not made by ticks, which would wait for each other if they made them in different orders.
    tags.ids_of(
        current.business_id, {step["tag"] for _, step in walk(found.steps) if step["kind"] == "add_tag"}
    )
    return _freeze(current, found, by)


def refusal(workflow: Workflow) -> str:
    """Why publishing it as it is now would be refused; empty where it would not."""
    try:
        _fit(workflow)
    except (Conflict, Invalid) as refused:
        return str(refused)
    return ""


def _fit(workflow: Workflow) -> Definition:
    found = checking.checked(workflow.business, {key: getattr(workflow, key) for key in KEYS})
    if not found.steps:
        raise Conflict("nothing_to_publish", "This workflow has no steps: add at least one.")
    return found


def _freeze(workflow: Workflow, found: Definition, by: Actor) -> Version:
    """The next version, in force from now on. The caller holds the publishing lock."""
    at = locks.now()
    retire(workflow, at)
    last = workflow.versions.aggregate(last=Max("number"))["last"] or 0
    return Version.objects.create(
        workflow=workflow,
        business_id=workflow.business_id,
        number=last + 1,
        settings=found.settings,
        triggers=found.triggers,
        steps=found.steps,
        program=compile_program(found.steps),
        published_at=at,
        published_by=by.label,
    )


def _same(version: Version, found: Definition) -> bool:
    return (version.settings, version.triggers, version.steps) == (
        found.settings,
        found.triggers,
        found.steps,
    )


@transaction.atomic
def unpublish(*, workflow: Workflow, by: Actor) -> None:
    """From this moment on events do not start it. Who is in it stays. Asking twice is the same as asking once."""
    checking.need_manager(by)
    versions.lock_publishing([workflow.business_id], exclusive=True)
    current = Workflow.objects.of(workflow.business_id).select_for_update(no_key=True).get(pk=workflow.pk)
    retire(current, locks.now())


def retire(workflow: Workflow, at: datetime) -> None:
    """End the time of the published version, if there is one. The caller holds the publishing lock."""
    Version.objects.published().filter(workflow=workflow).update(retired_at=at)
