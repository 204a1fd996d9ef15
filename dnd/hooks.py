"""What `dnd` has to ask the apps above it. Each hook is one callable, set once when the app above is ready."""

from collections.abc import Callable, Sequence
from datetime import datetime

Question = tuple[int, int, datetime]
"""(contact, version of the change, when it was recorded)"""

in_flight: Callable[[Sequence[Question]], set[int]] | None = None
"""Contacts for which something claimed before the change is being called now, by contact or by address."""


class NobodyToAsk(RuntimeError):
    """Nothing has been set to answer what is in flight, so no change can be called effective."""


def ask_in_flight(questions: Sequence[Question]) -> set[int]:
    if in_flight is None:
        raise NobodyToAsk(NobodyToAsk.__doc__)
    return in_flight(questions)
