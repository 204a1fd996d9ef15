"""Is this a workflow that could be published? Its shape, and whether what it names exists."""

from collections.abc import Iterator, Mapping
from typing import Any

from contacts.actors import Actor
from contacts.models import Business, Status
from contacts.services import work
from contacts.services.errors import Conflict, Invalid, RoleRequired
from contacts.words import Role, role_reaches
from messaging import templates
from messaging.services.manual import VARIABLES
from workflows import definition
from workflows.definition import Definition
from workflows.models import StatusAction, Workflow

INBOUND = frozenset({"message.body"})
"""What templates may name where a message may have started the workflow."""
NO_WORKFLOW = "There is no such workflow in this business: give the id of one."
NO_STATUS = "There is no such status in this business: give the id of one."
NO_STATUS_ASKED_FOR = "There is no such status in this business: give the name or the id of one."
NO_AUDIENCE = "There is no such role, team or user: give managers, team:NAME or user:EMAIL."


def need_manager(by: Actor) -> None:
    if not role_reaches(by.role, Role.MANAGER):
        raise RoleRequired(Role.MANAGER.value)


def need_unchanged(thing: Workflow | StatusAction, drawn: str | None) -> None:
    """Raise Conflict when the locked row changed after the ISO time `drawn`, when it was shown. None asks nothing."""
    if drawn is not None and thing.changed_at.isoformat() != drawn:
        what = "workflow" if isinstance(thing, Workflow) else "action"
        raise Conflict("changed_meanwhile", f"Somebody has changed this {what} meanwhile: reload to see it.")


def validate(business: Business, data: Mapping[str, Any]) -> None:
    """Raise Invalid, with a sentence for each dotted path, for whatever publishing would refuse."""
    checked(business, data)


def checked(business: Business, data: Mapping[str, Any]) -> Definition:
    """`data` in the form in which it is kept. Raises Invalid as `validate` does."""
    found = definition.read(data)
    if errors := dict(mistakes(business, found)):
        raise Invalid(errors)
    return found


def _starts_with_a_message(found: Definition) -> bool:
    return any(trigger["type"] == "message_received" for trigger in found.triggers)


def mistakes(business: Business, found: Definition) -> Iterator[tuple[str, str]]:
    named = dict(found.workflows())
    known = set(Workflow.objects.of(business).filter(pk__in=set(named.values())).values_list("pk", flat=True))
    yield from ((path, NO_WORKFLOW) for path, pk in named.items() if pk not in known)
    yield from _statuses_that_are_not_there(business, found)
    for path, to in found.audiences():
        if work.audience_of(business.pk, to) is None:
            yield path, NO_AUDIENCE
    variables = VARIABLES | INBOUND if _starts_with_a_message(found) else VARIABLES
    for path, source in found.templates():
        if wrong := templates.check_template(source, variables=variables):
            yield path, wrong


def _statuses_that_are_not_there(business: Business, found: Definition) -> Iterator[tuple[str, str]]:
    """A condition may say the name or the id, in upper or lower case: what it would never meet is not accepted."""
    there = dict(Status.objects.of(business).values_list("pk", "name"))
    words = {name.lower() for name in there.values()} | {str(pk) for pk in there}
    yield from ((path, NO_STATUS) for path, pk in found.statuses() if pk not in there)
    yield from (
        (path, NO_STATUS_ASKED_FOR) for path, word in found.statuses_asked_for() if word.lower() not in words
    )
