"""Whether a request comes from the provider that it says it comes from."""

from django.conf import settings
from django.http import HttpRequest

from messaging.models import Connection


def from_twilio(request: HttpRequest, connection: str) -> Connection | None:
    """The connection whose account signed this request; None when it cannot be verified, for whatever reason.

    The signature covers the address that Twilio was given, so the raw request line is put under HEED_BASE_URL.
    """
    from twilio.request_validator import RequestValidator  # 0.4 s, which no other request should pay

    account = _find(connection)
    if account is None:
        return None
    try:
        validator = RequestValidator(account.config["auth_token"])
        signature = request.headers.get("X-Twilio-Signature", "")
        good = validator.validate(_address(request), request.POST, signature)
    except Exception:
        # The verifier raises whatever hostile input makes it raise; what cannot be verified is not verified.
        return None
    return account if good else None


def _find(connection: str) -> Connection | None:
    if not connection.isdecimal() or len(connection) > 18:
        return None
    return Connection.objects.filter(pk=int(connection), driver=Connection.Driver.TWILIO).first()


def _address(request: HttpRequest) -> str:
    raw = str(request.META.get("RAW_URI", ""))
    return settings.HEED_BASE_URL + (raw if raw.startswith("/") else request.get_full_path())
