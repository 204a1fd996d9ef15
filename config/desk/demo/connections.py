"""The demo's connections, which lead to the provider simulator and nowhere else."""

from urllib.parse import urlsplit

from django.conf import settings

from contacts.actors import Actor
from contacts.models import Business
from messaging import services as messaging
from messaging.models import Connection

# In the address of every connection that the demo made: whoever points it elsewhere drops the name, and it is theirs.
MARK = "demo-simulator"
SENDERS = {"demo": "+14155550199", "harbor": "+12065550199"}


def seed(business: Business, *, by: Actor) -> None:
    """SMS and email by the simulator, where one runs and the business has no connection of its own."""
    there = {connection.channel: connection for connection in Connection.objects.filter(business=business)}
    if settings.HEED_TWILIO_API_BASE and "sms" not in there:
        messaging.create_connection(
            business=business, channel="sms", driver="twilio", config=_twilio(business), by=by
        )
    if not settings.HEED_SIMULATOR_SMTP:
        return
    if "email" not in there:
        messaging.create_connection(
            business=business, channel="email", driver="smtp", config=_smtp(business), by=by
        )
    elif _of_an_earlier_simulator(there["email"]):
        messaging.update_connection(connection=there["email"], config=_smtp(business), by=by)


def _twilio(business: Business) -> dict[str, str]:
    return {
        "account_sid": f"AC{business.pk:032x}",
        "auth_token": f"{MARK}-{business.slug}",
        "from_number": SENDERS[business.slug],
    }


def _smtp(business: Business) -> dict[str, str]:
    address = urlsplit(settings.HEED_SIMULATOR_SMTP)
    url = f"smtp://{MARK}:{MARK}@{address.hostname}:{address.port}"
    return {"url": url, "from_email": f"hello@{business.slug}.example"}


def _of_an_earlier_simulator(connection: Connection) -> bool:
    """Its port changes from run to run, and only what the demo itself wrote is brought along."""
    url = connection.config.get("url", "") if connection.driver == Connection.Driver.SMTP else ""
    return urlsplit(url).username == MARK and url != _smtp(connection.business)["url"]


def leads_to_simulator(business: Business, channel: str) -> bool:
    """Whether messages of this channel end in the simulator of this run."""
    if channel == "sms":
        return (
            bool(settings.HEED_TWILIO_API_BASE)
            and settings.HEED_TWILIO_API_BASE == settings.HEED_SIMULATOR_HTTP
        )
    there = Connection.objects.filter(business=business, channel=channel).first()
    return there is not None and there.config.get("url") == _smtp(business)["url"]
