"""A key pressed during one of our calls: nine ends these calls for good, and any other key ends this one."""

from collections.abc import Mapping

from compliance.models import InboundEvent
from messaging.inbound import storing
from messaging.models import Connection
from messaging.voice import STOPS

STOPPED = "<Response><Say>You will not be called by us again. Goodbye.</Say><Hangup/></Response>"
GOODBYE = "<Response><Say>Goodbye.</Say><Hangup/></Response>"


def is_ours(form: Mapping[str, str], message: str) -> bool:
    """Whether this is about a call that we made, and not about one that comes in."""
    return bool(message) or form.get("Direction", "").startswith("outbound")


def take(account: Connection, form: Mapping[str, str], body: bytes) -> str:
    """Keep the opt-out before it is acknowledged; what is said to whoever pressed the key."""
    if form.get("Digits", "") != STOPS:
        return GOODBYE
    storing.store(account, kind=InboundEvent.Kind.KEY, sid=form.get("CallSid", ""), body=body)
    return STOPPED
