"""What Twilio is answered: nothing to a text, and to a call what becomes of it."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from django.http import HttpResponse

from contacts import phones
from messaging.inbound import inbox, reading
from messaging.models import Connection

NOTHING = "<Response/>"
REJECT = "<Response><Reject/></Response>"


def answer(document: str) -> HttpResponse:
    body = f'<?xml version="1.0" encoding="UTF-8"?>{document}'
    return HttpResponse(body, content_type="text/xml; charset=utf-8")


def for_call(account: Connection, form: Mapping[str, str]) -> str:
    """Refuse who asked not to be able to call, or was asked not to; pass everybody else on to the business's phone."""
    business = account.business
    call = reading.of_form(form, business, is_call=True)
    if call.address and inbox.refuses_call(business.pk, call.address):
        return REJECT
    own = _number(business.phone, business.country)
    if own and own != _number(call.to, business.country):
        return f"<Response><Dial>{escape(own)}</Dial></Response>"
    name = escape("".join(character for character in business.name if character.isprintable()))
    return f"<Response><Say>{name} cannot take calls at this number.</Say></Response>"


def _number(text: str, country: str) -> str:
    try:
        return phones.parse(text, country)
    except phones.NotAPhone:
        return ""
