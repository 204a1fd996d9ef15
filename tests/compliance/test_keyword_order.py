"""STOP, START and what carriers say, heard in every order: always the same end, never looser than the order of time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest

from compliance import time_order
from compliance.time_order import IN_FORCE, OVERTAKEN, Said

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


@dataclass
class Address:
    """What `hearing` keeps for one address, in memory: its statements, and the reasons for which it is blocked."""

    heard: dict[int, Said] = field(default_factory=dict)
    times: dict[int, datetime] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    log: list[int] = field(default_factory=list)

    def hear(self, said, *, asks):
        if said.id in self.heard:
            return
        self.times[said.id] = said.moment
        self.heard[said.id] = replace(said, moment=None) if asks else said
        self.settle()

    def answer(self):
        """The provider tells the times that are asked for, one after the other."""
        while asked := time_order.plan(list(self.heard.values())).ask:
            one = asked[0]
            self.heard[one.id] = replace(self.heard[one.id], moment=self.times[one.id])
            self.settle()

    def settle(self):
        plan = time_order.plan(list(self.heard.values()))
        self.blocked |= {said.reason for said in plan.block}
        self.blocked -= set(plan.take_back)
        if plan.lift:
            self.blocked.clear()
            self.log.append(plan.lift.id)
        for said in (*plan.block, *([plan.lift] if plan.lift else [])):
            self.heard[said.id] = replace(self.heard[said.id], state=IN_FORCE)
        for said in plan.overtaken:
            self.heard[said.id] = replace(self.heard[said.id], state=OVERTAKEN)


def oracle(events):
    """The requirement, read straight: by time, opt-ins before opt-outs of the same moment, each START frees."""
    blocked = set()
    for said in sorted(events, key=lambda said: (said.moment, not said.opts_in)):
        blocked = set() if said.opts_in else blocked | {said.reason}
    return blocked


def stop(pk, second, reason="stop_keyword"):
    return Said(pk, False, at(second), reason)


def start(pk, second):
    return Said(pk, True, at(second))


def carrier(pk, second, reason="carrier_blocked"):
    return Said(pk, False, at(second), reason)


GONE = "carrier_unreachable"
TEXT = "free_text_opt_out"
SETS = {
    "stop then start": [stop(1, 0), start(2, 5)],
    "start then stop": [start(1, 0), stop(2, 5)],
    "a tie": [stop(1, 3), start(2, 3)],
    "back and forth": [stop(1, 0), start(2, 1), stop(3, 2), start(4, 3), stop(5, 4), start(6, 5)],
    "out in the end": [start(1, 0), stop(2, 1), start(3, 2), stop(4, 3), start(5, 3), stop(6, 3)],
    "the carrier between": [
        stop(1, 0), carrier(2, 1), start(3, 2), carrier(4, 3, GONE), stop(5, -1), start(6, -2),
    ],
    "the carrier last": [
        stop(1, 0), start(2, 4), carrier(3, 5), carrier(4, 1, GONE), start(5, 2), stop(6, 3),
    ],
    "free text": [stop(1, 0, TEXT), start(2, 1), stop(3, 2, TEXT), stop(4, 1), start(5, 0), carrier(6, 1)],
}  # fmt: skip
HONESTLY_TIMED = ("carrier_blocked", "carrier_unreachable")


def asks(said):
    """The time of a text is asked for; of what a carrier says there is only the receipt."""
    return said.reason not in HONESTLY_TIMED


@pytest.mark.parametrize("answers", ["each time", "in the end"])
@pytest.mark.parametrize("name", SETS)
def test_every_order_and_every_repetition_ends_the_same(name, answers):
    events = SETS[name]
    for order in permutations(events):
        address = Address()
        for said in (*order, *order[:3], order[-1]):
            address.hear(said, asks=asks(said))
            if answers == "each time":
                address.answer()
        address.answer()
        assert address.blocked == oracle(events), [said.id for said in order]
        assert all(said.state != "waiting" for said in address.heard.values())


def test_every_set_of_three_among_three_moments():
    """All of them: opt-outs of two reasons and opt-ins at any of three moments, in each order."""
    kinds = [lambda pk, s: stop(pk, s), lambda pk, s: start(pk, s), lambda pk, s: carrier(pk, s)]
    for makers in product(kinds, repeat=3):
        for seconds in product(range(3), repeat=3):
            events = [make(pk, second) for pk, (make, second) in enumerate(zip(makers, seconds, strict=True))]
            for order in permutations(events):
                address = Address()
                for said in order:
                    address.hear(said, asks=asks(said))
                address.answer()
                assert address.blocked == oracle(events), events


def test_at_no_moment_is_it_looser_than_what_was_heard_so_far():
    """Whatever has arrived and whatever times are known, no opt-out that still counts is missing."""
    for events in SETS.values():
        for order in permutations(events[:5]):
            address, arrived = Address(), []
            for said in order:
                arrived.append(said)
                address.hear(said, asks=asks(said))
                assert address.blocked >= oracle(arrived)


def test_an_opt_out_blocks_before_its_time_is_known_and_an_opt_in_waits_for_its_own():
    address = Address()
    address.hear(start(1, 9), asks=True)
    assert address.log == []
    address.hear(stop(2, 5), asks=True)
    assert address.blocked == {"stop_keyword"}
    address.answer()
    assert (address.blocked, address.log) == (set(), [1])


def test_an_opt_in_older_than_the_last_opt_out_lifts_nothing_and_neither_does_a_tie():
    for second in (4, 5):
        address = Address()
        address.hear(stop(1, 5), asks=True)
        address.hear(start(2, second), asks=True)
        address.answer()
        assert (address.blocked, address.log) == ({"stop_keyword"}, [])
        assert address.heard[2].state == OVERTAKEN


def test_without_an_opt_in_no_provider_is_asked():
    assert (
        time_order.plan([Said(1, False, None, "stop_keyword"), Said(2, False, None, "stop_keyword")]).ask
        == ()
    )
