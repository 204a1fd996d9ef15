"""Changing DND on the real database: what is written, what is refused, and whom an address reaches."""

import pytest
from django.db import InternalError, connection, transaction
from django.utils import timezone

from contacts.actors import Actor
from contacts.models import Business, Contact, Event
from contacts.services import people
from dnd import flags
from dnd import services as dnd
from dnd.models import Change, Effective, Ground, Standing, Suppression
from tests.factories import (
    ENTERPRISE,
    MANAGER,
    STAFF,
    BusinessFactory,
    ContactFactory,
    add_phone,
    block,
)

pytestmark = pytest.mark.django_db
API = Actor("api", "key", "staff")
CONTACT = Actor.contact()


def wish(contact, by=STAFF, *, note="", reason="user_request", inbound=(), **outbound):
    asked = dnd.Wish(outbound=outbound, inbound=dict(inbound), note=note, reason=reason)
    return dnd.change_one(business=contact.business, contact=contact.pk, wish=asked, by=by)


def grounds(contact):
    return set(Ground.objects.filter(contact=contact).values_list("direction", "channel", "reason"))


def test_a_change_writes_ground_standing_line_event_and_effective_at_once():
    contact = ContactFactory()
    outcome = wish(contact, sms=True, email=True)

    (line,) = Change.objects.filter(contact=contact)
    event = Event.objects.get(contact=contact)
    assert outcome.version == line.version == 1
    assert line.summary == "DND enabled by user for SMS and Email"
    assert event.summary == line.summary
    assert event.data["channels"] == ["sms", "email"]
    assert Standing.objects.get(contact=contact).last_hash == line.hash
    assert Effective.objects.get(change=line).at == line.recorded_at


def test_asking_twice_is_the_same_as_asking_once():
    contact = ContactFactory()
    wish(contact, sms=True)
    again = wish(contact, sms=True)
    assert (again.version, again.changes) == (1, [])
    assert Event.objects.filter(contact=contact).count() == 1


def test_only_a_change_of_state_makes_an_event():
    contact = ContactFactory()
    wish(contact, sms=True)
    wish(contact, API, sms=True, reason="stop_keyword")
    assert list(Change.objects.values_list("kind", flat=True).order_by("version")) == [
        "changed",
        "reinforced",
    ]
    assert Event.objects.filter(contact=contact).count() == 1


def test_one_refused_channel_refuses_the_whole_request():
    contact = ContactFactory()
    block(contact, "email")
    wish(contact, API, sms=True, reason="stop_keyword")
    with pytest.raises(dnd.Refused) as refused:
        wish(contact, ENTERPRISE, email=False, sms=False, call=True)
    assert refused.value.code == "dnd_locked"
    assert ("outbound", "email", "user_request") in grounds(contact)
    assert not Change.objects.filter(channels__contains=["call"]).exists()


def test_a_stop_reaches_everyone_who_has_the_number_and_start_frees_them():
    business = BusinessFactory()
    ada, bob, eve = (ContactFactory(business=business, phone="+14155550101") for _ in range(3))
    elsewhere = ContactFactory(phone="+14155550101")
    wish(ada, API, sms=True, reason="stop_keyword")
    assert all(grounds(c) == {("outbound", "sms", "stop_keyword")} for c in (ada, bob, eve))
    assert grounds(elsewhere) == set()

    wish(bob, CONTACT, sms=False)
    assert not any(grounds(c) for c in (ada, bob, eve))
    assert not Suppression.objects.in_force().exists()
    assert Suppression.objects.count() == 1


def test_a_holder_whose_other_number_stays_suppressed_stays_blocked():
    business = BusinessFactory()
    ada = ContactFactory(business=business, phone="+14155550101")
    both = ContactFactory(business=business, phone="+14155550101")
    other = ContactFactory(business=business, phone="+14155550102")
    add_phone(both, "+14155550102")
    wish(ada, API, sms=True, reason="stop_keyword")
    wish(other, API, sms=True, reason="stop_keyword")

    wish(ada, CONTACT, sms=False)

    assert grounds(ada) == set()
    assert grounds(both) == {("outbound", "sms", "stop_keyword")}


