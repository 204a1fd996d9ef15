"""What a ledger line came from, as links: the message, the workflow's step, the action, the import, another line."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from contacts.models import Contact, Event, Job
from dnd.models import Change, DncEntry
from messaging.models import Message
from workflows.models import ActionRun, Enrollment


@dataclass(frozen=True, slots=True)
class Cause:
    """`url` is empty where there is no page to go to."""

    words: str
    url: str = ""


def of(line: Change) -> list[Cause]:
    """Everything that is known to stand behind this line, the nearest first."""
    return [*_enrollment(line), *(cause for each in line.evidence for cause in _evidence(line, each))]


def _enrollment(line: Change) -> Iterator[Cause]:
    """The workflow's run that made the change; its event stands at the same moment."""
    events = Event.objects.filter(contact=line.contact_id, at=line.recorded_at, data__change=line.pk)
    found = events.exclude(cause_enrollment=None).values_list("cause_enrollment", flat=True)
    for enrollment in Enrollment.objects.filter(pk__in=list(found)).select_related("workflow"):
        url = reverse("desk:enrollment", args=[enrollment.pk])
        yield Cause(f"A step of the workflow “{enrollment.workflow.name}”", url)


def _evidence(line: Change, evidence: str) -> Iterator[Cause]:
    kind, _, rest = evidence.replace(" ", ":", 1).partition(":")
    number = int(rest) if rest.isascii() and rest.isdecimal() and len(rest) < 19 else None
    if number is not None and kind in KINDS:
        yield from KINDS[kind](line, number)
    else:
        yield from _told(line, evidence)


def _job(line: Change, pk: int) -> Iterator[Cause]:
    for job in Job.objects.filter(business=line.business_id, pk=pk):
        yield Cause(f"Job: {job.title}", reverse("desk:job", args=[job.pk]))


def _import(line: Change, pk: int) -> Iterator[Cause]:
    yield Cause(f"Import {pk}", reverse("desk:import", args=[pk]))


def _entry(line: Change, pk: int) -> Iterator[Cause]:
    for entry in DncEntry.objects.filter(business=line.business_id, pk=pk):
        yield Cause("Its entry of the Do Not Contact list", reverse("desk:dnc-entry", args=[entry.pk]))


def _action(line: Change, pk: int) -> Iterator[Cause]:
    for run in ActionRun.objects.filter(business=line.business_id, pk=pk):
        url = reverse("admin:contacts_contact_change", args=[line.contact_id])
        yield Cause(f"The action “{run.name}”, run by {run.actor or run.source}", url)


def _loser(line: Change, pk: int) -> Iterator[Cause]:
    for contact in Contact.objects.filter(business=line.business_id, pk=pk):
        url = f"{reverse('desk:ledger')}?contact={contact.pk}"
        yield Cause(f"Merged from contact {contact.pk}: its own lines", url)


def _line(line: Change, pk: int) -> Iterator[Cause]:
    for other in Change.objects.filter(business=line.business_id, pk=pk):
        yield Cause(f"An earlier line: {other.summary}", reverse("desk:ledger-line", args=[other.pk]))


KINDS = {
    "job": _job,
    "import": _import,
    "dnc": _entry,
    "action_run": _action,
    "merged_from": _loser,
    "change": _line,
}


def _told(line: Change, evidence: str) -> Iterator[Cause]:
    """A provider's id: of a message that we know, or of an event that only the provider can show."""
    found = Message.objects.filter(business=line.business_id, contact=line.contact_id, provider_id=evidence)
    message = found.first()
    if message is None:
        yield Cause(f"Evidence {evidence}")
        return
    way = "A text of theirs" if message.direction == Message.Way.INBOUND else "A message of ours"
    url = f"{reverse('admin:messaging_message_changelist')}?contact={line.contact_id}"
    yield Cause(f"{way} by {message.get_channel_display()}, {evidence}", url)
