"""Free text that reads like an opt-out blocks at once; a manager says what it was."""

from urllib.parse import urlencode

import pytest

from compliance.models import Review, Statement
from compliance.services import reviewing
from contacts.services.errors import Conflict, RoleRequired
from dnd import services as dnd
from dnd.models import Change, Suppression
from dnd.verification import verify
from messaging.inbound import storing, times, working
from messaging.models import Message
from tests.compliance import twilio
from tests.compliance.test_inbound_texts import NUMBER, blocked, receive
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact(business, account, clock):
    return ContactFactory(business=business, phone=NUMBER)


@pytest.fixture
def review(contact, account):
    receive(account, "please stop texting me, thanks")
    return Review.objects.get()


def test_the_channel_is_blocked_at_once_and_the_text_waits_for_a_person(review, contact):
    assert blocked(contact) == ["free_text_opt_out"]
    assert (review.state, review.body, review.words) == (
        "open",
        "please stop texting me, thanks",
        "stop texting me",
    )
    assert Suppression.objects.in_force().get().reason == "free_text_opt_out"
    assert Message.objects.filter(contact=contact, message_class="system").count() == 1
    assert Message.objects.filter(contact=contact, direction="inbound").count() == 1


def test_confirming_leaves_it_to_the_contact(review, contact, account, clock):
    reviewing.confirm(business=contact.business, review=review.pk, by=MANAGER, note="Clear.")
    review.refresh_from_db()
    assert (review.state, review.decided_by, review.note) == ("confirmed", "Mia Manager", "Clear.")
    assert blocked(contact) == ["free_text_opt_out"]
    receive(account, "START")
    assert blocked(contact) == []


def test_rejecting_lifts_it_and_stands_on_the_ledger(review, contact):
    reviewing.reject(business=contact.business, review=review.pk, by=MANAGER)
    assert blocked(contact) == []
    assert not Suppression.objects.in_force().exists()
    line = Change.objects.filter(contact=contact).latest("version")
    assert (line.enabled, line.source, line.actor, line.reason) == (
        False,
        "user",
        "Mia Manager",
        "free_text_opt_out",
    )
    assert line.text.note == f"Review {review.pk}: not an opt-out."
    assert Statement.objects.get().state == "rejected"
    assert verify().violations == []


def test_rejecting_takes_back_that_reason_and_no_other(review, contact, account):
    dnd.change_one(
        business=contact.business, contact=contact.pk, wish=dnd.Wish(outbound={"sms": True}), by=STAFF
    )
    receive(account, "STOP")
    reviewing.reject(business=contact.business, review=review.pk, by=MANAGER)
    assert blocked(contact) == ["stop_keyword", "user_request"]


def test_two_texts_are_two_reviews_and_the_block_goes_with_the_last(review, contact, account):
    receive(account, "take me off your list")
    second = Review.objects.latest("pk")
    reviewing.reject(business=contact.business, review=review.pk, by=MANAGER)
    assert blocked(contact) == ["free_text_opt_out"]
    reviewing.reject(business=contact.business, review=second.pk, by=ENTERPRISE)
    assert blocked(contact) == []


def test_a_text_from_a_number_nobody_has_can_be_rejected(account, business, clock):
    receive(account, "take me off your list", "+14155550123")
    reviewing.reject(business=business, review=Review.objects.get().pk, by=MANAGER)
    assert not Suppression.objects.in_force().exists()


def test_an_opt_in_that_comes_first_closes_the_review(review, contact, account):
    receive(account, "START")
    review.refresh_from_db()
    assert (review.state, blocked(contact)) == ("overtaken", [])
    with pytest.raises(Conflict):
        reviewing.reject(business=contact.business, review=review.pk, by=MANAGER)


def test_a_review_is_decided_once_by_a_manager_of_its_business(review, contact):
    with pytest.raises(RoleRequired):
        reviewing.reject(business=contact.business, review=review.pk, by=STAFF)
    with pytest.raises(Review.DoesNotExist):
        reviewing.reject(business=BusinessFactory(), review=review.pk, by=MANAGER)
    assert blocked(contact) == ["free_text_opt_out"]
    reviewing.reject(business=contact.business, review=review.pk, by=MANAGER)
    with pytest.raises(Conflict, match="decided already"):
        reviewing.confirm(business=contact.business, review=review.pk, by=MANAGER)


def test_the_same_text_told_twice_is_one_review(contact, account):
    receive(account, "take me off your list", repeat=5)
    assert Review.objects.count() == 1


def test_words_that_only_look_alike_block_nothing(contact, account):
    for words in ("don't stop", "I'll stop by at 5", "stop 4 on the bus line"):
        receive(account, words)
    assert blocked(contact) == []
    assert not Review.objects.exists()


def test_a_text_that_is_older_than_an_opt_in_needs_nobody_to_look_at_it(contact, account, clock):
    """Its webhook came late: it blocks until its time is known, and then neither it nor its review is left."""
    receive(account, "START", MessageSid=clock.at(10))
    twilio.text(account, "please stop texting me", NUMBER, MessageSid=clock.at(5)).send()
    working.work_due()
    assert blocked(contact) == ["free_text_opt_out"]
    assert Review.objects.get().state == "open"
    times.ask_due()

    assert blocked(contact) == []
    assert Review.objects.get().state == "overtaken"


def test_a_text_that_was_found_with_its_time_is_no_open_review_either(contact, account, clock):
    receive(account, "START", MessageSid=clock.at(10))
    storing.store(
        account,
        kind="message",
        sid=twilio.new_sid(),
        body=urlencode(twilio.text_form("please stop texting me", NUMBER)).encode(),
        via="list",
        said_at=twilio.NOON,
    )
    working.work_due()

    assert blocked(contact) == []
    assert Review.objects.get().state == "overtaken"
