"""The demo's pipeline: from a new lead to one that is won, or never to be contacted again."""

from typing import Any

from contacts.actors import Actor
from contacts.models import Business, Contact, Pipeline, Status
from contacts.services import pipelines, statuses
from workflows.models import StatusAction
from workflows.services import actions

NAME = "New leads"
NEW, CONTACTED, VISIT, WON, LOST = "New", "Contacted", "Visit booked", "Won", "Do not contact"
STATUSES: dict[str, dict[str, Any]] = {
    NEW: {"system_status": "new", "colour": "blue"},
    CONTACTED: {"system_status": "open", "colour": "teal"},
    VISIT: {"system_status": "appointment", "colour": "amber"},
    WON: {"system_status": "won", "colour": "green"},
    LOST: {"system_status": "dead", "colour": "red", "restricts_contact": True},
}
NEVER_AGAIN = actions.advice.STANDARD_NAME
LEADS = {NEW: 4, CONTACTED: 3, VISIT: 2}
"""How many of the demo's contacts begin where."""


def seed(business: Business, *, by: Actor) -> None:
    """Make the pipeline where the business has none; one that somebody changed stays as they left it."""
    if business.slug == "demo" and not Pipeline.objects.of(business).exists():
        ensure(business, by=by)


def ensure(business: Business, *, by: Actor) -> dict[str, Status]:
    """The pipeline's statuses by name, each with its actions, made anew where they are missing or archived."""
    pipeline = Pipeline.objects.of(business).filter(name=NAME).first()
    if pipeline is None:
        pipeline = pipelines.create_pipeline(business=business, name=NAME, by=by)
    there = {status.name: status for status in pipeline.statuses.all()}
    for name, data in STATUSES.items():
        if name not in there:
            made = pipelines.create_status(pipeline=pipeline, data={"name": name, **data}, by=by)
            there[name] = made
        elif there[name].archived:
            there[name] = pipelines.update_status(status=there[name], data={"archived": False}, by=by)
    _actions(there, by)
    return there


def _actions(there: dict[str, Status], by: Actor) -> None:
    """Nobody answers, a visit is booked, and they never want to hear of us again: the last in four statuses."""
    new = there[NEW]
    _action(
        new,
        {
            "name": "No answer",
            "category": "contacted",
            "operations": [
                {"kind": "add_tag", "tag": "no-answer"},
                {"kind": "create_task", "title": "Call {{contact.first_name}} again", "due_in": "1d"},
            ],
        },
        by,
    )
    book = {"kind": "change_status", "status": str(there[VISIT].pk)}
    _action(new, {"name": "Visit booked", "category": "appointment", "operations": [book]}, by)
    never = _action(new, actions.suggested(new), by)
    others = [there[name].pk for name in (CONTACTED, VISIT, WON)]
    actions.copy(action=never, statuses=others, on_conflict="skip", by=by)


def _action(status: Status, data: dict[str, Any], by: Actor) -> StatusAction:
    found = StatusAction.objects.filter(status=status, name=data["name"]).first()
    return found or actions.create(status=status, data=data, by=by)


def place(business: Business, *, by: Actor) -> None:
    """Some of the contacts are leads, for a board that shows something."""
    found = {status.name: status for status in Status.objects.of(business).filter(pipeline__name=NAME)}
    people = iter(Contact.objects.of(business).order_by("pk").values_list("pk", flat=True))
    for name, count in LEADS.items():
        some = [pk for _, pk in zip(range(count), people, strict=False)]
        if name in found and some:
            statuses.change(business=business, contacts=some, status=found[name].pk, by=by)
