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
PAGE = "100000000000199"
BY_TWILIO = {"demo": ("sms", "call", "whatsapp", "facebook"), "harbor": ("sms",)}
BY_HTTP = {"demo": ("gmb",), "harbor": ()}
SECRET = "whsec_aGVlZC1wcm92aWRlci1zaW11bGF0b3ItMDE="  # noqa: S105 - the simulator's own, which guards nothing


def seed(business: Business, *, by: Actor) -> None:
    """A way to each channel by the simulator, where one runs and the business has no connection of its own."""
    there = {connection.channel: connection for connection in Connection.objects.filter(business=business)}
    if settings.HEED_TWILIO_API_BASE:
        for channel in BY_TWILIO[business.slug]:
            if channel not in there:
                messaging.create_connection(
                    business=business,
                    channel=channel,
                    driver="twilio",
                    config=_twilio(business, channel),
                    by=by,
                )
    for channel, driver, config in _of_this_simulator(business):
        if channel not in there:
            messaging.create_connection(
                business=business, channel=channel, driver=driver, config=config, by=by
            )
        elif _of_an_earlier_simulator(there[channel], driver, config):
            messaging.update_connection(connection=there[channel], config=config, by=by)


def _twilio(business: Business, channel: str) -> dict[str, str]:
    return {
        "account_sid": f"AC{business.pk:032x}",
        "auth_token": f"{MARK}-{business.slug}",
        "from_number": PAGE if channel == "facebook" else SENDERS[business.slug],
    }


def _of_this_simulator(business: Business) -> list[tuple[str, str, dict[str, str]]]:
    """(channel, driver, config) of what has the simulator's address in it, which changes from run to run."""
    found = []
    if settings.HEED_SIMULATOR_SMTP:
        found.append(("email", "smtp", _smtp(business)))
    if settings.HEED_SIMULATOR_HTTP:
        found += [(channel, "http", _http()) for channel in BY_HTTP[business.slug]]
    return found


def _smtp(business: Business) -> dict[str, str]:
    address = urlsplit(settings.HEED_SIMULATOR_SMTP)
    url = f"smtp://{MARK}:{MARK}@{address.hostname}:{address.port}"
    return {"url": url, "from_email": f"hello@{business.slug}.example"}


def _http() -> dict[str, str]:
    return {"url": f"{settings.HEED_SIMULATOR_HTTP}/endpoint?{MARK}", "secret": SECRET}


def _of_an_earlier_simulator(connection: Connection, driver: str, config: dict[str, str]) -> bool:
    """Only what the demo itself wrote is brought along."""
    if connection.driver != driver:
        return False
    address = urlsplit(connection.config["url"])
    return MARK in (address.username, address.query) and connection.config["url"] != config["url"]


def leads_to_simulator(business: Business, channel: str) -> bool:
    """Whether messages of this channel end in the simulator of this run."""
    there = Connection.objects.filter(business=business, channel=channel).first()
    if there is None:
        return False
    if there.driver == Connection.Driver.TWILIO:
        return (
            bool(settings.HEED_TWILIO_API_BASE)
            and settings.HEED_TWILIO_API_BASE == settings.HEED_SIMULATOR_HTTP
        )
    now = {channel: config["url"] for channel, _, config in _of_this_simulator(business)}
    return bool(there.config["url"] == now.get(channel))
