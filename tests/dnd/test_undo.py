"""Undoing a slip of the hand: one line each way, and what stood comes back as it was."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.actors import Actor
from contacts.services import merging
from contacts.services.errors import Conflict
from dnd import flags, verification
from dnd import services as dnd
from dnd.models import Change, Ground
from dnd.services import undoing
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory, block

pytestmark = pytest.mark.django_db


@pytest.fixture
def contact():
    return ContactFactory(business=BusinessFactory(allow_do_not_contact=True))


def toggle(contact, by=STAFF, *, note="", inbound=None, **outbound):
    wish = dnd.Wish(outbound=outbound, inbound=inbound or {}, note=note)
    return dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=by)


def undo(contact, version, by=STAFF):
    return dnd.undo(business=contact.business, contact=contact.pk, version=version, by=by)


def stands(contact):
    rows = Ground.objects.filter(contact=contact).values_list("direction", "channel", "reason", "ends_at")
    return set(rows)


def test_a_block_is_taken_back_in_one_line(contact):
    done = toggle(contact, sms=True)
    assert dnd.undo_offered(contact.pk, STAFF) == done.version == 1
    undo(contact, 1)
    lines = Change.objects.filter(contact=contact).order_by("version")
    assert [line.summary for line in lines] == ["DND enabled by user for SMS", "DND disabled by user for SMS"]
    assert lines[1].evidence == [f"undo:{lines[0].pk}"]
    assert stands(contact) == set()
    assert verification.verify().violations == []


def test_a_lift_is_taken_back_with_the_reasons_ends_and_notes_that_stood(contact):
    until = timezone.now() + timedelta(days=3)
    for wish, by in (
        (dnd.Wish(outbound={"sms": True}, note="asked on the phone"), MANAGER),
        (dnd.Wish(outbound={"sms": True}, reason="preference_page", ends_at=until), Actor.contact()),
    ):
        dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=by)
    before = stands(contact)
    done = toggle(contact, MANAGER, sms=False, note="they called")
    assert stands(contact) == set()
    undo(contact, done.version, MANAGER)
    assert stands(contact) == before
    grounds = flags.panel(contact, MANAGER).outbound["sms"].grounds
    assert {ground.note for ground in grounds} == {"", "asked on the phone"}
    assert verification.verify().violations == []


def test_a_whole_direction_goes_back_to_what_was_there(contact):
    block(contact, "email")
    before = stands(contact)
    done = toggle(contact, **dict.fromkeys(("call", "sms", "email", "whatsapp", "facebook", "gmb"), True))
    undo(contact, done.version)
    assert stands(contact) == before


def test_the_do_not_contact_switch_goes_back(contact):
    wish = dnd.Wish(do_not_contact=True)
    done = dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=ENTERPRISE)
    undo(contact, done.version, ENTERPRISE)
    assert not flags.panel(contact, ENTERPRISE).do_not_contact.enabled
    assert verification.verify().violations == []


class TestRefused:
    def refused(self, contact, version, by=STAFF):
        before = Change.objects.count()
        with pytest.raises(Conflict) as refused:
            undo(contact, version, by)
        assert Change.objects.count() == before
        return str(refused.value)

    def test_when_something_has_changed_since(self, contact):
        done = toggle(contact, sms=True)
        block(contact, "email")
        assert "has changed since" in self.refused(contact, done.version)

    def test_by_somebody_else_and_what_no_person_did(self, contact):
        done = toggle(contact, sms=True)
        assert dnd.undo_offered(contact.pk, MANAGER) is None
        assert "yourself" in self.refused(contact, done.version, MANAGER)
        wish = dnd.Wish(outbound={"email": True}, reason="preference_page")
        told = dnd.change_one(
            business=contact.business, contact=contact.pk, wish=wish, by=Actor.contact(STAFF.label)
        )
        assert "yourself" in self.refused(contact, told.version)

    def test_twice(self, contact):
        back = undo(contact, toggle(contact, sms=True).version)
        assert dnd.undo_offered(contact.pk, STAFF) is None
        assert "undone already" in self.refused(contact, back.version)

    def test_too_late(self, contact, monkeypatch):
        done = toggle(contact, sms=True)
        monkeypatch.setattr(undoing, "WITHIN", timedelta(0))
        monkeypatch.setattr(undoing, "ON_ITS_WAY", timedelta(0))
        assert dnd.undo_offered(contact.pk, STAFF) is None
        assert "too late" in self.refused(contact, done.version)

    def test_what_reached_other_contacts_by_an_address(self, contact):
        wish = dnd.Wish(outbound={"sms": True}, reason="dnc_list")
        done = dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=MANAGER)
        assert dnd.undo_offered(contact.pk, MANAGER) is None
        assert "suppression list" in self.refused(contact, done.version, MANAGER)

    def test_what_came_with_a_merge_even_if_the_last_of_it_was_their_own(self, contact):
        twin = ContactFactory(business=contact.business)
        synced = dnd.Wish(outbound={"call": True}, reason="record_system")
        sync = Actor("sync", "A record system")
        dnd.change_one(business=contact.business, contact=twin.pk, wish=synced, by=sync)
        toggle(twin, sms=True)
        merging.merge(business=contact.business, winner=contact.pk, loser=twin.pk, by=STAFF)
        version = contact.standing.version

        assert dnd.undo_offered(contact.pk, STAFF) is None
        assert "merge" in self.refused(contact, version)

    def test_for_a_contact_of_another_business(self, contact):
        done = toggle(contact, sms=True)
        with pytest.raises(dnd.NoSuchContact):
            dnd.undo(business=BusinessFactory(), contact=contact.pk, version=done.version, by=STAFF)
