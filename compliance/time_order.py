"""What a set of statements about one address on one channel comes to. Plain values in, plain values out.

Every order in which the same statements are heard, and every repetition, ends in the same grounds: those of the
opt-outs that were not said before the last opt-in. While a time is not known yet, the stricter reading holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

WAITING, IN_FORCE, OVERTAKEN = "waiting", "in_force", "overtaken"


@dataclass(frozen=True, slots=True)
class Said:
    """One statement. `moment`: when it was said, None while that is being asked for. `reason`: of an opt-out."""

    id: int
    opts_in: bool
    moment: datetime | None
    reason: str = ""
    state: str = WAITING


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order. An opt-in lifts everything that was there before it, or nothing."""

    block: tuple[Said, ...] = ()
    take_back: tuple[str, ...] = ()
    lift: Said | None = None
    overtaken: tuple[Said, ...] = ()
    ask: tuple[Said, ...] = ()


def plan(statements: Sequence[Said]) -> Plan:
    """What brings an address to where its statements leave it. A tie blocks; what was planned once is not repeated."""
    opt_ins = [said for said in statements if said.opts_in]
    last = max((said for said in opt_ins if said.moment), key=_when, default=None)
    standing = [said for said in statements if not said.opts_in and _stands(said, last)]
    gone = [said for said in statements if not said.opts_in and said not in standing]
    lift = last if last and last.state == WAITING and not standing else None
    return Plan(
        block=tuple(said for said in standing if said.state == WAITING),
        take_back=() if lift else _left_behind(gone, standing),
        lift=lift,
        overtaken=(*_not_yet_overtaken(gone), *_too_old(opt_ins, last, standing)),
        ask=tuple(said for said in statements if said.moment is None) if opt_ins else (),
    )


def _when(said: Said) -> tuple[datetime | None, int]:
    return said.moment, -said.id


def _stands(opt_out: Said, last: Said | None) -> bool:
    """Whether this was not said before the last opt-in. Without its time it counts as the newest."""
    if last is None or last.moment is None or opt_out.moment is None:
        return True
    return opt_out.moment >= last.moment


def _left_behind(gone: Iterable[Said], standing: Iterable[Said]) -> tuple[str, ...]:
    """Reasons that took effect and that nothing bears out any more."""
    kept = {said.reason for said in standing}
    return tuple(sorted({said.reason for said in gone if said.state == IN_FORCE} - kept))


def _not_yet_overtaken(gone: Iterable[Said]) -> tuple[Said, ...]:
    return tuple(said for said in gone if said.state != OVERTAKEN)


def _too_old(opt_ins: Iterable[Said], last: Said | None, standing: Sequence[Said]) -> tuple[Said, ...]:
    """Opt-ins that lift nothing: one that is not the last, and the last when an opt-out of a known time is as late."""
    return tuple(
        said
        for said in opt_ins
        if said.state == WAITING
        and said.moment
        and (said is not last or any(each.moment for each in standing))
    )
