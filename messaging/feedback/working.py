"""Working on what email providers reported: each event from its row, as often as it takes, with one effect."""

import json
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction

from compliance.models import FeedbackEvent
from compliance.services import feedback
from compliance.services.feedback import Told
from contacts import locks
from contacts.actors import Actor
from contacts.models import EventKind
from contacts.services import events
from contacts.services.events import Happening
from dnd.services import addresses
from messaging import delivery, hooks
from messaging.feedback import meaning, sns
from messaging.feedback.meaning import LABELS, Report
from messaging.models import Connection, Message

log = logging.getLogger(__name__)

Kind = FeedbackEvent.Kind
PER_LOOK = 100
CLOCKS_DIFFER = timedelta(minutes=5)
LATER = """
UPDATE compliance_feedbackevent
   SET attempts = least(attempts + 1, 1000), detail = %s,
       due_at = clock_timestamp() + least(power(2, least(attempts, 10)), 600) * interval '1 second'
 WHERE id = %s AND state = 'pending'
"""
SUMMARIES = {
    Kind.HARD_BOUNCE.value: "Email came back: the address does not work",
    Kind.FAILED.value: "Email could not be delivered",
    Kind.SUPPRESSED.value: "Email was not sent on: the address is on the provider's suppression list",
    Kind.COMPLAINT.value: "Email was marked as spam",
    Kind.UNSUBSCRIBE.value: "Unsubscribed from email at the provider",
    Kind.SOFT_BOUNCE.value: "Email came back for now",
}
FAILED = (Kind.HARD_BOUNCE.value, Kind.FAILED.value, Kind.SUPPRESSED.value, Kind.SOFT_BOUNCE.value)
RECEIPTS = {Kind.DELIVERED.value: "delivered", **dict.fromkeys(FAILED, "failed")}


def work_due() -> int:
    """Work on everything that is due; how many events were worked on."""
    count = 0
    while due := _due():
        worked = sum(_work_safely(pk) for pk in due)
        count += worked
        if not worked:
            break
    return count


def _due() -> list[int]:
    waiting = FeedbackEvent.objects.filter(state=FeedbackEvent.State.PENDING, due_at__lte=locks.now())
    return list(waiting.order_by("due_at", "id").values_list("pk", flat=True)[:PER_LOOK])


def _work_safely(pk: int) -> bool:
    """One that fails waits, and holds up no other."""
    try:
        return _work(FeedbackEvent.objects.select_related("business").get(pk=pk))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("Email feedback %s could not be worked on", pk)
        with connection.cursor() as cursor:
            cursor.execute(LATER, [f"Could not be worked on: {type(error).__name__}.", pk])
        return True


@dataclass(frozen=True, slots=True)
class _Case:
    """A report with the message of ours that it is about, if that is known."""

    report: Report
    told: Told
    message: Message | None


def _work(row: FeedbackEvent) -> bool:
    """What only a transaction of its own may do comes first, and may be done again; the row's own effect comes last."""
    try:
        reports = _read(row)
    except sns.NoCertificate:
        raise
    except Exception as error:  # whatever a stranger's format makes a parser raise
        _close(row, FeedbackEvent.State.UNREADABLE, detail=f"Could not be read: {type(error).__name__}.")
        return True
    cases = [case for report in reports if (case := _case(row, report))]
    for case in cases:
        feedback.ask_for_contact(row.business, case.told, case.message.contact_id if case.message else None)
        _tell_message(row, case)
    return _finish(row, cases)


def _read(row: FeedbackEvent) -> list[Report]:
    content = json.loads(row.payload)
    if row.esp == "smtp":
        return [
            Report(Kind.HARD_BOUNCE, content["to"], row.received_at, content["message"], content["detail"])
        ]
    if row.esp == "ses" and content.get("Type") == "SubscriptionConfirmation":
        sns.confirm(content)
    return meaning.read(row.esp, content)


