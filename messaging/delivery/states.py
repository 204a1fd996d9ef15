"""What becomes of a message, as functions of plain values. A state never goes backwards."""

from dataclasses import dataclass

from messaging.models import MessageState
from messaging.providers.base import Answer, Lost, NotTaken, Refused, Taken

QUEUED, HELD, CALLING = MessageState.QUEUED.value, MessageState.HELD.value, MessageState.CALLING.value
SENT, DELIVERED, FAILED = MessageState.SENT.value, MessageState.DELIVERED.value, MessageState.FAILED.value
UNKNOWN = MessageState.UNKNOWN.value


@dataclass(frozen=True, slots=True)
class Ending:
    """The state after something was learned; `again` asks for another try."""

    state: str
    reason: str = ""
    detail: str = ""
    again: bool = False


NOT_CALLED = NotTaken("not_called", "It was claimed, and then not called in time.")


def after_call(state: str, answer: Answer) -> Ending | None:
    """The state after the claim's own call; None when it stays as a callback has left it.

    What the reaper had to call unknown gets its true state, but is not tried again: that was already told.
    """
    if state not in (CALLING, UNKNOWN):
        return None
    match answer:
        case Taken():
            return Ending(SENT)
        case Refused(code, detail):
            return Ending(FAILED, f"failed:{code}", detail)
        case Lost(code, detail):
            return Ending(UNKNOWN, f"unknown:{code}", detail) if state == CALLING else None
        case NotTaken(code, detail) if state == CALLING:
            return Ending(QUEUED, f"again:{code}", detail, again=True)
        case NotTaken(code, detail):
            return Ending(FAILED, f"failed:{code}", detail)


def after_receipt(
    state: str, told: str, *, was_called: bool, code: str = "", detail: str = ""
) -> Ending | None:
    """The state after the provider has told us `told`: sent, delivered or failed. None when that changes nothing.

    A message that waits to be tried again and turns out to have been taken is not tried again.
    """
    open_states = (CALLING, UNKNOWN, QUEUED) if was_called else ()
    if told == SENT:
        return Ending(SENT) if state in open_states else None
    if state not in (*open_states, SENT):
        return None
    return (
        Ending(DELIVERED)
        if told == DELIVERED
        else Ending(FAILED, f"failed:{code}" if code else "failed", detail)
    )


def outcome(before: str, after: str) -> str:
    """What the step that queued the message comes to, if it is no longer what it was: failed, unknown or done."""
    if after in (FAILED, UNKNOWN):
        return after
    return "done" if before == UNKNOWN and after in (SENT, DELIVERED) else ""
