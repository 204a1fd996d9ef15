"""What providers tell us afterwards: sent, delivered, failed. In any order, and as often as they like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from compliance.models import InboundEvent
from contacts.actors import Actor
from messaging.delivery import states, writing
from messaging.delivery.writing import Result
from messaging.inbound import storing
from messaging.models import Connection, Message
from messaging.providers import smtp, twilio

NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word about one of our messages. `state`: sent, delivered or failed."""

    message: int
    provider_id: str
    state: str
    code: str = ""


def of_twilio(message: str, form: Mapping[str, str]) -> Receipt | None:
    """Twilio's status callback for one of our messages or calls; None for what it does not say clearly.

    A code counts whatever the status: it may say that the number has opted out.
    """
    is_call = "CallSid" in form
    sid, said = ("CallSid", "CallStatus") if is_call else ("MessageSid", "MessageStatus")
    state = (twilio.CALL_STATES if is_call else twilio.STATES).get(form.get(said, ""), "")
    code = _code(form, is_call and state == "failed")
    if not ((state or code) and NUMBER.fullmatch(message) and twilio.SID.fullmatch(form.get(sid, ""))):
        return None
    return Receipt(int(message), form[sid], state, code)


def known_as(account: Connection, form: Mapping[str, str]) -> str:
    """Our message of which Twilio tells, by Twilio's own id, where the address that was called does not name it."""
    sid = form.get("CallSid") or form.get("MessageSid", "")
    if not twilio.SID.fullmatch(sid):
        return ""
    ours = Message.objects.filter(provider_id=sid, business=account.business_id, channel=account.channel)
    return str(ours.values_list("pk", flat=True).first() or "")


def _code(form: Mapping[str, str], unheard: bool) -> str:
    """Why it failed: Twilio's number for it, else, for a call that nobody took, its word: busy, no-answer."""
    given = form.get("ErrorCode", "")
    if NUMBER.fullmatch(given):
        return given
    return form["CallStatus"] if unheard else ""


def of_email(account: Connection, message: int, state: str, code: str) -> Receipt:
    """What an email provider reports of one of our emails, told by the identity that it left with."""
    return Receipt(message, smtp.identity(message, account.pk, account.config["from_email"]), state, code)


def receive(account: Connection, receipt: Receipt) -> bool:
    """Bring the message to what the provider says, if it is newer than what we know; whether anything changed.

    What is not a message of this connection's business and channel, or has another id at the provider, is left alone.
    """
    ours = Message.objects.filter(pk=receipt.message, business=account.business_id, channel=account.channel)
    found = ours.filter(direction=Message.Way.OUTBOUND).values_list("contact_id", "to").first()
    if found is None:
        return False
    contact, to = found
    with transaction.atomic():
        standings, at = writing.hold([contact], [receipt.message])
        standing = standings[receipt.message]
        if standing.provider_id not in ("", receipt.provider_id):
            return False
        # What the code says of the number holds however late it comes.
        storing.store_code(
            business=account.business_id,
            message=standing.id,
            channel=standing.channel,
            to=to,
            code=receipt.code,
            via=InboundEvent.Via.WEBHOOK.value,
        )
        if not receipt.state:
            return False
        ending = states.after_receipt(
            standing.state,
            receipt.state,
            was_called=standing.fence > 0,
            code=receipt.code,
            detail=f"The provider could not deliver it ({receipt.code or 'no code'}).",
        )
        if ending is None:
            return False
        result = Result(standing, ending, provider_id=receipt.provider_id)
        writing.write([result], at, by=Actor.provider(account.driver))
    return True
