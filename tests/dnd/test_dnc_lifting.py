"""Off the Do Not Contact list: the entry, its grounds and its addresses together, and nothing held otherwise."""

import pytest

from contacts import erased
from contacts.actors import Actor
from contacts.services import erasing
from contacts.services.errors import Conflict
from dnd import services as dnd
from dnd.models import Change, DncEntry, Ground, Suppression
from dnd.verification import verify
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory, add_phone, block

NUMBER = "+14155550100"


@pytest.fixture
def business(db):
    return BusinessFactory()


def put(contact, *channels, by=MANAGER):
    (listed,) = dnd.add_to_dnc(
        business=contact.business, contacts=[contact.pk], channels=channels or ["sms", "call"], by=by
    )
    return listed.entry


def lift(contact, entry, *, by=MANAGER, note="Signed a new consent"):
    return dnd.lift_entry(business=contact.business, entry=entry, by=by, note=note)


def grounds(contact):
    return sorted(Ground.objects.filter(contact=contact).values_list("channel", "reason"))


def suppressed():
    return sorted(Suppression.objects.in_force().values_list("channel", "address"))


def in_force(entry):
    return DncEntry.objects.get(pk=entry).lifted_at is None


def test_entry_grounds_and_addresses_go_together(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    entry = put(contact, "sms", "call", "email")

    lifted = lift(contact, entry)

    assert (grounds(contact), suppressed()) == ([], [])
    assert (lifted.lifted_by, lifted.lift_note) == ("Mia Manager", "Signed a new consent")
    line = Change.objects.get(contact=contact, enabled=False)
    assert (line.reason, line.evidence, line.text.note) == (
        "dnc_list",
        [f"dnc:{entry}"],
        "Signed a new consent",
    )
    assert verify().violations == []


def test_every_other_reason_stays(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    block(contact, "sms", reason="stop_keyword", by=Actor.contact())
    entry = put(contact)

    lift(contact, entry)

    assert grounds(contact) == [("sms", "stop_keyword")]
    assert suppressed() == [("sms", NUMBER)]


def test_others_with_the_address_are_free_too(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    other = ContactFactory(business=business, phone=NUMBER)
    entry = put(contact)
    assert grounds(other) == [("call", "dnc_list"), ("sms", "dnc_list")]

    lift(contact, entry)

    assert grounds(other) == []


def test_what_another_entry_names_stays(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    other = ContactFactory(business=business, phone=NUMBER)
    first, second = put(contact), put(other)

    lift(contact, first)

    assert not in_force(first)
    assert in_force(second)
    assert suppressed() == [("call", NUMBER), ("sms", NUMBER)]
    assert grounds(contact) == grounds(other) == [("call", "dnc_list"), ("sms", "dnc_list")]
    lift(other, second)
    assert (suppressed(), grounds(contact), grounds(other)) == ([], [], [])


def test_a_contact_with_an_entry_of_their_own_stays_on_it_for_its_channels(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    first, second = put(contact, "sms"), put(contact, "call")

    lift(contact, first)

    assert grounds(contact) == [("call", "dnc_list")]
    assert in_force(second)


def test_a_contact_who_got_the_address_later_and_has_another_on_the_list_stays(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    other = ContactFactory(business=business, phone="+14155550101")
    entry = put(contact, "sms")
    add_phone(other, NUMBER)
    put(other, "sms")

    lift(contact, entry)

    assert grounds(other) == [("sms", "dnc_list")]


@pytest.mark.parametrize(
    ("by", "note", "code"), [(MANAGER, " ", "note_required"), (STAFF, "asked", "role_required")]
)
def test_without_the_role_or_the_note_nothing_is_lifted(business, by, note, code):
    contact = ContactFactory(business=business, phone=NUMBER)
    entry = put(contact)

    with pytest.raises(dnd.Refused) as refused:
        lift(contact, entry, by=by, note=note)

    assert refused.value.code == code
    assert in_force(entry)
    assert grounds(contact)


def test_lifting_twice_is_told(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    entry = put(contact)
    lift(contact, entry)

    with pytest.raises(Conflict):
        lift(contact, entry)


def test_an_entry_of_another_business_does_not_exist(business):
    theirs = ContactFactory(phone=NUMBER)
    entry = put(theirs)

    with pytest.raises(DncEntry.DoesNotExist):
        dnd.lift_entry(business=business, entry=entry, by=MANAGER, note="asked")


def test_an_entry_of_which_nothing_stands_any_more_is_lifted_however_that_came(business):
    contact = ContactFactory(business=business, phone=NUMBER)
    entry = put(contact)
    some = dnd.Wish(outbound={"sms": False}, note="asked")
    dnd.change_one(business=business, contact=contact.pk, wish=some, by=MANAGER)
    assert in_force(entry)

    rest = dnd.Wish(outbound={"call": False}, note="asked")
    dnd.change_one(business=business, contact=contact.pk, wish=rest, by=MANAGER)

    assert not in_force(entry)
    assert DncEntry.objects.get().lifted_by == "Mia Manager"


class TestAfterSomebodyWasErased:
    def erase(self, contact):
        erasing.erase(business=contact.business, contact=contact.pk, by=ENTERPRISE)

    def test_a_number_that_their_entry_names_stays_on_the_list(self, business):
        gone, other = (ContactFactory(business=business, phone=NUMBER) for _ in range(2))
        put(gone, "sms")
        entry = put(other, "sms")
        self.erase(gone)

        lift(other, entry)

        assert suppressed() == [("sms", NUMBER)]
        assert grounds(other) == [("sms", "dnc_list")]

    def test_their_entry_frees_the_number_that_came_back(self, business):
        gone = ContactFactory(business=business, phone=NUMBER)
        entry = put(gone, "sms")
        self.erase(gone)
        again = ContactFactory(business=business, phone=NUMBER)
        dnd.screen_new_addresses()
        dnd.count_hits()
        assert grounds(again) == [("sms", "dnc_list")]
        assert DncEntry.objects.get(pk=entry).hits == 1

        lift(gone, entry)

        assert (suppressed(), grounds(again)) == ([], [])

    def test_and_who_came_back_can_be_erased_too(self, business):
        for _ in range(3):
            contact = ContactFactory(business=business, phone=NUMBER)
            put(contact, "sms")
            self.erase(contact)

        (row,) = Suppression.objects.in_force()
        assert row.address.startswith(erased.PREFIX)
        assert not DncEntry.objects.filter(addresses__contains=[NUMBER]).exists()
