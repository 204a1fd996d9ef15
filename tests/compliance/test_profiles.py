"""A business's compliance settings: defaults, what is refused, and who may change them."""

from datetime import UTC, datetime, time

import pytest

from compliance import hours
from compliance.models import PermittedHours, Profile, Told
from compliance.services import adding, permitted, profiles
from contacts.actors import Actor
from contacts.services.errors import Invalid, RoleRequired
from tests.factories import ENTERPRISE, MANAGER, STAFF, BusinessFactory, ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def business():
    return BusinessFactory(name="Harbor Clinic", address="1 Main Street")


def test_a_business_that_never_chose_has_the_defaults(business):
    profile = profiles.of(business.pk)
    assert profiles.faults(profile) == {}
    assert not profile.quiet_hours
    assert (profile.sms_repeat_days, profile.soft_bounces, profile.soft_bounce_days) == (30, 5, 30)
    rules = profiles.sms_rules(profile, business)
    assert (rules.opt_out, rules.sender) == ("Reply STOP to unsubscribe.", "Harbor Clinic")
    email = profiles.email_rules(profile, business)
    assert (email.sender, email.address) == ("Harbor Clinic", "1 Main Street")
    assert not Profile.objects.exists()


def test_what_is_left_out_stays_and_switches_switch(business):
    profiles.update(
        business=business, data={"sms_sender_text": "  Harbor   Eyes ", "quiet_hours": True}, by=ENTERPRISE
    )
    profile = profiles.update(business=business, data={"sms_opt_out": False}, by=ENTERPRISE)
    assert profile == profiles.of(business.pk)
    assert profiles.sms_rules(profile, business) == profiles.SmsRules("", "Harbor Eyes", "again", 30)
    assert profile.quiet_hours


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"sms_repeat_days": 0}, "sms_repeat_days"),
        ({"sms_repeat_days": 61}, "sms_repeat_days"),
        ({"sms_repeat": "never"}, "sms_repeat"),
        ({"sms_opt_out_text": "Reply CANCEL to leave"}, "sms_opt_out_text"),
        ({"sms_opt_out_text": "Bye"}, "sms_opt_out_text"),
        ({"sms_opt_out_text": "STOP " + "x" * 140}, "sms_opt_out_text"),
        ({"sms_sender_text": "a\x00b"}, "sms_sender_text"),
        ({"email_unsubscribe_text": "  "}, "email_unsubscribe_text"),
        ({"opt_out_reply": "Bye {{contact.first_name}}"}, "opt_out_reply"),
        ({"opt_in_words": ["thanks"]}, "opt_in_words.0"),
        ({"help_words": ["please stop texting me"]}, "help_words.0"),
        ({"soft_bounces": 0}, "soft_bounces"),
        ({"soft_bounce_days": 366}, "soft_bounce_days"),
        ({"opt_out_words": ["ALTO", "!!"]}, "opt_out_words.1"),
        ({"opt_out_words": ["START"]}, "opt_out_words.0"),
        ({"opt_in_words": ["YES"]}, "opt_in_words.0"),
        ({"opt_out_words": ["ALTO"], "opt_in_words": ["alto"]}, "opt_in_words.0"),
        ({"help_words": [f"word{n}" for n in range(51)]}, "help_words"),
    ],
)
def test_what_cannot_work_is_refused_by_field_and_nothing_is_written(business, data, field):
    with pytest.raises(Invalid) as refused:
        profiles.update(business=business, data=data, by=ENTERPRISE)
    assert set(refused.value.errors) == {field}
    assert not Profile.objects.exists()


@pytest.mark.parametrize("by", [STAFF, MANAGER, Actor("workflow", "w")])
def test_only_an_enterprise_user_changes_them(business, by):
    with pytest.raises(RoleRequired):
        profiles.update(business=business, data={}, by=by)
    with pytest.raises(RoleRequired):
        permitted.replace(business=business, region="US-TX", rows=[], by=by)


def test_own_words_come_with_their_kind(business):
    profiles.update(
        business=business, data={"opt_out_words": ["ALTO ", "ALTO"], "help_words": ["AYUDA"]}, by=ENTERPRISE
    )
    assert profiles.keyword_lists(business) == {"ALTO": "opt_out", "AYUDA": "help"}


def test_told_is_remembered_and_never_goes_backwards():
    ada, bob = ContactFactory(), ContactFactory()
    first, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    adding.remember_told("sms", [ada.pk, ada.pk], later)
    adding.remember_told("sms", [ada.pk, bob.pk], first)
    adding.remember_told("email", [bob.pk], later)
    assert adding.last_told("sms", [ada.pk, bob.pk]) == {ada.pk: later, bob.pk: first}


def test_switching_the_opt_out_text_on_has_everybody_told_anew(business):
    contact, other = ContactFactory(business=business), ContactFactory()
    profiles.update(business=business, data={"sms_opt_out": False}, by=ENTERPRISE)
    adding.remember_told("sms", [contact.pk, other.pk], datetime(2026, 1, 1, tzinfo=UTC))
    profiles.update(business=business, data={"sms_repeat_days": 5}, by=ENTERPRISE)
    assert Told.objects.count() == 2
    profiles.update(business=business, data={"sms_opt_out": True}, by=ENTERPRISE)
    assert [told.contact_id for told in Told.objects.all()] == [other.pk]


def row(days, opens, closes):
    return {"days": days, "opens": time(opens), "closes": time(closes)}


def test_a_region_can_be_given_other_hours_and_its_own_back(business):
    shipped = permitted.table_of(business.pk)
    assert len(shipped["US-RI"]) == 2
    permitted.replace(business=business, region="US-RI", rows=[row([0, 1], 11, 0)], by=ENTERPRISE)
    changed = permitted.table_of(business.pk)
    assert changed["US-RI"] == (hours.Window(frozenset({0, 1}), time(11), time(0)),)
    assert {r: w for r, w in changed.items() if r != "US-RI"} == {
        r: w for r, w in shipped.items() if r != "US-RI"
    }
    assert permitted.own_regions(business.pk) == {"US-RI"}
    assert permitted.table_of(BusinessFactory().pk) == shipped

    permitted.replace(business=business, region="US-RI", rows=[], by=ENTERPRISE)
    assert permitted.table_of(business.pk) == shipped


@pytest.mark.parametrize(
    ("region", "rows", "field"),
    [
        ("US-XX", [row([0], 8, 9)], "region"),
        ("", [row([0], 8, 9)], "region"),
        ("US-TX", [row([], 8, 9)], "rows.0.days"),
        ("US-TX", [row([0], 8, 9), row([1], 9, 9)], "rows.1.closes"),
        ("default", [row([0], 21, 8)], "rows.0.closes"),
        ("default", [row([0], 8, 9)] * 22, "rows"),
    ],
)
def test_hours_that_never_open_are_refused(business, region, rows, field):
    with pytest.raises(Invalid) as refused:
        permitted.replace(business=business, region=region, rows=rows, by=ENTERPRISE)
    assert set(refused.value.errors) == {field}
    assert not PermittedHours.objects.exists()
