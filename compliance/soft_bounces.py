"""When soft bounces add up to an address that does not work. Plain values in, plain values out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Mark:
    """One email that bounced softly, or arrived. `email` tells one from another: a provider reports each try."""

    at: datetime
    delivered: bool
    email: str


def add_up(marks: Iterable[Mark], *, threshold: int, days: int) -> bool:
    """Whether that many emails bounced within so many days, with none delivered in between.

    Only when things happened counts, and not when or how often they were heard of. At the same moment, a delivery
    comes before a bounce.
    """
    run: list[Mark] = []
    for mark in sorted(set(marks), key=lambda mark: (mark.at, not mark.delivered, mark.email)):
        if mark.delivered:
            run = []
            continue
        run = [earlier for earlier in run if mark.at - earlier.at <= timedelta(days=days)]
        if all(earlier.email != mark.email for earlier in run):
            run.append(mark)
        if len(run) >= threshold:
            return True
    return False
