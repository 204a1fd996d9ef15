"""Asking the provider simulator what it accepted."""

from typing import Any

import requests
from django.conf import settings

from config.desk.demo import connections
from contacts.models import Business
from messaging.models import Connection


def deliver(business: Business, sender: str, body: str, sid: str = "") -> str | None:
    """Have a contact's text come in by the business's SMS connection; its id, None when there is no simulator.

    The same id again is the same text, told once more.
    """
    if not settings.HEED_SIMULATOR_HTTP or not connections.leads_to_simulator(business, "sms"):
        return None
    account = Connection.objects.get(business=business, channel="sms")
    order = {
        "account_sid": account.config["account_sid"],
        "auth_token": account.config["auth_token"],
        "to": account.config["from_number"],
        "from": sender,
        "body": body,
        "url": f"{settings.HEED_BASE_URL}/hooks/twilio/{account.pk}/message",
        "MessageSid": sid,
    }
    answer = requests.post(f"{settings.HEED_SIMULATOR_HTTP}/_inbound", json=order, timeout=15)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    if told["status"] != 200:
        raise ConnectionError(
            f"The webhook was answered with {told['status']}: {told['error'] or told['body']}"
        )
    return str(told["sid"])


def accepted(business: Business, channel: str, to: str) -> list[tuple[str, str]] | None:
    """(id, text) of each that it accepted for this address, oldest first; None when messages go somewhere else.

    The id is the one by which a message of ours says that the provider knows it.
    """
    if not settings.HEED_SIMULATOR_HTTP or not connections.leads_to_simulator(business, channel):
        return None
    try:
        answer = requests.get(
            f"{settings.HEED_SIMULATOR_HTTP}/_kept.json", params={"kind": channel, "to": to}, timeout=5
        )
        answer.raise_for_status()
        records: list[dict[str, Any]] = answer.json()
    except (requests.RequestException, ValueError):
        return None
    return [(_identity(record), record["body"]) for record in reversed(records)]


def _identity(record: dict[str, Any]) -> str:
    return str(record["headers"].get("Message-ID", "") if record["kind"] == "email" else record["id"])