def test_lifting_what_belongs_to_an_address_leaves_another_holders_own_reasons():
    business = BusinessFactory()
    ada, bob = (ContactFactory(business=business, phone="+14155550101") for _ in range(2))
    wish(ada, Actor("user", "M", "manager"), sms=True, reason="dnc_list")
    block(bob, "sms")
    wish(ada, MANAGER, sms=False, note="they came back")
    assert grounds(bob) == {("outbound", "sms", "user_request")}
    assert Change.objects.filter(contact=bob).latest("version").kind == "weakened"


def test_a_contact_that_gains_a_suppressed_address_gets_the_same_ground_within_a_tick():
    business = BusinessFactory()
    ada = ContactFactory(business=business, phone="+14155550101")
    wish(ada, API, sms=True, reason="stop_keyword")
    data = people.clean(business, {"first_name": "New", "phones": [{"number": "(415) 555-0101"}]})
    late = people.create(business=business, data=data, by=STAFF)
    assert grounds(late) == set()

    while dnd.screen_new_addresses():
        pass

    assert grounds(late) == {("outbound", "sms", "stop_keyword")}
    assert Event.objects.filter(contact=late, kind="contact_dnd").count() == 1


def test_a_suppression_outlives_the_contact():
    ada = ContactFactory(phone="+14155550101")
    wish(ada, API, sms=True, reason="stop_keyword")
    people.delete(contact=ada, by=STAFF)
    again = ContactFactory(business=ada.business, phone="+14155550101")
    while dnd.screen_new_addresses():
        pass
    assert grounds(again) == {("outbound", "sms", "stop_keyword")}
    assert Change.objects.filter(contact=ada).exists()


def test_a_set_is_changed_by_the_same_rules_and_each_contact_is_all_or_nothing():
    business = BusinessFactory()
    free, locked, done = (ContactFactory(business=business) for _ in range(3))
    stranger = ContactFactory()
    wish(locked, API, sms=True, reason="stop_keyword")
    block(free, "sms")
    outcomes = dnd.change(
        business=business,
        contacts=[free.pk, locked.pk, done.pk, stranger.pk],
        wish=dnd.Wish(outbound={"sms": False}),
        by=MANAGER,
    )
    by_contact = {o.contact_id: o for o in outcomes}
    assert set(by_contact) == {free.pk, locked.pk, done.pk}
    assert by_contact[free.pk].changes
    assert by_contact[locked.pk].refusals
    assert not by_contact[done.pk].changes
    assert not by_contact[done.pk].refusals


def test_a_set_costs_the_same_number_of_statements_whatever_its_size(
    django_assert_max_num_queries,
):
    business = BusinessFactory()
    contacts = [ContactFactory(business=business).pk for _ in range(40)]
    with django_assert_max_num_queries(14):
        dnd.change(
            business=business,
            contacts=contacts,
            wish=dnd.Wish(outbound={"sms": True}),
            by=MANAGER,
        )
    assert Standing.objects.filter(outbound__gt=0).count() == 40


def test_do_not_contact_is_in_the_same_ledger_but_is_no_flag():
    contact = ContactFactory(business__allow_do_not_contact=True)
    asked = dnd.Wish(do_not_contact=True)
    with pytest.raises(dnd.Refused) as refused:
        dnd.change_one(business=contact.business, contact=contact.pk, wish=asked, by=MANAGER)
    assert refused.value.code == "role_required"

    dnd.change_one(business=contact.business, contact=contact.pk, wish=asked, by=ENTERPRISE)
    line = Change.objects.get(contact=contact)
    assert (line.direction, line.enabled, line.channels) == ("automations", True, [])
    panel = flags.panel(contact, ENTERPRISE)
    assert (panel.state, panel.do_not_contact.enabled) == ("off", True)
    assert Event.objects.get(contact=contact).kind == "do_not_contact_changed"


def test_nothing_changes_while_nobody_can_say_what_is_in_flight(monkeypatch):
    contact = ContactFactory()
    monkeypatch.setattr("dnd.hooks.in_flight", None)
    with pytest.raises(RuntimeError, match="in flight"):
        block(contact, "sms")
    assert not Ground.objects.exists()


