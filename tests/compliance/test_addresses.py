"""Reasons that belong to an address: taken back one by one, set for many, and left behind with the address."""

import pytest

from contacts.actors import Actor
from contacts.services import people
from dnd import services as dnd
from dnd import verification
from dnd.models import Change, Ground, Suppression
from dnd.services import taking_back
from tests.factories import ENTERPRISE, STAFF, BusinessFactory, ContactFactory, add_phone, block

pytestmark = pytest.mark.django_db
CONTACT = Actor.contact("unsubscribe page")
PROVIDER = Actor.provider("Postmark")
ADA = "ada@example.org"


def grounds(contact):
    return set(Ground.objects.filter(contact=contact).values_list("channel", "reason"))


def suppressed(business):
    return set(Suppression.objects.in_force().filter(business=business).values_list("address", "reason"))


def feedback(business, reason, address=ADA, channel="email"):
    dnd.change_address(
        business=business, channel=channel, address=address, block=True, by=PROVIDER, reason=reason
    )


def take_back(business, reason, by, **more):
    return taking_back.take_back(
        business=business, channel="email", address=ADA, reason=reason, by=by, **more
    )


def test_taking_one_reason_back_leaves_every_other():
    contact = ContactFactory(email=ADA)
    block(contact, "email")
    feedback(contact.business, "email_bounce")
    dnd.change_one(
        business=contact.business,
        contact=contact.pk,
        wish=dnd.Wish(outbound={"email": True}, reason="email_unsubscribe"),
        by=CONTACT,
    )
    take_back(contact.business, "email_unsubscribe", CONTACT)
    assert grounds(contact) == {("email", "user_request"), ("email", "email_bounce")}
    assert suppressed(contact.business) == {(ADA, "email_bounce")}
    assert Change.objects.filter(contact=contact).latest("version").kind == "weakened"
    assert verification.verify(contact=contact.pk).violations == []


def test_taking_back_frees_every_holder_and_who_left_the_address():
    business = BusinessFactory()
    ada, eve = ContactFactory(business=business, email=ADA), ContactFactory(business=business, email=ADA)
    left = ContactFactory(business=business, email="new@example.org")
    feedback(business, "email_unsubscribe")
    block(left, "email", reason="email_unsubscribe", by=CONTACT)
    take_back(business, "email_unsubscribe", CONTACT)
    assert not grounds(ada) | grounds(eve)
    assert grounds(left) == {("email", "email_unsubscribe")}
    Suppression.objects.in_force().update(lifted_at="2026-01-01T00:00Z")
    take_back(business, "email_unsubscribe", CONTACT, contacts=[left.pk])
    assert not grounds(left)


def test_whom_another_address_holds_stays_blocked():
    business = BusinessFactory()
    both = ContactFactory(business=business, phone="+14155550101")
    add_phone(both, "+14155550102")
    for number in ("+14155550101", "+14155550102"):
        feedback(business, "carrier_unreachable", number, "sms")
    free = {"business": business, "channel": "sms", "reason": "carrier_unreachable", "by": STAFF}
    taking_back.take_back(address="+14155550101", **free)
    assert grounds(both) == {("sms", "carrier_unreachable")}
    taking_back.take_back(address="+14155550102", **free)
    assert grounds(both) == set()


@pytest.mark.parametrize(
    ("reason", "by", "note", "code"),
    [
        ("email_bounce", STAFF, "", "note_required"),
        ("email_bounce", STAFF, "validated", None),
        ("email_bounce", PROVIDER, "", None),
        ("email_complaint", ENTERPRISE, "they called", "dnd_locked"),
        ("dnc_list", STAFF, "they called", "role_required"),
        ("email_unsubscribe", Actor("workflow", "w"), "", "dnd_locked"),
    ],
)
def test_who_may_take_a_reason_back(reason, by, note, code):
    contact = ContactFactory(email=ADA)
    by_whom = ENTERPRISE if reason == "dnc_list" else PROVIDER
    dnd.change_address(
        business=contact.business, channel="email", address=ADA, block=True, by=by_whom, reason=reason
    )
    if code is None:
        take_back(contact.business, reason, by, note=note)
        assert not grounds(contact)
        return
    with pytest.raises(dnd.Refused) as refused:
        take_back(contact.business, reason, by, note=note)
    assert refused.value.code == code
    assert grounds(contact) == {("email", reason)}


def test_taking_back_what_nobody_holds_lifts_the_suppression():
    business = BusinessFactory()
    feedback(business, "email_bounce")
    assert take_back(business, "email_bounce", STAFF, note="validated") == []
    assert not suppressed(business)
    assert Suppression.objects.get().lifted_by == STAFF.label


def test_many_addresses_at_once_reach_their_holders_and_count_what_is_new():
    business = BusinessFactory()
    contacts = [ContactFactory(business=business) for _ in range(3)]
    marks = [("email", f"ada{c.pk}@example.org") for c in contacts] + [("sms", "+14155559999")]
    found = list(
        taking_back.suppress_many(business=business, marks=marks * 2, reason="dnc_list", by=ENTERPRISE)
    )
    assert found == [4]
    assert all(grounds(c) == {("email", "dnc_list")} for c in contacts)
    assert len(suppressed(business)) == 4
    again = taking_back.suppress_many(business=business, marks=marks, reason="dnc_list", by=ENTERPRISE)
    assert list(again) == [0]
    assert verification.verify(business=business.pk).violations == []


def move(contact, **data):
    people.update(contact=contact, data=people.clean(contact.business, data), by=STAFF)
    dnd.screen_new_addresses()


@pytest.mark.parametrize("reason", ["email_bounce", "email_failed", "email_suppressed"])
def test_what_a_provider_found_ends_with_the_address_and_stays_with_it(reason):
    contact = ContactFactory(email=ADA)
    feedback(contact.business, reason)
    dnd.screen_new_addresses()
    assert grounds(contact) == {("email", reason)}

    move(contact, email="new@example.org")
    assert grounds(contact) == set()
    assert suppressed(contact.business) == {(ADA, reason)}

    move(contact, email=ADA)
    assert grounds(contact) == {("email", reason)}
    assert verification.verify(contact=contact.pk).violations == []


@pytest.mark.parametrize("reason", ["email_unsubscribe", "email_complaint"])
def test_what_the_contact_asked_for_stays_with_the_contact(reason):
    contact = ContactFactory(email=ADA)
    feedback(contact.business, reason)
    move(contact, email="new@example.org")
    assert grounds(contact) == {("email", reason)}


def test_two_findings_end_together_and_a_request_of_staff_stays():
    contact = ContactFactory(email=ADA)
    block(contact, "email")
    feedback(contact.business, "email_bounce")
    feedback(contact.business, "email_failed")
    move(contact, email="new@example.org")
    assert grounds(contact) == {("email", "user_request")}
    assert verification.verify(contact=contact.pk).violations == []


def test_a_new_address_that_is_suppressed_itself_keeps_the_ground():
    contact = ContactFactory(email=ADA)
    feedback(contact.business, "email_bounce")
    feedback(contact.business, "email_bounce", "new@example.org")
    move(contact, email="new@example.org")
    assert grounds(contact) == {("email", "email_bounce")}


def test_an_address_of_another_kind_ends_nothing():
    contact = ContactFactory(email=ADA)
    feedback(contact.business, "email_bounce")
    dnd.screen_new_addresses()
    Suppression.objects.update(lifted_at="2026-01-01T00:00Z")
    add_phone(contact, "+14155550177")
    dnd.screen_new_addresses()
    assert grounds(contact) == {("email", "email_bounce")}
