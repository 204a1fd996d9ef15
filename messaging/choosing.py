"""Which way does a message go that may go out in several? Plain values in, plain values out; never more than one way.

Text, call, email, in this order: passed over is a way without copy, and one whose verdict is a drop; the first that
remains is taken, also when it is held. What the record system knows of a contact's wish goes first.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from messaging.policy import SKIPS, Drop, Hold, Obeys, Verdict

CHANNEL_OF = {"text": "sms", "call": "call", "email": "email"}
"""The ways a message may go, in the order in which they are tried, and the channel of each."""
WAYS = tuple(CHANNEL_OF)
NONE = "none"
POLICIES = ("cascade", "literal")
WAY_OF_METHOD = {"sms": "text", "voice": "call"}
"""What a record system calls the ways; its third method, `dnc`, is no way but a verdict of the policy."""

NAMED = {"text": "a text", "call": "a call", "email": "an email"}
CAN_BE_TEXTED = "This business calls only numbers that cannot be texted, and this one can."
HAS_A_PHONE = "This business sends email only to people without a phone number."
NO_COPY = Drop("address", "no_address", "The message has no copy.")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to one contact: what the policy says of it, and the address that it says it of.

    `textable`: of a call's number, whether a text could go there: it is no landline and SMS is not blocked for it.
    """

    verdict: Verdict
    to: str = ""
    textable: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The way that is taken, or "none", and its address; for each of the three ways a sentence, and what refused it.

    `verdict` is that on the way `about`: the one taken; without one, the first that the contact stands against, else
    the first that the business does.
    """

    by: str
    to: str
    verdict: Verdict
    about: str
    why: Mapping[str, str]
    refused: Mapping[str, Drop]


def choose(
    *,
    copies: Collection[str],
    ask: Callable[[str], Way],
    obeys: Obeys,
    has_phone: bool,
    policy: str = "cascade",
    method: str = "",
) -> Choice:
    """The way for one contact. `ask` answers for a way, and is asked only about those that come into question.

    `copies`: the ways for which the message has copy. `method`: the contact's synced preference, for the classes
    that obey it. Under the policy `literal` a call needs a number that cannot be texted, and an email that there is
    no phone; the way that the record system asks for needs neither.
    """
    wished = WAY_OF_METHOD.get(method, "") if obeys.preferred_way else ""
    why: dict[str, str] = {}
    refusals: list[tuple[str, Drop]] = []
    taken, chosen = NONE, None
    for way in sorted(WAYS, key=lambda each: each != wished):
        if way not in copies:
            why[way] = f"The message has no copy for {NAMED[way]}."
        elif chosen:
            why[way] = _not_needed(taken, wished)
        elif refusal := _refusal(way, found := ask(way), policy if way != wished else "", has_phone):
            refusals.append((way, refusal))
            why[way] = refusal.detail
        else:
            taken, chosen = way, found
            why[way] = _taken(way, found)
    if chosen:
        return Choice(taken, chosen.to, chosen.verdict, taken, why, dict(refusals))
    about, verdict = min(refusals, key=lambda each: each[1].rule not in SKIPS, default=("", NO_COPY))
    return Choice(NONE, "", verdict, about, why, dict(refusals))


def _refusal(way: str, found: Way, policy: str, has_phone: bool) -> Drop | None:
    """Why this way is passed over; None when it is not."""
    if isinstance(found.verdict, Drop):
        return found.verdict
    if policy == "literal" and way == "call" and found.textable:
        return Drop("address", "no_address", CAN_BE_TEXTED)
    if policy == "literal" and way == "email" and has_phone:
        return Drop("address", "no_address", HAS_A_PHONE)
    return None


def _taken(way: str, found: Way) -> str:
    goes = f"{NAMED[way].capitalize()} goes to {found.to}"
    return f"{goes}, but not yet: {found.verdict.detail}" if isinstance(found.verdict, Hold) else f"{goes}."


def _not_needed(taken: str, wished: str) -> str:
    if taken == wished:
        return f"Not needed: the record system asks for {NAMED[taken]}, and one goes out."
    return f"Not needed: {NAMED[taken]} goes out."