def _case(row: FeedbackEvent, report: Report) -> _Case | None:
    message = _message(row, report)
    address = report.address or (message.to if message else "")
    if not address or report.kind == Kind.OTHER:
        return None
    evidence = [f"{row.esp}:{row.provider_id}"[:200], *([f"message:{message.pk}"] if message else [])]
    at = _moment(row, report)
    cause = hooks.cause_of(message.enrollment if message else None)
    told = Told(report.kind, address, at, Actor.provider(LABELS[row.esp]), tuple(evidence), cause)
    return _Case(replace(report, address=address, at=at), told, message)


def _message(row: FeedbackEvent, report: Report) -> Message | None:
    """The email of this business that the event names; what names another's names none."""
    if report.message is None:
        return None
    ours = Message.objects.filter(business=row.business_id, channel="email", direction=Message.Way.OUTBOUND)
    return ours.filter(pk=report.message).only("contact_id", "to", "enrollment").first()


def _moment(row: FeedbackEvent, report: Report) -> datetime:
    """The provider's time, unless it is none or lies ahead of ours."""
    at = report.at or row.received_at
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(at, row.received_at + CLOCKS_DIFFER)


def _tell_message(row: FeedbackEvent, case: _Case) -> None:
    """Bring the message to what was reported; a complaint says that it arrived."""
    state = RECEIPTS.get(case.told.kind)
    account = Connection.objects.filter(pk=row.connection).first()
    if state and account and case.message and row.esp != "smtp":
        delivery.receive(account, delivery.of_email(account, case.message.pk, state, case.told.kind))


@transaction.atomic(durable=True)
def _finish(row: FeedbackEvent, cases: list[_Case]) -> bool:
    """The row says what it came to in the transaction in which it did."""
    still = FeedbackEvent.objects.select_for_update(skip_locked=True).filter(pk=row.pk, state=row.state)
    if not still.exists():
        return False
    keys = [feedback.key_of(case.told.address) for case in cases]
    locks.lock_addresses(row.business_id, keys, exclusive=True)
    _note(row, cases[0] if cases else None)
    blocked = [feedback.act(row.business, case.told) for case in cases]
    for case in cases:
        _record(row, case)
    _close(row, FeedbackEvent.State.DONE, blocked=any(blocked))
    return True


def _note(row: FeedbackEvent, case: _Case | None) -> None:
    if case is None:
        FeedbackEvent.objects.filter(pk=row.pk).update(kind=Kind.OTHER)
        return
    FeedbackEvent.objects.filter(pk=row.pk).update(
        kind=case.told.kind,
        address=case.told.address,
        at=case.told.at,
        message=case.message and case.message.pk,
        detail=case.report.detail,
    )


def _record(row: FeedbackEvent, case: _Case) -> None:
    """Put it on the timeline of whom the email was for, else of everybody with the address."""
    summary = SUMMARIES.get(case.told.kind)
    if summary is None:
        return
    if case.message:
        contacts = {case.message.contact_id}
    else:
        contacts = addresses.holders_of(row.business_id, [feedback.key_of(case.told.address)])
    facts = {"event": case.told.kind, "provider": row.esp, "message": case.message and case.message.pk}
    happenings = [Happening(contact, summary, facts, case.told.cause) for contact in sorted(contacts)]
    events.record(row.business_id, EventKind.EMAIL_EVENT, happenings, by=case.told.by, at=locks.now())


def _close(row: FeedbackEvent, state: str, *, blocked: bool = False, detail: str = "") -> None:
    changes = {"detail": detail[:400]} if detail else {}
    FeedbackEvent.objects.filter(pk=row.pk).update(
        state=state, worked_at=locks.now(), blocked=blocked, **changes
    )


def empty_old(*, days: int = 30) -> int:
    """Remove the text of events that were worked on long ago; how many. Their ids stay, so none is taken twice."""
    before = locks.now() - timedelta(days=days)
    return (
        FeedbackEvent.objects.filter(worked_at__lt=before).exclude(payload="").update(payload="", detail="")
    )
