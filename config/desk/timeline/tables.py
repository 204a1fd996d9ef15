"""The tables that know something of a contact's history, and how a row of each reads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from contacts.models import Contact, Event, EventKind, Note, Task
from contacts.words import Source
from dnd.models import Change, ChangeText
from messaging import policy
from messaging.models import Message, MessageState
from workflows.models import Enrollment, Outcome, StepRun, Workflow

LONGEST_DETAIL = 400


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a history. `source` is a `Source`; `actor` is who it was, by name. `message`: the one that it is."""

    at: datetime
    kind: str
    summary: str
    source: str
    actor: str = ""
    detail: str = ""
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` of a contact, with the `moment` by which they are ordered; `items`: the given rows in words.

    `parts`: to which parts of the history they belong; the rows of one that is asked for alone are `some`.
    """

    rows: Callable[[Contact], QuerySet[Any]]
    items: Callable[[Sequence[int]], Iterable[tuple[int, Item]]]
    parts: tuple[str, ...]
    some: Callable[[QuerySet[Any], str], QuerySet[Any]] = lambda rows, part: rows


MESSAGE_EVENTS = (EventKind.MESSAGE_RECEIVED.value, EventKind.MESSAGE_FAILED.value)
"""The messages themselves stand in the history."""


def _events(contact: Contact) -> QuerySet[Event]:
    return Event.objects.filter(contact=contact).exclude(kind__in=MESSAGE_EVENTS).annotate(moment=F("at"))


def _say_events(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    events = list(Event.objects.filter(pk__in=ids))
    notes = _notes_of(event.data["change"] for event in events if "change" in event.data)
    for e in events:
        yield e.pk, Item(e.at, e.kind, e.summary, e.source, e.actor, notes.get(e.data.get("change"), ""))


def _notes_of(changes: Iterable[int]) -> dict[Any, str]:
    return dict(ChangeText.objects.filter(pk__in=list(changes)).values_list("change_id", "note"))


def _grounds(contact: Contact) -> QuerySet[Change]:
    """Changes of the grounds alone; a change of a channel's state has its event.

    Lines never move, so that those of contacts which were merged into this one are looked for under their own ids.
    """
    merged = list(contact.merged.values_list("pk", flat=True))
    whose = Q(contact__in=[contact.pk, *merged]) if merged else Q(contact=contact)
    return Change.objects.filter(whose).exclude(kind=Change.Kind.CHANGED).annotate(moment=F("recorded_at"))


def _say_grounds(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    notes = _notes_of(ids)
    for c in Change.objects.filter(pk__in=ids):
        yield (
            c.pk,
            Item(
                c.recorded_at, EventKind.CONTACT_DND.value, c.summary, c.source, c.actor, notes.get(c.pk, "")
            ),
        )


MESSAGE_MOMENT = Coalesce("called_at", "settled_at", "created_at")
"""When a message left, was refused, or was written: whichever it has come to."""


def _moment_of(message: Message) -> datetime:
    return message.called_at or message.settled_at or message.created_at


def _messages(contact: Contact) -> QuerySet[Message]:
    return Message.objects.filter(contact=contact).annotate(moment=MESSAGE_MOMENT)


def _say_messages(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    messages = list(Message.objects.filter(pk__in=ids).select_related("broadcast"))
    workflows = _workflows_of(m.enrollment for m in messages if m.enrollment)
    for m in messages:
        workflow = workflows.get(m.enrollment, "")
        kind, summary = _of_step(m, workflow) or ("message", MESSAGE_WORDS[m.state].format(**_words_of(m)))
        detail = m.detail if m.state in WHY else m.subject or m.sent_body or m.body
        source = Source.CONTACT.value if m.direction == Message.Way.INBOUND else m.source
        yield (
            m.pk,
            Item(_moment_of(m), kind, summary, source, workflow or m.actor, detail[:LONGEST_DETAIL], m),
        )


MESSAGE_WORDS: Mapping[str, str] = {
    MessageState.QUEUED.value: "{channel} queued",
    MessageState.HELD.value: "{channel} held: {detail}",
    MessageState.CALLING.value: "{channel} is being handed over",
    MessageState.SENT.value: "{channel} sent",
    MessageState.DELIVERED.value: "{channel} delivered",
    MessageState.FAILED.value: "{channel} failed: {detail}",
    MessageState.DROPPED.value: "{channel} not sent: {detail}",
    MessageState.UNKNOWN.value: "{channel} handed over, and nobody knows what became of it",
    MessageState.RECEIVED.value: "{channel} received",
}
WHY = (MessageState.HELD, MessageState.FAILED, MessageState.DROPPED, MessageState.UNKNOWN)


def _words_of(message: Message) -> dict[str, str]:
    channel = message.get_channel_display()
    if message.broadcast:
        channel = f"{message.broadcast.get_kind_display()} “{message.broadcast.name}”: {channel}"
    return {"channel": channel, "detail": message.detail}


def _of_step(message: Message, workflow: str) -> tuple[str, str] | None:
    """What a step of a workflow came to, where it did not send."""
    outcome = ""
    if message.state == MessageState.DROPPED and message.rule != "withdrawn":
        outcome = "skipped" if message.rule in policy.SKIPS else "failed"
    elif message.state in (MessageState.FAILED, MessageState.UNKNOWN):
        outcome = str(message.state)
    if not workflow or not outcome:
        return None
    return "step", _step_words(workflow, outcome, message.get_channel_display(), message.reason)


def _step_words(workflow: str, outcome: str, what: str, reason: str) -> str:
    return f"Workflow “{workflow}”: step {outcome} — {what}" + (f" ({reason})" if reason else "")


def _workflows_of(enrollments: Iterable[int]) -> dict[int | None, str]:
    """The name of the workflow of each of these enrollments."""
    return dict(Enrollment.objects.filter(pk__in=list(enrollments)).values_list("pk", "workflow__name"))


def _entered(contact: Contact) -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(contact=contact).annotate(moment=F("entered_at"))


def _say_entered(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    for e in Enrollment.objects.filter(pk__in=ids).select_related("workflow"):
        summary = f"Entered workflow “{e.workflow.name}”"
        source, actor = _who(e.entered_by)
        yield e.pk, Item(e.entered_at, "enrollment", summary, source, actor, e.entered_by)


def _who(entered_by: str) -> tuple[str, str]:
    """Source and name from what stands in `entered_by`: `user: Sam`, `Workflow: Nurture`, or the name of a trigger."""
    source, _, name = entered_by.partition(": ")
    return (source.lower(), name) if source.lower() in Source.values else (Source.WORKFLOW.value, "")


def _ended(contact: Contact) -> QuerySet[Enrollment]:
    ended = Enrollment.objects.filter(contact=contact, ended_at__isnull=False)
    return ended.annotate(moment=F("ended_at"))


def _say_ended(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    for e in Enrollment.objects.filter(pk__in=ids, ended_at__isnull=False).select_related("workflow"):
        summary = f"Left workflow “{e.workflow.name}”: {e.get_exit_reason_display()}"
        if e.ended_at:
            yield e.pk, Item(e.ended_at, "enrollment", summary, "workflow", e.workflow.name, e.exit_detail)


def _steps(contact: Contact) -> QuerySet[StepRun]:
    """Steps that went wrong and have no message that says so: few, found by one look at each enrollment."""
    runs = StepRun.objects.filter(enrollment__contact=contact, message=None)
    return runs.exclude(outcome=Outcome.DONE).annotate(moment=F("at"))


def _say_steps(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    for r in StepRun.objects.filter(pk__in=ids).select_related("enrollment__workflow"):
        name = r.enrollment.workflow.name
        what = r.kind.replace("_", " ")
        summary = _step_words(name, r.outcome, what, r.reason)
        yield r.pk, Item(r.at, "step", summary, "workflow", name, r.detail)


def _tasks(contact: Contact) -> QuerySet[Task]:
    return Task.objects.filter(contact=contact).annotate(moment=F("created_at"))


def _say_tasks(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    tasks = list(Task.objects.filter(pk__in=ids))
    named = Workflow.objects.filter(
        business__in={t.business_id for t in tasks}, name__in={t.created_by for t in tasks}
    )
    workflows = set(named.values_list("name", flat=True))
    for t in tasks:
        source = Source.WORKFLOW if t.created_by in workflows else Source.USER
        detail = "Done" if t.done_at else f"Due {t.due_at:%Y-%m-%d %H:%M} UTC" if t.due_at else ""
        yield t.pk, Item(t.created_at, "task", f"Task: {t.title}", source.value, t.created_by, detail)


def _notes(contact: Contact) -> QuerySet[Note]:
    return Note.objects.filter(contact=contact).annotate(moment=F("created_at"))


def _say_notes(ids: Sequence[int]) -> Iterable[tuple[int, Item]]:
    for n in Note.objects.filter(pk__in=ids).select_related("author"):
        author = str(n.author) if n.author else ""
        yield n.pk, Item(n.created_at, "note", "Note", "user", author, n.text)


MESSAGES, DND, WORK, WORKFLOWS, REST = "messages", "dnd", "work", "workflows", "rest"
DND_EVENTS = (EventKind.CONTACT_DND.value, EventKind.DO_NOT_CONTACT.value, EventKind.INBOUND_BLOCKED.value)


def _events_of(rows: QuerySet[Event], part: str) -> QuerySet[Event]:
    return rows.filter(kind__in=DND_EVENTS) if part == DND else rows.exclude(kind__in=DND_EVENTS)


TABLES: tuple[Table, ...] = (
    Table(_entered, _say_entered, (WORKFLOWS,)),
    Table(_ended, _say_ended, (WORKFLOWS,)),
    Table(_steps, _say_steps, (WORKFLOWS,)),
    Table(_messages, _say_messages, (MESSAGES,)),
    Table(_tasks, _say_tasks, (WORK,)),
    Table(_notes, _say_notes, (WORK,)),
    Table(_grounds, _say_grounds, (DND,)),
    Table(_events, _say_events, (DND, REST), _events_of),
)
"""In this order among things of the same moment, the last one newest. Cursors hold the place in this list."""
