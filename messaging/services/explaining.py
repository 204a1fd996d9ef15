"""Why was this not sent? Every rule in order, with what it looked at then and what it would look at now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contacts import erased
from contacts.words import Channel
from dnd.models import Reason
from messaging import facts, policy
from messaging.models import Message
from messaging.policy import Verdict

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `spoke`: it decided then. `would`: it would decide now. `asked`: this class of message obeys it."""

    name: str
    question: str
    then: str
    now: str
    spoke: bool
    would: bool
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    """All rules in order, and what would become of the same message now."""

    rules: tuple[Rule, ...]
    now: Verdict


QUESTIONS: Mapping[str, str] = {
    "withdrawn": "Was it taken back, or the contact deleted?",
    "permit": "Does a confirmation have the permit of the message that it answers?",
    "address": "Is there an address that this channel can use?",
    "dnd": "Is DND active on the channel?",
    "suppressed": "Is the address on the suppression list?",
    "do_not_contact": "Are automations paused (Do Not Contact)?",
    "status": "Does the contact's status restrict contact?",
    "connection": "Has the business a connection for the channel?",
    "disconnected": "Is that connection disconnected?",
    "hours": "Is it outside the contact's permitted hours?",
    "expired": "Has it waited too long?",
}
"""In the order in which they are asked; the first to speak decides."""


def explain(message: Message) -> Explanation:
    """What each rule saw when the message was decided on, and what it sees now. Nothing is written."""
    known = facts.read([message.contact_id]).facts(
        message.contact_id,
        message.channel,
        message.message_class,
        expires_at=message.expires_at,
        keep=message.to,
        withdrawn=(message.detail or "It was taken back.") if message.withdrawn else "",
    )
    verdict = policy.decide(known)
    then, now = _values(message.inputs, message), _values(facts.inputs(known, 0), message)
    rules = [
        Rule(
            name,
            question,
            then.get(name, NOTHING),
            now.get(name, NOTHING),
            spoke=message.rule == name,
            would=verdict.rule == name,
            asked=_asked(name, message.message_class),
        )
        for name, question in QUESTIONS.items()
    ]
    return Explanation(tuple(rules), verdict)


def _asked(name: str, message_class: str) -> bool:
    obeys = policy.classes()[message_class]
    return {
        "permit": message_class == "system",
        "dnd": obeys.outbound_dnd,
        "suppressed": obeys.outbound_dnd,
        "do_not_contact": obeys.do_not_contact,
        "status": message_class not in ("manual", "system"),
        "hours": obeys.quiet_hours,
    }.get(name, True)


def _values(inputs: Mapping[str, Any], message: Message) -> dict[str, str]:
    """What a verdict was made from, a sentence or a word for each rule."""
    if not inputs:
        return {}
    block = inputs.get("blocked")
    connection = inputs.get("connection")
    opens_at = inputs.get("hours_open_at")
    return {
        "withdrawn": str(inputs.get("withdrawn") or "No"),
        "permit": "Yes" if inputs.get("permit") else "No",
        "address": _address(inputs.get("address") or ""),
        "dnd": _blocked(block, message.channel) if block else "No",
        "suppressed": f"Yes: {_reason(inputs['suppressed'])}" if inputs.get("suppressed") else "No",
        "do_not_contact": "Yes" if inputs.get("do_not_contact") else "No",
        "status": _status(inputs),
        "connection": "Yes" if connection else "No",
        "disconnected": "Yes" if connection == "disconnected" else "No",
        "hours": f"Until {_time(opens_at)}" if opens_at else "No",
        "expired": f"Good until {message.expires_at:%Y-%m-%d %H:%M} UTC",
    }


def _address(address: str) -> str:
    return erased.SHOWN if address.startswith(erased.PREFIX) else address or "None"


def _blocked(block: Mapping[str, Any], channel: str) -> str:
    since = f", since {_time(block['since'])}" if block.get("since") else ""
    return f"{Channel(channel).label}: {_reason(block['reason'])}, set by {block['source']}{since}"


def _reason(reason: str) -> str:
    return str(Reason(reason).label) if reason in Reason.values else reason


def _status(inputs: Mapping[str, Any]) -> str:
    name = inputs.get("status") or "No status"
    return f"Yes: {name}" if inputs.get("status_restricts") else f"No: {name}"


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"
