"""What providers call. Verified or nothing; our own fault is a 5xx, so that they call again."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from messaging import delivery, webhooks


@csrf_exempt
@require_POST
def twilio_status(request: HttpRequest, connection: str) -> HttpResponse:
    """What became of a text, in whatever order and however often Twilio tells it."""
    account = webhooks.from_twilio(request, connection)
    if account is None:
        return HttpResponse("The signature does not match.", status=403, content_type="text/plain")
    receipt = delivery.of_twilio(request.GET.get("m", ""), request.POST.dict())
    if receipt:
        delivery.receive(account, receipt)
    return HttpResponse(status=204)
