"""Merging at the very moment at which something else happens to one of the two: in either order nothing is lost."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from contacts.actors import Actor
from contacts.services import merging
from contacts.services.errors import Conflict
from dnd import services as dnd
from dnd import verification
from messaging import auditing
from messaging.delivery import claims
from messaging.delivery.calling import Called
from messaging.delivery.settling import settle
from messaging.models import Message
from messaging.providers.base import Taken
from tests.factories import STAFF, BusinessFactory
from tests.merging.conftest import Two, grounds, two_of
from tests.messaging.conftest import connected, queue

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def at_once(*things: Callable[[], object]) -> list[BaseException]:
    """Each in a thread of its own, begun together; what they raised."""
    start, raised = threading.Barrier(len(things)), list[BaseException]()

    def run(thing: Callable[[], object]) -> None:
        try:
            start.wait(10)
            thing()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[thing]) for thing in things]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def merge(two: Two) -> None:
    merging.merge(business=two.business, winner=two.winner.pk, loser=two.loser.pk, by=STAFF)


@pytest.fixture
def business():
    return connected(BusinessFactory())


def test_a_stop_from_the_loser_s_number_reaches_the_winner(business):
    for n in range(ROUNDS):
        two = two_of(business, n)
        stop = {"channel": "sms", "address": f"+1650555{n:04d}", "block": True, "reason": "stop_keyword"}
        raised = at_once(
            lambda two=two: merge(two),
            lambda two=two, stop=stop: dnd.change_address(
                business=two.business, by=Actor.contact("by SMS"), **stop
            ),
        )
        assert raised == []
        assert grounds(two.winner) == {("outbound", "sms", "stop_keyword")}
    assert verification.verify(business=business.pk).violations == []


def test_a_block_of_the_loser_reaches_the_winner(business):
    for n in range(ROUNDS):
        two = two_of(business, n)
        wish = dnd.Wish(outbound={"call": True})
        raised = at_once(
            lambda two=two: merge(two),
            lambda two=two, wish=wish: dnd.change(
                business=two.business, contacts=[two.loser.pk], wish=wish, by=STAFF
            ),
        )
        assert raised == []
        assert grounds(two.winner) == {("outbound", "call", "user_request")}
    assert verification.verify(business=business.pk).violations == []


def test_a_call_that_comes_back_finds_its_message(business):
    for n in range(ROUNDS):
        two = two_of(business, n)
        message = queue(two.loser)
        (out,) = claims.claim("interactive", 1).calls
        back = Called(out, Taken(f"SM{n:032x}"), out.claimed_at)
        assert at_once(lambda two=two: merge(two), lambda back=back: settle([back])) == []
        message.refresh_from_db()
        assert (message.state, message.contact_id) == ("sent", two.winner.pk)
    assert auditing.run().violations == []


def test_two_who_are_merged_into_each_other_at_once_are_merged_once(business):
    for n in range(ROUNDS):
        two = two_of(business, n)
        other = Two(business, two.loser, two.winner)
        raised = at_once(lambda two=two: merge(two), lambda other=other: merge(other))
        assert len(raised) == 1
        assert isinstance(raised[0], Conflict | type(two.winner).DoesNotExist)
        two.winner.refresh_from_db()
        two.loser.refresh_from_db()
        assert bool(two.winner.deleted_at) != bool(two.loser.deleted_at)


def test_a_message_is_claimed_for_the_winner_or_before(business):
    for n in range(ROUNDS):
        two = two_of(business, n)
        queue(two.loser)
        dnd.change_one(
            business=business, contact=two.winner.pk, wish=dnd.Wish(outbound={"sms": True}), by=STAFF
        )
        assert at_once(lambda two=two: merge(two), lambda: claims.claim("interactive", 1)) == []
        claims.claim("interactive", 1)
        assert Message.objects.get(contact=two.winner).state in ("calling", "dropped")
    assert auditing.run().violations == []
