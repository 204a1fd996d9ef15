"""Who may run which action on which contact, and why not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contacts.actors import Actor
from contacts.models import Contact, Status
from contacts.services.errors import Conflict, RoleRequired
from contacts.words import Role, role_reaches
from workflows import versions
from workflows.models import StatusAction, Workflow


@dataclass(frozen=True, slots=True)
class Refused:
    """Why somebody cannot run an action. `code` is the problem's over REST."""

    code: str
    why: str
    role: str = ""

    def error(self) -> Exception:
        return RoleRequired(self.role) if self.code == "role_required" else Conflict(self.code, self.why)


@dataclass(frozen=True, slots=True)
class Seen:
    """An action beside a contact: it can be run when `refused` is None."""

    action: StatusAction
    refused: Refused | None


def needed_role(status: Status) -> str | None:
    """The least role that runs this status's actions; None: everybody."""
    return next((role for role in Role.values if role in status.roles), None)


def refusal(
    action: StatusAction, *, current: Status | None, by: Actor, unpublished: Mapping[int, str]
) -> Refused | None:
    """Why this person cannot run this action on a contact that stands at `current`, if they cannot.

    `unpublished`: names of workflows, by id, that are not published.
    """
    return cannot_at_all(action, by=by, unpublished=unpublished) or elsewhere(action, current)


def cannot_at_all(action: StatusAction, *, by: Actor, unpublished: Mapping[int, str]) -> Refused | None:
    """Why it cannot be run on anybody."""
    status = action.status
    needed = needed_role(status)
    if needed and not role_reaches(by.role, needed):
        return Refused("role_required", f"Actions of “{status.name}” need the role {needed}.", needed)
    if status.archived:
        return Refused(
            "status_archived", f"The status “{status.name}” is archived, and its actions are hidden."
        )
    for workflow in workflows_of(action):
        if workflow in unpublished:
            return Refused("not_published", f"The workflow “{unpublished[workflow]}” is not published.")
    return None


def elsewhere(action: StatusAction, current: Status | None) -> Refused | None:
    """Why it is not for a contact that stands there. Where the action itself leads, asking again does no harm."""
    status = action.status
    if current is None:
        return Refused("no_status", f"The contact has no status in the pipeline “{status.pipeline.name}”.")
    if current.pk == status.pk or current.pk in leads_to(action):
        return None
    if current.pipeline.record_type.lower() != status.pipeline.record_type.lower():
        return Refused(
            "other_record_type",
            f"This is an action for the record type {status.pipeline.record_type}; "
            f"the contact is a {current.pipeline.record_type}.",
        )
    if current.pipeline_id != status.pipeline_id:
        return Refused("no_status", f"The contact has no status in the pipeline “{status.pipeline.name}”.")
    return Refused(
        "other_status",
        f"This action belongs to the status “{status.name}”; the contact is in “{current.name}”.",
    )


def leads_to(action: StatusAction) -> set[int]:
    return {int(step["status"]) for step in action.operations if step["kind"] == "change_status"}


def workflows_of(action: StatusAction) -> list[int]:
    return [int(step["workflow"]) for step in action.operations if step["kind"] == "add_to_workflow"]


def unpublished_of(actions: Iterable[StatusAction]) -> dict[int, str]:
    """Names, by id, of the workflows that these actions add to and that are not published."""
    named = {workflow for action in actions for workflow in workflows_of(action)}
    if not named:
        return {}
    missing = named - versions.published(named).keys()
    names = dict(Workflow.objects.filter(pk__in=missing).values_list("pk", "name"))
    return {pk: names.get(pk, "(deleted)") for pk in missing}


def seen(contact: Contact, *, by: Actor, status: Status | None = None) -> list[Seen]:
    """Every action of the business, or of `status`, with why this person cannot run it on this contact, if so."""
    found = StatusAction.objects.of(contact.business_id).select_related("status__pipeline")
    found = found.filter(status=status) if status else found
    actions = list(found.order_by("status__pipeline__name", "status__position", "status", "category", "name"))
    current = Status.objects.select_related("pipeline").filter(contacts=contact).first()
    unpublished = unpublished_of(actions)
    return [Seen(one, refusal(one, current=current, by=by, unpublished=unpublished)) for one in actions]
