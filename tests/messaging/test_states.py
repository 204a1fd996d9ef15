"""What becomes of a message: every state with everything that can be learned."""

from itertools import permutations, product

import pytest

from messaging.delivery import states
from messaging.models import MessageState
from messaging.providers.base import Lost, NotTaken, Refused, Taken

RANK = {"queued": 0, "calling": 1, "unknown": 2, "sent": 3, "delivered": 4, "failed": 4}


@pytest.mark.parametrize(
    ("state", "answer", "after"),
    [
        ("calling", Taken("SM1"), "sent"),
        ("calling", Refused("21610", "opted out"), "failed"),
        ("calling", Lost("no_answer", "lost"), "unknown"),
        ("calling", NotTaken("429", "too many"), "queued"),
        ("unknown", Taken("SM1"), "sent"),
        ("unknown", Refused("21610", "opted out"), "failed"),
        ("unknown", Lost("no_answer", "lost"), None),
        ("unknown", NotTaken("429", "too many"), "failed"),
        ("sent", Lost("no_answer", "lost"), None),
        ("delivered", Taken("SM1"), None),
        ("failed", Taken("SM1"), None),
        ("dropped", Taken("SM1"), None),
    ],
)
def test_the_answer_of_a_call(state, answer, after):
    ending = states.after_call(state, answer)

    assert (ending and ending.state) == after
    assert bool(ending and ending.again) == (after == "queued")


def test_no_receipt_takes_a_message_backwards():
    for state, told, was_called in product(
        MessageState.values, ("sent", "delivered", "failed"), (True, False)
    ):
        ending = states.after_receipt(state, told, was_called=was_called)
        if ending:
            assert RANK[ending.state] > RANK[state]
        if not was_called and state != "sent":
            assert ending is None


@pytest.mark.parametrize("end", ["delivered", "failed"])
def test_receipts_in_any_order_and_repeated_come_to_the_same(end):
    for order in permutations(["sent", "sent", end, end]):
        state = "calling"
        for told in order:
            ending = states.after_receipt(state, told, was_called=True)
            state = ending.state if ending else state
        assert state == end


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ("calling", "sent", ""),
        ("calling", "failed", "failed"),
        ("calling", "unknown", "unknown"),
        ("calling", "queued", ""),
        ("unknown", "sent", "done"),
        ("unknown", "delivered", "done"),
        ("unknown", "failed", "failed"),
        ("sent", "delivered", ""),
        ("sent", "failed", "failed"),
    ],
)
def test_the_step_that_queued_it_hears_only_what_is_new(before, after, outcome):
    assert states.outcome(before, after) == outcome
