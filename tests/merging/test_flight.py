"""Calls that are out while two contacts are merged find their way, and count until an opt-out is in force."""

import pytest

from dnd import services as dnd
from dnd.models import Change, Effective, Unstamped
from messaging import auditing
from messaging.delivery import claims, due, reaping
from messaging.delivery.calling import Called
from messaging.delivery.settling import settle
from messaging.providers.base import Taken
from tests.factories import MANAGER, BusinessFactory, block
from tests.merging.conftest import Two, two_of
from tests.messaging.conftest import connected, deliver, forward, provider, queue  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)
TAKEN = Taken("SM" + "0" * 32)


@pytest.fixture
def two(db: None) -> Two:
    return two_of(connected(BusinessFactory(allow_do_not_contact=True)))


def call(two: Two) -> tuple[claims.Claim, object]:
    """A text to the loser that is being handed over."""
    message = queue(two.loser)
    (out,) = claims.claim("interactive", 1).calls
    return out, message


def back(out: claims.Claim) -> None:
    settle([Called(out, TAKEN, out.claimed_at)])


def in_force(contact) -> list[bool]:
    lines = Change.objects.filter(contact=contact).order_by("version")
    return [Effective.objects.filter(change=line).exists() for line in lines]


def test_a_call_to_the_loser_settles_on_the_winner(two):
    out, message = call(two)
    one = two.merge()
    back(out)
    message.refresh_from_db()
    assert (message.state, message.contact, message.decided_for) == ("sent", one, two.loser.pk)


def test_an_opt_out_after_the_merge_is_in_force_when_that_call_is_over(two):
    for _ in range(
        3
    ):  # the winner's ledger is ahead of the loser's, and its version says nothing of the call
        block(two.winner, "email")
        dnd.change_one(
            business=two.business, contact=two.winner.pk, wish=dnd.Wish(outbound={"email": False}), by=MANAGER
        )
    out, _ = call(two)
    one = two.merge()
    block(one, "sms")
    assert in_force(one) == [True] * 6 + [False]
    back(out)
    assert in_force(one) == [True] * 7


def test_an_opt_out_of_the_loser_still_waits_for_its_call(two):
    out, _ = call(two)
    block(two.loser, "sms")
    assert in_force(two.loser) == [False]
    one = two.merge()
    dnd.stamp_waiting()
    assert (in_force(two.loser), in_force(one)) == ([False], [False])
    back(out)
    assert (in_force(two.loser), in_force(one)) == ([True], [True])
    assert not Unstamped.objects.exists()
    assert auditing.run().violations == []


def test_it_does_not_wait_for_what_is_called_after_the_merge(two):
    out, _ = call(two)
    for n in range(4):
        wish = dnd.Wish(outbound={"sms": n % 2 == 0})
        dnd.change_one(business=two.business, contact=two.loser.pk, wish=wish, by=MANAGER)
    one = two.merge()
    queue(one)
    back(out)
    assert len(claims.claim("interactive", 1).calls) == 1
    dnd.stamp_waiting()
    assert in_force(two.loser) == [True] * 4


def test_what_was_queued_for_the_loser_is_decided_on_for_the_winner(two, provider):  # noqa: F811
    message = queue(two.loser)
    block(two.winner, "sms")
    two.merge()
    deliver()
    message.refresh_from_db()
    assert (message.state, message.reason) == ("dropped", "dnd:sms:user_request")
    assert provider.letters == []
    assert auditing.run().violations == []


def test_a_worker_that_had_looked_before_the_merge_leaves_it_due(two):
    message = queue(two.loser)
    found = due.candidates("interactive", 16)
    two.merge()
    assert due.lock(found)[0] == []
    message.refresh_from_db()
    assert message.state == "queued"


def test_a_lost_call_is_found_by_the_reaper_and_stamps(two):
    _, message = call(two)
    one = two.merge()
    block(one, "sms")
    forward(message, 600)
    assert reaping.reap() == 1
    message.refresh_from_db()
    assert message.state == "unknown"
    assert in_force(one) == [True]
