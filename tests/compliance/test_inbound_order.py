"""The same events in every order and with repetitions, on the real tables: the same grounds in the end."""

import random
from datetime import timedelta
from itertools import permutations

import pytest

from compliance.models import Statement
from compliance.services import hearing
from contacts.models import Business
from dnd.models import Ground, Suppression
from dnd.verification import verify
from messaging.inbound import times
from tests.compliance import twilio
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
STOP, START, TEXT, BLOCKED, UNREACHABLE = (
    "stop_keyword", None, "free_text_opt_out", "carrier_blocked", "carrier_unreachable",
)  # fmt: skip

SETS = [
    [(STOP, 0), (START, 5), (BLOCKED, 3), (STOP, 2)],
    [(START, 0), (STOP, 4), (START, 4), (UNREACHABLE, 1)],
    [(TEXT, 1), (START, 2), (STOP, 3), (START, 4)],
    [(STOP, 1), (START, 2), (UNREACHABLE, 3), (START, 0)],
]
SIX = [(STOP, 0), (START, 1), (BLOCKED, 2), (START, 3), (TEXT, 3), (START, 2)]


def oracle(events):
    blocked = set()
    for reason, _ in sorted(events, key=lambda event: (event[1], event[0] is not None)):
        blocked = blocked | {reason} if reason else set()
    return sorted(blocked)


def play(business, order, clock, *, at_once):
    """Each event is heard, the whole again in part, and the times are told either each time or in the end."""
    number = f"+1415{7000000 + Statement.objects.count():07d}"
    contacts = [ContactFactory(business=business, phone=number) for _ in range(2)]
    account = business.connections.get().pk
    sids = {event: clock.at(event[1]) for event in order}
    for reason, second in (*order, *order[::2]):
        by_carrier = reason in (BLOCKED, UNREACHABLE)
        hearing.hear(
            business=business,
            channel="sms",
            address=number,
            reason=reason,
            provider_id=sids[reason, second],
            received_at=twilio.NOON + timedelta(seconds=second if by_carrier else 100),
            connection_id=None if by_carrier else account,
        )
        if at_once:
            times.ask_due()
    times.ask_due()
    grounds = [
        sorted(Ground.objects.filter(contact=contact).values_list("reason", flat=True))
        for contact in contacts
    ]
    marks = Suppression.objects.in_force().filter(business=business, address=number)
    return grounds, sorted(marks.values_list("reason", flat=True))


@pytest.mark.parametrize(("events", "at_once"), list(zip(SETS, [True, False] * 2, strict=True)))
def test_every_order_ends_in_the_grounds_of_time_order(account, business, clock, events, at_once):
    wanted = oracle(events)
    for order in permutations(events):
        assert play(business, order, clock, at_once=at_once) == ([wanted, wanted], wanted), order


def test_orders_of_six(account, business, clock):
    """All 720 are played in memory (test_keyword_order.py); of these a sample."""
    wanted = oracle(SIX)
    for order in random.Random(6).sample(list(permutations(SIX)), 12):
        assert play(business, order, clock, at_once=False) == ([wanted, wanted], wanted), order
    assert Statement.objects.filter(state="waiting").count() == 0
    assert verify(business=Business.objects.get().pk).violations == []
