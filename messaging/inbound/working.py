"""Working on what came in: each event in a transaction of its own, as often as it takes, with one effect."""

import logging
import re
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection, transaction

from compliance import carriers, free_text, keywords
from compliance.models import InboundEvent
from compliance.services import hearing, profiles, reviewing
from compliance.services.hearing import Effect
from contacts import locks
from contacts.actors import NO_CAUSE, Cause
from contacts.models import POINT_OF_CHANNEL, Business
from dnd.services import addresses
from messaging import hooks
from messaging.inbound import answering, inbox, reading
from messaging.inbound.reading import Incoming
from messaging.models import Connection, Message

log = logging.getLogger(__name__)

OF_MESSAGE = re.compile(r"message:([0-9]{1,18}):")

TAKE = """
SELECT id FROM compliance_inboundevent WHERE state = 'pending' AND due_at <= clock_timestamp()
 ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
# A fault is tried again for as long as it takes: what is in here may be a STOP.
LATER = """
UPDATE compliance_inboundevent
   SET attempts = least(attempts + 1, 1000), detail = %s,
       due_at = clock_timestamp() + least(power(2, least(attempts, 10)), 600) * interval '1 second'
 WHERE id = %s
"""
DONE = """
UPDATE compliance_inboundevent SET state = 'done', worked_at = clock_timestamp(), detail = %s WHERE id = %s
"""


def work_due() -> int:
    """Work on everything that is due; how many events were looked at."""
    count = 0
    while _work_one():
        count += 1
    return count


@transaction.atomic(durable=True)
def _work_one() -> bool:
    """Take one event that nobody else works on. One that fails waits, and holds up no other."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE)
        taken = cursor.fetchone()
        if taken is None:
            return False
        try:
            with transaction.atomic():
                cursor.execute(DONE, [_work(taken[0])[:400], taken[0]])
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("Inbound event %s could not be worked on", taken[0])
            cursor.execute(LATER, [f"Could not be worked on: {type(error).__name__}.", taken[0]])
    return True


def _work(pk: int) -> str:
    event = InboundEvent.objects.select_related("business").get(pk=pk)
    incoming = reading.read(event, event.business)
    if not incoming.address:
        return "It has no sender whom anybody could answer."
    if event.kind == InboundEvent.Kind.CALL:
        return inbox.take_call(event, incoming)
    if event.kind == InboundEvent.Kind.KEY:
        return _take_key(event, incoming)
    if event.kind == InboundEvent.Kind.CARRIER:
        return _take_code(event, incoming)
    return _take_text(event, incoming)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a text asks for. `reason`: the ground that it is for; None for an opt-in, empty when it asks for neither."""

    keyword: str = ""
    reason: str | None = ""
    finding: free_text.Finding | None = None


def _meaning(business: Business, incoming: Incoming) -> _Meaning:
    """Standard words, a business's own that ask to stop, any wording that does, and then the rest of its own."""
    words = profiles.keyword_lists(business)
    said = incoming.provider_says
    standard = keywords.meaning(incoming.body, provider_says=said)
    keyword = standard or keywords.meaning(incoming.body, own_words=words)
    if keyword == keywords.OPT_OUT:
        return _Meaning(keyword, "stop_keyword")
    if standard is None and (finding := free_text.opt_out(incoming.body)):
        return _Meaning("", "free_text_opt_out", finding)
    if keyword == keywords.OPT_IN:
        return _Meaning(keyword, None)
    return _Meaning(keyword or "")


def _take_text(event: InboundEvent, incoming: Incoming) -> str:
    """Addresses first, then contacts, then what is below them."""
    meaning = _meaning(event.business, incoming)
    key = (POINT_OF_CHANNEL[incoming.channel], incoming.address)
    locks.lock_addresses(event.business_id, [key], exclusive=meaning.reason != "")
    effects = _hear(event, incoming, meaning) if meaning.reason != "" else []
    holders = locks.lock_contacts(event.business_id, addresses.holders_of(event.business_id, [key]))
    inbox.take_text(event, incoming, holders, meaning.keyword)
    answering.confirm(effects)
    if meaning.keyword == keywords.HELP:
        answering.help_with(event, incoming)
    return meaning.keyword or (meaning.reason or "text")


def _hear(event: InboundEvent, incoming: Incoming, meaning: _Meaning) -> list[Effect]:
    suffix = ":free_text" if meaning.finding else ""
    statement, effects = hearing.hear(
        business=event.business,
        channel=incoming.channel,
        address=incoming.address,
        reason=meaning.reason,
        provider_id=event.provider_id + suffix,
        received_at=event.began_at,
        said_at=event.said_at,
        connection_id=event.connection if _can_be_asked_about(event) else None,
    )
    if statement and meaning.finding:
        reviewing.open_review(statement, incoming.body, meaning.finding)
    return effects


def _can_be_asked_about(event: InboundEvent) -> bool:
    """Whether the event has an id, and a connection by which its provider could tell the time."""
    account = Connection.objects.filter(pk=event.connection, business=event.business_id)
    return ":" not in event.provider_id and account.exists()


def _take_key(event: InboundEvent, incoming: Incoming) -> str:
    """Nobody who has this number is called again. The call itself has said so: no other confirmation follows."""
    hearing.hear(
        business=event.business,
        channel=incoming.channel,
        address=incoming.address,
        reason="call_keypress",
        provider_id=f"{event.provider_id}:key",
        received_at=event.began_at,
    )
    return "call_keypress"


def _take_code(event: InboundEvent, incoming: Incoming) -> str:
    """A carrier's word about a number, at the time of its first receipt: carriers give none of their own."""
    reason = carriers.reason_of(incoming.code)
    hearing.hear(
        business=event.business,
        channel=incoming.channel,
        address=incoming.address,
        reason=reason,
        provider_id=event.provider_id,
        received_at=event.received_at,
        cause=_cause_of(event),
    )
    return reason


def _cause_of(event: InboundEvent) -> Cause:
    """The enrollment whose message the carrier answered, so that workflows which answer each other come to an end."""
    named = OF_MESSAGE.match(event.provider_id)
    if named is None:
        return NO_CAUSE
    sent = Message.objects.filter(pk=int(named[1]), business=event.business_id)
    return hooks.cause_of(sent.values_list("enrollment", flat=True).first())
