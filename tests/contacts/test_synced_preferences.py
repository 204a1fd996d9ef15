"""What two record systems, or one twice, said of a contact: what holds."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from contacts.models import Preference, Sync
from contacts.preferences import InForce, Said, in_force
from contacts.services import preferring
from tests.factories import BusinessFactory, ContactFactory

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def at(minutes):
    return NOW + timedelta(minutes=minutes)


def test_the_later_of_each_thing_holds_and_between_equal_times_the_stricter():
    told = [("sms", 0), ("voice", 2), ("dnc", 1), ("voice", 1), ("", 2)]
    ends = set()
    for order in permutations(told):
        said = Said()
        for method, minute in order:
            said = said.with_method(method, at(minute))
        ends.add(said.wished)

    assert ends == {"voice"}
    assert Said().with_method("dnc", at(2)).with_method("voice", at(2)).wished == "dnc"


def test_an_appointment_that_says_nothing_of_a_thing_leaves_it_as_it_is_in_general():
    general = Said(method="voice", method_at=at(0), number="+1", number_at=at(0))
    only_a_number = Said("A", number="+2", number_at=at(1), ends_at=at(60))

    assert in_force([general, only_a_number], NOW) == InForce("voice", "+2", "A")
    assert in_force([general, only_a_number], at(60)) == InForce("voice", "+1", "")


def test_of_several_appointments_one_that_forbids_counts_else_the_last_spoken_of():
    first = Said("A", method="voice", method_at=at(0), ends_at=at(60))
    last = Said("B", method="sms", method_at=at(1), ends_at=at(60))
    forbids = Said("C", method="dnc", method_at=at(0), ends_at=at(30))

    assert in_force([first, last], NOW).method == "sms"
    assert in_force([first, last, forbids], NOW).method == "dnc"
    assert in_force([first, last, forbids], at(30)).method == "sms"


@pytest.mark.django_db
def test_merging_two_contacts_joins_what_was_said_of_both():
    business = BusinessFactory()
    winner, loser = ContactFactory(business=business), ContactFactory(business=business)
    for contact, method, minute in ((winner, "sms", 5), (loser, "dnc", 0)):
        Preference.objects.create(business=business, contact=contact, method=method, method_at=at(minute))
        for message in ("both", f"of {method}"):
            Sync.objects.create(
                business=business, contact=contact, message_id=message, sent_at=NOW, received_at=NOW
            )
    Preference.objects.create(
        business=business, contact=loser, appointment="A", method="voice", method_at=NOW, ends_at=at(9)
    )

    preferring.merge(winner.pk, loser.pk)

    assert not Preference.objects.filter(contact=loser).exists()
    assert preferring.in_force(winner.pk, at(9)).method == "dnc"
    assert preferring.in_force(winner.pk, NOW).method == "voice"
    ids = Sync.objects.filter(contact=winner).values_list("message_id", flat=True)
    assert sorted(ids) == ["both", "of dnc", "of sms"]
