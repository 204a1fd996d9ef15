"""Somebody answers a call: hears what its TwiML says, and presses the key that the number stands for."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from messaging.simulator import magic
from messaging.simulator.accounts import Accounts
from messaging.simulator.records import PhoneRecord
from messaging.simulator.webhooks import Webhooks, is_address


@dataclass(frozen=True)
class Script:
    """What a TwiML document says, and where it wants to be told of a key, if it waits for one."""

    said: str
    action: str = ""


def read(document: str) -> Script:
    """Say and Gather, which is what is known here; whatever cannot be read is silence."""
    try:
        if "<!DOCTYPE" in document:
            return Script("")
        tree = ET.fromstring(document.strip())  # noqa: S314 - see above
    except ET.ParseError:
        return Script("")
    said = " ".join("".join(say.itertext()).strip() for say in tree.iter("Say"))
    gather = tree.find("Gather")
    return Script(said, "" if gather is None else gather.get("action", ""))


class Listener:
    """Whoever is called."""

    def __init__(self, accounts: Accounts, webhooks: Webhooks) -> None:
        self._accounts = accounts
        self._webhooks = webhooks

    async def answer(self, record: PhoneRecord) -> None:
        """As Twilio does when a call is answered: fetch the TwiML if it was not given, play it, and tell of the key."""
        token = self._accounts.token(record.account_sid) or ""
        document = record.body
        if is_address(document):
            document = (await self._webhooks.post(document, _form(record), token)).body
        script = read(document)
        record.said.append(script.said)
        key = magic.for_phone(record.to, "call").presses
        if not key or not is_address(script.action):
            return
        record.pressed = key
        answer = await self._webhooks.post(script.action, {**_form(record), "Digits": key}, token)
        record.callbacks.append((f"pressed {key}", answer.status))
        if answer.ok:
            record.said.append(read(answer.body).said)


def _form(record: PhoneRecord) -> dict[str, str]:
    return {
        "CallSid": record.id,
        "CallStatus": "in-progress",
        "AccountSid": record.account_sid,
        "To": record.to,
        "Called": record.to,
        "From": record.sender,
        "Caller": record.sender,
        "Direction": record.direction,
        "ApiVersion": "2010-04-01",
    }
