"""Writing, rewriting and deleting workflows. What contacts go through is the version that was published."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from contacts import locks
from contacts.actors import Actor
from contacts.models import Business
from contacts.services.errors import Invalid
from workflows import leaving, versions
from workflows.definition import KEYS
from workflows.leaving import Leave
from workflows.models import Enrollment, Workflow
from workflows.services import checking
from workflows.services.publishing import retire

BATCH = 200


def create(*, business: Business, data: Mapping[str, Any], by: Actor) -> Workflow:
    """A new workflow of `name`, `settings`, `triggers` and `steps`, not yet published. Raises Invalid, RoleRequired."""
    checking.need_manager(by)
    found = checking.checked(business, data)
    workflow = Workflow(
        business=business,
        name=found.name,
        settings=found.settings,
        triggers=found.triggers,
        steps=found.steps,
    )
    workflow.save()
    return workflow


@transaction.atomic
def update(*, workflow: Workflow, data: Mapping[str, Any], by: Actor, drawn: str | None = None) -> Workflow:
    """Bring a workflow to `data`; a key that is left out stays. The published version stays as it is.

    Nothing different: nothing is written. Raises Conflict `changed_meanwhile` when it is no longer as it was at
    `drawn`, its `changed_at` as somebody saw it.
    """
    checking.need_manager(by)
    current = Workflow.objects.of(workflow.business_id).select_for_update(no_key=True).get(pk=workflow.pk)
    checking.need_unchanged(current, drawn)
    if not isinstance(data, Mapping):
        raise Invalid({"": "Give the changes as an object."})
    before = {key: getattr(current, key) for key in KEYS}
    found = checking.checked(workflow.business, before | dict(data))
    if all(getattr(found, key) == kept for key, kept in before.items()):
        return current
    current.name, current.settings = found.name, found.settings
    current.triggers, current.steps = found.triggers, found.steps
    current.save()
    return current


def delete(*, workflow: Workflow, by: Actor) -> None:
    """It starts for nobody any more, and whoever is in it leaves it. Its enrollments stay to be read.

    What was queued by them is withdrawn. The engine ends those that this process cannot end because it died.
    """
    checking.need_manager(by)
    with transaction.atomic():
        versions.lock_publishing([workflow.business_id], exclusive=True)
        current = Workflow.objects.of(workflow.business_id).select_for_update(no_key=True).get(pk=workflow.pk)
        at = locks.now()
        retire(current, at)
        Workflow.objects.filter(pk=current.pk).update(deleted_at=at)
    while _empty(workflow, by):
        pass


@transaction.atomic
def _empty(workflow: Workflow, by: Actor) -> int:
    """Take up to 200 contacts out of the workflow; how many enrollments ended."""
    running = Enrollment.objects.running().filter(workflow=workflow)
    contacts = list(running.values_list("contact_id", flat=True)[:BATCH])
    locks.lock_contacts(workflow.business_id, contacts)
    still = running.filter(contact__in=contacts).values_list("pk", flat=True)
    leaves = [Leave(pk, Enrollment.Exit.USER, f"The workflow was deleted by {by.label}.") for pk in still]
    return len(leaving.leave(leaves, at=locks.now()))
