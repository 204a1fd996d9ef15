"""What each operation of a status action does, for many contacts at once, and what it came to for each.

Asked twice, an operation does nothing the second time: a tag that is on, a task that is open, people who have been
told and have not looked yet are as they should be.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from contacts.actors import Actor
from contacts.models import Business, Notification, NotificationRead, Task
from contacts.services import statuses, tags, work
from contacts.services.errors import Conflict
from contacts.services.statuses import Move
from contacts.services.tags import Tagging
from contacts.words import CHANNELS_OF
from dnd import services as dnd
from messaging import templates
from workflows import entering, leaving, people, versions
from workflows.definition.fields import seconds_in
from workflows.entering import Want
from workflows.leaving import Leave
from workflows.models import Enrollment, Firing
from workflows.steps.statuses import channels_of

Config = Mapping[str, Any]


@dataclass(slots=True)
class Scene:
    """The contacts of one press, whose locks are held, and who presses. `runs`: the id of each contact's run."""

    business: Business
    contacts: Sequence[int]
    by: Actor
    name: str
    at: datetime
    runs: Mapping[int, int]
    entries: dict[int, int] = field(default_factory=dict)

    @property
    def through(self) -> str:
        return f"Action: {self.name}"

    def evidence(self) -> tuple[str, ...]:
        """What a ledger line says that it comes from; of many at once, their first run stands for all."""
        return (f"action_run:{min(self.runs.values())}",) if self.runs else ()


@dataclass(frozen=True, slots=True)
class Did:
    """What one operation came to for one contact."""

    changed: bool
    detail: str = ""


class CannotRun(Exception):
    """These contacts cannot be given this operation, so that nothing of the action may happen to them."""

    def __init__(self, refused: Mapping[int, tuple[str, str]]) -> None:
        super().__init__("refused")
        self.refused = dict(refused)


Results = dict[int, Did]


def add_tag(scene: Scene, config: Config) -> Results:
    return _tags(scene, config, tags.add)


def remove_tag(scene: Scene, config: Config) -> Results:
    return _tags(scene, config, tags.remove)


def _tags(scene: Scene, config: Config, change: Callable[..., set[tuple[int, str]]]) -> Results:
    taggings = [Tagging(contact, config["tag"]) for contact in scene.contacts]
    hit = {contact for contact, _ in change(scene.business.pk, taggings, by=scene.by)}
    return {contact: Did(contact in hit) for contact in scene.contacts}


def set_dnd(scene: Scene, config: Config) -> Results:
    """As the person who presses may: a lift that is not theirs refuses the whole action."""
    direction, channels = config["direction"], config["channels"]
    states: dict[str, bool] = dict.fromkeys(
        CHANNELS_OF[direction] if channels == "all" else channels, bool(config["enable"])
    )
    outbound, inbound = (states, {}) if direction == "outbound" else ({}, states)
    wish = dnd.Wish(
        outbound=outbound, inbound=inbound, note=config.get("note", ""), evidence_ids=scene.evidence()
    )
    outcomes = dnd.change(business=scene.business, contacts=scene.contacts, wish=wish, by=scene.by)
    refused = {
        outcome.contact_id: (outcome.refusals[0].code, str(dnd.Refused(outcome.refusals)))
        for outcome in outcomes
        if outcome.refusals
    }
    if refused:
        raise CannotRun(refused)
    return {outcome.contact_id: Did(bool(outcome.changes)) for outcome in outcomes}


def add_to_dnc(scene: Scene, config: Config) -> Results:
    listed = dnd.add_to_dnc(
        business=scene.business,
        contacts=scene.contacts,
        channels=channels_of(config),
        by=scene.by,
        action=scene.name,
        note=config.get("note", ""),
        evidence_ids=scene.evidence(),
    )
    scene.entries.update({one.contact_id: one.entry for one in listed if one.entry})
    return {one.contact_id: Did(bool(one.entry or one.outcome.changes)) for one in listed}


