"""Does this hold for this contact? Plain values in, yes or no out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contacts.words import BIT, EVERY_OUTBOUND


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions may ask of a contact. `status` holds the status's name and its id."""

    contact: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    blocked: int = 0
    status: frozenset[str] = frozenset()


def holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    """Whether the condition holds. Texts are compared without regard to upper and lower case."""
    if "all" in condition:
        return all(holds(part, facts) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, facts) for part in condition["any"])
    asked, op, value = condition["field"], condition["op"], condition.get("value")
    if asked.startswith("dnd.") and asked != "dnd.state":
        blocked = bool(facts.blocked & BIT[asked.removeprefix("dnd.")])
        return (blocked is value) is (op == "is")
    return _compare(op, value, _words(asked, facts))


def _words(asked: str, facts: Facts) -> frozenset[str]:
    """What the contact has in this field: none, one, or for tags several words, in lower case."""
    if asked == "dnd.state":
        return frozenset(
            ["off" if not facts.blocked else "on" if facts.blocked == EVERY_OUTBOUND else "partial"]
        )
    if asked == "tag":
        return facts.tags
    if asked == "status":
        return facts.status
    text = facts.contact.get(asked.removeprefix("contact."), "").lower()
    return frozenset([text] if text else [])


def _compare(op: str, value: Any, words: frozenset[str]) -> bool:
    if op == "is_empty":
        return not words
    if op == "contains":
        return any(value.lower() in word for word in words)
    wanted = frozenset(v.lower() for v in (value if isinstance(value, list) else [value]))
    hit = not wanted.isdisjoint(words)
    return hit if op in ("is", "any_of") else not hit
