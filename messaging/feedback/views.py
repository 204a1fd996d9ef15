"""What email providers call. Verified or nothing; our own fault is a 5xx, so that they call again."""

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messaging import delivery
from messaging.feedback import signatures, splitting, storing
from messaging.models import Connection

LARGEST = 20 * 1024 * 1024
"""Bytes. A report may have the whole email in it, and whoever is told 403 may never report again."""


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def tracking(request: HttpRequest, connection: str, esp: str) -> HttpResponse:
    """Events of an email provider: kept, answered at once, and worked on afterwards."""
    if request.method == "HEAD":  # some providers ask so whether anybody is there
        return HttpResponse(status=204)
    try:
        account, key = _account(connection, esp)
        body = _body(request)
        if len(body) > LARGEST:
            return _answer("This is larger than what is taken.", 413)
        genuine = signatures.verify(esp, key, request.headers, body)
    except signatures.NotVerified:
        return _answer("This could not be verified.", 403)
    except signatures.Unavailable:
        return _answer("This cannot be verified right now.", 503)
    events = splitting.split(esp, request.headers, body)
    if storing.is_used_otherwise(account, genuine.seal, events):
        return _answer("This signature was used before.", 403)
    storing.store(account, esp, events, seal=genuine.seal)
    delivery.heard_from(account)
    return HttpResponse(status=200)


def _account(connection: str, esp: str) -> tuple[Connection, str]:
    """The connection and the key that it keeps for this provider."""
    if not (connection.isascii() and connection.isdecimal() and len(connection) < 19):
        raise signatures.NotVerified
    account = Connection.objects.filter(pk=int(connection), driver=Connection.Driver.SMTP).first()
    feedback = (account.config.get("feedback") if account else None) or {}
    if (
        account is None
        or esp not in signatures.CHECKS
        or feedback.get("esp") != esp
        or not feedback.get("webhook_key")
    ):
        raise signatures.NotVerified
    return account, feedback["webhook_key"]


def _body(request: HttpRequest) -> bytes:
    """As much of it as is taken, and one byte more."""
    try:
        return request.read(LARGEST + 1)
    except UnreadablePostError as error:
        raise signatures.NotVerified from error


def _answer(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain")