def change_status(scene: Scene, config: Config) -> Results:
    wanted = int(config["status"])
    status = statuses.hold(scene.business.pk, [wanted]).get(wanted)
    if status is None:
        raise Conflict(
            "no_status", "The status that this action moves to does not exist any more: edit the action."
        )
    moves = [Move(contact, status.id, through=scene.through) for contact in scene.contacts]
    if status.archived and statuses.elsewhere(scene.contacts, status.id):
        raise statuses.archived(status.name)
    moved = statuses.move(scene.business.pk, moves, by=scene.by)
    return {contact: Did(contact in moved, f"to “{status.name}”") for contact in scene.contacts}


def add_to_workflow(scene: Scene, config: Config) -> Results:
    workflow = int(config["workflow"])
    version = versions.published([workflow]).get(workflow)
    if version is None:
        raise Conflict("not_published", "The workflow that this action adds to is not published.")
    wants = [Want(contact, version, scene.through) for contact in scene.contacts]
    answers = entering.admit(wants, at=scene.at)
    return {
        want.contact: Did(answer.enrollment is not None, _why_not(answer.outcome))
        for want, answer in zip(wants, answers, strict=True)
    }


def _why_not(outcome: str) -> str:
    return "" if outcome == Firing.Outcome.ENROLLED else str(Firing.Outcome(outcome).label)


def remove_from_workflow(scene: Scene, config: Config) -> Results:
    named = int(config["workflow"]) if config["which"] == "another" else None
    running = [
        (enrollment, contact)
        for enrollment, contact, workflow, _ in leaving.running_of(scene.contacts)
        if named in (None, workflow)
    ]
    leaves = [Leave(pk, Enrollment.Exit.USER, f"{scene.through}, {scene.by.label}") for pk, _ in running]
    ended = leaving.leave(leaves, at=scene.at)
    left = {contact for pk, contact in running if pk in ended}
    return {contact: Did(contact in left) for contact in scene.contacts}


def internal_notification(scene: Scene, config: Config) -> Results:
    """Told once, until somebody has looked."""
    audience = work.audience_of(scene.business.pk, config["to"])
    if audience is None:
        raise Conflict("no_audience", f"There is nobody to notify any more: {config['to']}. Edit the action.")
    texts = _texts(scene, config["message"])
    read = NotificationRead.objects.filter(notification=OuterRef("pk"))
    unread = Notification.objects.filter(~Exists(read), business=scene.business, audience=audience)
    waiting = set(unread.filter(contact__in=scene.contacts).values_list("contact", "message"))
    new = [contact for contact in scene.contacts if (contact, texts[contact][:2000]) not in waiting]
    work.notify(scene.business.pk, [(audience, texts[contact], contact) for contact in new])
    return {contact: Did(contact in new) for contact in scene.contacts}


def create_task(scene: Scene, config: Config) -> Results:
    """Once, until it is done."""
    texts = _texts(scene, config["title"])
    open_tasks = Task.objects.filter(contact__in=scene.contacts, done_at=None).values_list("contact", "title")
    there = set(open_tasks)
    new = [contact for contact in scene.contacts if (contact, texts[contact][:200]) not in there]
    due_in = config.get("due_in")
    due = scene.at + timedelta(seconds=seconds_in(due_in)) if due_in else None
    work.create_tasks(scene.business.pk, [(c, texts[c], due, scene.by.label) for c in new])
    return {contact: Did(contact in new) for contact in scene.contacts}


def _texts(scene: Scene, template: str) -> dict[int, str]:
    contexts = people.contexts(scene.business.pk, scene.contacts)
    texts, refused = {}, {}
    for contact in scene.contacts:
        try:
            texts[contact] = templates.render(template, contexts[contact])
        except templates.CannotRender as error:
            refused[contact] = ("template", str(error))
    if refused:
        raise CannotRun(refused)
    return texts


OPERATIONS: Mapping[str, Callable[[Scene, Config], Results]] = {
    "add_tag": add_tag,
    "remove_tag": remove_tag,
    "set_dnd": set_dnd,
    "add_to_dnc": add_to_dnc,
    "change_status": change_status,
    "add_to_workflow": add_to_workflow,
    "remove_from_workflow": remove_from_workflow,
    "internal_notification": internal_notification,
    "create_task": create_task,
}
