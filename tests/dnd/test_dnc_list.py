"""Putting contacts on the Do Not Contact list: the grounds, the addresses, the entry."""

import pytest

from contacts.models import Contact
from contacts.services import people
from dnd import services as dnd
from dnd.models import Change, DncEntry, Ground, Suppression
from dnd.verification import verify
from tests.factories import MANAGER, STAFF, BusinessFactory, ContactFactory, add_phone

pytestmark = pytest.mark.django_db
CALLS = ["call"]
EVERY = ["call", "sms", "email", "whatsapp", "facebook", "gmb"]


def listed(*contacts, channels=CALLS, by=STAFF, **more):
    return dnd.add_to_dnc(
        business=contacts[0].business, contacts=[c.pk for c in contacts], channels=channels, by=by, **more
    )


def grounds(contact):
    return set(Ground.objects.filter(contact=contact).values_list("channel", "reason"))


def test_the_contact_is_blocked_its_addresses_suppressed_and_the_entry_says_who_and_why():
    contact = ContactFactory(phone="+14155550100", email="ada@example.org")
    (one,) = listed(contact, channels=["call", "email"], action="Do Not Contact", note="asked on the phone")

    entry = DncEntry.objects.get(pk=one.entry)
    assert grounds(contact) == {("call", "dnc_list"), ("email", "dnc_list")}
    assert set(Suppression.objects.in_force().values_list("channel", "address", "reason")) == {
        ("call", "+14155550100", "dnc_list"),
        ("email", "ada@example.org", "dnc_list"),
    }
    assert (entry.channels, entry.addresses) == (["call", "email"], ["+14155550100", "ada@example.org"])
    assert (entry.action, entry.actor, entry.source) == ("Do Not Contact", "Sam Staff", "user")
    assert (entry.note, entry.hits, entry.lifted_at) == ("asked on the phone", 0, None)
    assert entry.at >= Change.objects.get().recorded_at


def test_putting_a_contact_on_the_list_twice_is_the_same_as_once():
    contact = ContactFactory()
    listed(contact, channels=EVERY)
    (again,) = listed(contact, channels=["sms", "call"])
    assert (again.entry, again.outcome.changes) == (None, [])
    assert DncEntry.objects.count() == 1


def test_a_block_for_the_lists_reason_is_entered_on_the_list_whoever_asks_for_it():
    contact = ContactFactory(phone="+14155550100")
    wish = dnd.Wish(outbound={"call": True}, reason="dnc_list", note="asked in the shop")

    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=STAFF)
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=STAFF)

    entry = DncEntry.objects.get(contact=contact)
    assert (entry.channels, entry.addresses, entry.note) == (["call"], ["+14155550100"], "asked in the shop")


def test_a_further_channel_is_an_entry_of_its_own_for_that_channel():
    contact = ContactFactory()
    listed(contact)
    listed(contact, channels=["call", "sms"])
    assert list(DncEntry.objects.order_by("id").values_list("channels", flat=True)) == [["call"], ["sms"]]


def test_a_number_that_came_later_is_suppressed_when_the_contact_is_put_on_the_list_again():
    contact = ContactFactory(phone="+14155550100")
    listed(contact)
    add_phone(contact, "+14155550101")
    (again,) = listed(contact)
    assert Suppression.objects.in_force().filter(address="+14155550101", channel="call").exists()
    assert DncEntry.objects.get(pk=again.entry).addresses == ["+14155550101"]


def test_who_shares_the_number_is_blocked_now_and_who_gets_it_later_within_a_tick():
    business = BusinessFactory()
    first = ContactFactory(business=business, phone="+14155550100")
    second = ContactFactory(business=business, phone="+14155550100")
    listed(first)
    later = people.create(
        business=business,
        data=people.clean(business, {"phones": [{"number": "+14155550100"}]}),
        by=MANAGER,
    )
    dnd.screen_new_addresses()
    assert grounds(second) == grounds(later) == {("call", "dnc_list")}
    assert DncEntry.objects.count() == 1


def test_who_is_on_the_suppression_list_already_still_gets_an_entry():
    contact = ContactFactory(phone="+14155550100")
    dnd.change_address(
        business=contact.business,
        channel="call",
        address="+14155550100",
        block=True,
        by=MANAGER,
        reason="dnc_list",
    )
    (one,) = listed(contact)
    assert one.entry is not None
    assert Change.objects.count() == 1


def test_contacts_of_another_business_and_deleted_ones_are_left_out():
    mine, other = ContactFactory(), ContactFactory()
    gone = ContactFactory(business=mine.business)
    people.delete(contact=gone, by=MANAGER)
    assert [one.contact_id for one in listed(mine, other, gone)] == [mine.pk]
    assert not Ground.objects.exclude(contact=mine).exists()


def test_many_at_once_take_a_bounded_number_of_queries(django_assert_max_num_queries):
    business = BusinessFactory()
    contacts = ContactFactory.create_batch(30, business=business)
    with django_assert_max_num_queries(35):
        listed(*contacts, channels=["call", "sms"])
    assert DncEntry.objects.count() == Contact.objects.count() == 30
    assert verify().violations == []
