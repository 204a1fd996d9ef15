"""Asking the provider simulator what it accepted."""

from typing import Any

import requests
from django.conf import settings

from config.desk.demo import connections
from contacts.models import Business


def accepted(business: Business, channel: str, to: str) -> list[str] | None:
    """The texts that it accepted for this address, oldest first; None when messages go somewhere else."""
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
    return [record["body"] for record in reversed(records)]
