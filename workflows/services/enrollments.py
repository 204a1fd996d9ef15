"""Contacts brought into a workflow, and taken out, by hand."""

from django.db import transaction

from contacts import locks
from contacts.actors import Actor
from contacts.services.errors import Conflict, Invalid
from workflows import entering, leaving, versions
from workflows.entering import Want
from workflows.leaving import Leave
from workflows.models import Enrollment, Firing, Workflow
from workflows.services import checking

NO_CONTACT = "There is no such contact in this business: give the id of one."
REFUSED = {
    Firing.Outcome.ALREADY_ACTIVE: ("already_enrolled", "The contact is in this workflow already."),
    Firing.Outcome.REENTRY_OFF: (
        "reentry_off",
        "The contact was in this workflow before, and its settings do not allow re-entry.",
    ),
}


@transaction.atomic
def enroll(*, workflow: Workflow, contact: int, by: Actor) -> Enrollment:
    """Start the published version for a contact, whatever the triggers.

    Raises RoleRequired, Invalid for a contact that this business does not have, and Conflict `not_published`,
    `already_enrolled` or `reentry_off`.
    """
    checking.need_manager(by)
    if not locks.lock_contacts(workflow.business_id, [contact]):
        raise Invalid({"contact": NO_CONTACT}, {"contact": "not_found"})
    version = versions.published([workflow.pk]).get(workflow.pk)
    if version is None:
        raise Conflict("not_published", "This workflow is not published: publish it first.")
    want = Want(contact, version, f"{by.source}: {by.label}" if by.label else by.source)
    [answer] = entering.admit([want], at=locks.now())
    if answer.enrollment is None:
        raise Conflict(*REFUSED[Firing.Outcome(answer.outcome)])
    return Enrollment.objects.get(pk=answer.enrollment)


@transaction.atomic
def remove(*, enrollment: Enrollment, by: Actor) -> Enrollment:
    """Take a contact out of a workflow: nothing of it runs, and what it had queued is withdrawn. Twice is as once."""
    checking.need_manager(by)
    locks.lock_contacts(enrollment.business_id, [enrollment.contact_id])
    leaving.leave([Leave(enrollment.pk, Enrollment.Exit.USER, by.label)], at=locks.now())
    enrollment.refresh_from_db()
    return enrollment