def test_a_change_under_which_something_is_being_called_becomes_effective_later(
    monkeypatch,
):
    contact = ContactFactory()
    monkeypatch.setattr("dnd.hooks.in_flight", lambda questions: {q[0] for q in questions})
    block(contact, "sms")
    assert not Effective.objects.exists()
    dnd.stamp_waiting()
    assert not Effective.objects.exists()

    monkeypatch.setattr("dnd.hooks.in_flight", lambda questions: set())
    assert dnd.stamp_waiting() == 1
    assert Effective.objects.get().at > Change.objects.get().recorded_at


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dnd_change SET actor = 'nobody'",
        "DELETE FROM dnd_change",
        "TRUNCATE dnd_change CASCADE",
        "UPDATE dnd_effective SET at = now()",
        "DELETE FROM dnd_effective",
        "TRUNCATE dnd_effective",
        "INSERT INTO dnd_change SELECT * FROM dnd_change ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
    ],
)
def test_the_database_refuses_to_change_the_ledger(sql):
    block(ContactFactory(), "sms")
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(InternalError, match="append-only"), transaction.atomic():
        connection.cursor().execute(sql)


def test_another_businesss_contact_does_not_exist():
    contact, other = ContactFactory(), BusinessFactory()
    with pytest.raises(dnd.NoSuchContact):
        dnd.change_one(
            business=other,
            contact=contact.pk,
            wish=dnd.Wish(outbound={"sms": True}),
            by=ENTERPRISE,
        )
    assert isinstance(other, Business)
    assert isinstance(contact, Contact)


def test_what_the_panel_says_of_a_locked_channel():
    contact = ContactFactory()
    block(contact, "sms")
    wish(contact, API, sms=True, reason="stop_keyword")
    flag = flags.panel(contact, ENTERPRISE).outbound["sms"]
    assert [g.reason for g in flag.grounds] == ["stop_keyword", "user_request"]
    assert (flag.may_lift, flag.why_not) == (
        False,
        "Only the contact can lift this, by texting START.",
    )


def test_a_ground_with_an_end_goes_within_a_tick_of_it_and_the_line_says_so():
    contact = ContactFactory()
    over = timezone.now()
    asked = dnd.Wish(outbound={"sms": True}, reason="preference_page", ends_at=over)
    dnd.change_one(business=contact.business, contact=contact.pk, wish=asked, by=CONTACT)
    assert grounds(contact)
    dnd.end_due()
    assert not grounds(contact)
    assert Change.objects.latest("version").summary == "DND disabled by contact for SMS"


def stop(business, number, reason="stop_keyword"):
    return dnd.change_address(
        business=business,
        channel="sms",
        address=number,
        block=True,
        by=CONTACT,
        reason=reason,
        evidence_ids=["SM1"],
    )


def start(business, number):
    return dnd.change_address(business=business, channel="sms", address=number, block=False, by=CONTACT)


def test_a_stop_from_a_number_that_nobody_has_binds_whoever_gets_it():
    business = BusinessFactory()
    assert stop(business, "+14155550101") == []
    late = ContactFactory(business=business, phone="+14155550101")
    dnd.screen_new_addresses()
    assert grounds(late) == {("outbound", "sms", "stop_keyword")}


def test_a_stop_and_a_start_come_to_the_same_however_often_they_are_told():
    business = BusinessFactory()
    ada, bob = (ContactFactory(business=business, phone="+14155550101") for _ in range(2))
    block(bob, "sms", "email")
    for _ in range(2):
        stop(business, "+14155550101")
    for _ in range(2):
        start(business, "+14155550101")
    assert grounds(ada) == set()
    assert grounds(bob) == {("outbound", "email", "user_request")}
    assert Change.objects.filter(contact=ada).count() == 2
    assert not Suppression.objects.in_force().exists()


def test_a_start_frees_no_holder_who_has_another_stopped_number():
    business = BusinessFactory()
    both = ContactFactory(business=business, phone="+14155550101")
    add_phone(both, "+14155550102")
    stop(business, "+14155550101")
    stop(business, "+14155550102")
    start(business, "+14155550101")
    assert grounds(both) == {("outbound", "sms", "stop_keyword")}
    start(business, "+14155550102")
    assert grounds(both) == set()


def test_a_start_lifts_nothing_that_the_record_system_owns():
    contact = ContactFactory(phone="+14155550101")
    wish(contact, Actor("sync", "records"), sms=True, reason="record_system")
    stop(contact.business, "+14155550101")
    start(contact.business, "+14155550101")
    assert ("outbound", "sms", "record_system") in grounds(contact)
    assert flags.panel(contact, STAFF).outbound["sms"].enabled
