"""What providers call. Verified or nothing; our own fault is a 5xx, so that they call again."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from compliance.models import InboundEvent
from messaging import delivery, webhooks
from messaging.inbound import keypress, storing, twiml


def _not_signed() -> HttpResponse:
    return HttpResponse("The signature does not match.", status=403, content_type="text/plain")


@csrf_exempt
@require_POST
def twilio_message(request: HttpRequest, connection: str) -> HttpResponse:
    """A text came in: kept, answered with nothing, and worked on afterwards."""
    signed = webhooks.from_twilio(request, connection)
    if signed is None:
        return _not_signed()
    delivery.heard_from(signed.account)
    sid = signed.form.get("MessageSid") or signed.form.get("SmsSid", "")
    says_more = bool(signed.form.get("OptOutType"))
    storing.store(
        signed.account, kind=InboundEvent.Kind.MESSAGE, sid=sid, body=signed.body, says_more=says_more
    )
    return twiml.answer(twiml.NOTHING)


@csrf_exempt
@require_POST
def twilio_voice(request: HttpRequest, connection: str) -> HttpResponse:
    """Somebody calls: refused where inbound DND asks for it, else passed on to the business. Or, in a call of ours,
    somebody pressed a key."""
    signed = webhooks.from_twilio(request, connection)
    if signed is None:
        return _not_signed()
    delivery.heard_from(signed.account)
    if keypress.is_ours(signed.form, request.GET.get("m", "")):
        return twiml.answer(keypress.take(signed.account, signed.form, signed.body))
    storing.store(
        signed.account, kind=InboundEvent.Kind.CALL, sid=signed.form.get("CallSid", ""), body=signed.body
    )
    return twiml.answer(twiml.for_call(signed.account, signed.form))


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest, connection: str) -> HttpResponse:
    """What became of a message or a call, in whatever order and however often Twilio tells it."""
    signed = webhooks.from_twilio(request, connection)
    if signed is None:
        return _not_signed()
    delivery.heard_from(signed.account)
    named = request.GET.get("m") or delivery.known_as(signed.account, signed.form)
    receipt = delivery.of_twilio(named, signed.form)
    if receipt:
        delivery.receive(signed.account, receipt)
    return HttpResponse(status=204)
