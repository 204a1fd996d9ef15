"""What an inbound event says, read from the form that it came as. Nothing in it is trusted to be well formed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from compliance.models import InboundEvent
from contacts import phones
from contacts.models import Business
from contacts.words import Channel

CHANNEL_OF = {
    "whatsapp": Channel.WHATSAPP.value,
    "messenger": Channel.FACEBOOK.value,
    "rcs": Channel.SMS.value,
}
SHORT_CODE = re.compile(r"\+?[0-9]{3,15}")
PAGE_ID = re.compile(r"[A-Za-z0-9._\-]{1,200}")
LONGEST_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """One text or call. `address` is empty when nobody can be told to have sent it."""

    channel: str
    address: str
    to: str
    body: str = ""
    provider_says: str = ""
    code: str = ""


def read(event: InboundEvent, business: Business) -> Incoming:
    form = dict(parse_qsl(bytes(event.body).decode(errors="replace"), keep_blank_values=True))
    if event.kind == InboundEvent.Kind.KEY:
        # The call was ours, so whoever was called has pressed the key.
        form["From"], form["To"] = form.get("To", ""), form.get("From", "")
    return of_form(form, business, is_call=event.kind in (InboundEvent.Kind.CALL, InboundEvent.Kind.KEY))


def of_form(form: Mapping[str, str], business: Business, *, is_call: bool) -> Incoming:
    channel, address = _sender(form.get("From", ""), business)
    return Incoming(
        channel=Channel.CALL.value if is_call else channel,
        address=address,
        to=_clean(form.get("To", ""))[:254],
        body=_clean(form.get("Body", ""))[:LONGEST_BODY],
        provider_says=form.get("OptOutType", ""),
        code=form.get("Code", ""),
    )


def _sender(text: str, business: Business) -> tuple[str, str]:
    """(channel, address in the form in which contacts have it)."""
    scheme, colon, rest = text.partition(":")
    channel = CHANNEL_OF.get(scheme.lower(), "") if colon else Channel.SMS.value
    address = (rest if colon else text).strip()
    if channel == Channel.FACEBOOK:
        return channel, address if PAGE_ID.fullmatch(address) else ""
    return (channel, _number(address, business)) if channel else (Channel.SMS.value, "")


def _number(text: str, business: Business) -> str:
    try:
        return phones.parse(text, business.country)
    except phones.NotAPhone:
        return text if SHORT_CODE.fullmatch(text) else ""


def _clean(text: str) -> str:
    """Without what PostgreSQL cannot keep."""
    return text.replace("\x00", "")
