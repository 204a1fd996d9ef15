"""From events to enrollments: exactly one firing for each event and each workflow in force, come what may."""

import pytest
from django.db import transaction

from contacts import locks
from contacts.actors import Actor, Cause
from contacts.models import Event
from contacts.services import events, people
from contacts.services import tags as tagging
from contacts.services.events import Happening
from dnd import services as dnd
from tests.factories import MANAGER, STAFF, BusinessFactory, ContactFactory, block
from tests.workflows.building import (
    EMAIL,
    TAG,
    crowd,
    draft,
    enroll,
    flow,
    free,
    on_dnd,
    pending,
    put_tag,
    state,
    tags,
    work,
)
from workflows import dispatch, matching
from workflows import services as workflows
from workflows.models import Enrollment, Firing, Setback

pytestmark = pytest.mark.django_db
WAIT = {"kind": "wait", "for": "3d"}
STOP = {"kind": "stop"}
EVERY = ("call", "sms", "email", "whatsapp", "facebook", "gmb")


def fired():
    return list(Firing.objects.order_by("id").values_list("workflow__name", "outcome"))


def on_tag(*values, op="any_of", kind="tag_added"):
    return {"type": kind, "filters": {"tags": {"op": op, "values": list(values)}} if values else {}}


def test_an_event_starts_each_workflow_once_whatever_the_number_of_its_triggers(business):
    flow(
        business,
        STOP,
        triggers=[on_dnd(flag="disabled_all"), on_dnd(), on_dnd(direction="outbound")],
        name="A",
    )
    flow(business, STOP, triggers=[on_dnd()], name="B")
    block(ContactFactory(business=business), "sms")

    work()

    assert fired() == [("A", "enrolled"), ("B", "enrolled")]
    assert (
        Enrollment.objects.filter(firing__trigger="Contact DND", entered_by="Trigger: Contact DND").count()
        == 2
    )
    assert dispatch.dispatch_batch() == 0


def test_what_another_dispatcher_has_done_meanwhile_is_not_done_again(business, monkeypatch):
    flow(business, STOP, triggers=[on_dnd()])
    block(ContactFactory(business=business), "sms")
    seen = dispatch._candidates()
    dispatch.dispatch_batch()
    monkeypatch.setattr(dispatch, "_candidates", lambda: seen)

    assert dispatch.dispatch_batch() == 0
    assert (Firing.objects.count(), Setback.objects.count()) == (1, 0)


def test_a_batch_is_of_at_most_two_hundred_contacts(business):
    flow(business, STOP, triggers=[on_tag()])
    contacts = crowd(business, 203)
    for name in ("a", "b"):
        with transaction.atomic():
            tagging.add(business.pk, [tagging.Tagging(contact.pk, name) for contact in contacts], by=STAFF)

    assert dispatch.dispatch_batch() == 400
    assert dispatch.dispatch_batch() == 6
    assert (
        sorted(Firing.objects.values_list("outcome", flat=True))
        == ["already_active"] * 203 + ["enrolled"] * 203
    )


def test_a_reinforced_or_weakened_block_starts_nothing(business):
    flow(business, STOP, triggers=[on_dnd()])
    contact = ContactFactory(business=business)
    block(contact, "sms")
    work()
    block(contact, "sms", reason="dnc_list")
    block(contact, "sms")
    work()

    assert len(fired()) == 1


def test_events_of_another_business_start_nothing(business):
    flow(business, STOP, triggers=[on_dnd()])
    block(ContactFactory(business=BusinessFactory()), "sms")

    work()

    assert fired() == []
    assert pending() == 0


def test_tag_triggers_are_about_the_tag_that_came_or_went(business):
    flow(business, STOP, triggers=[on_tag("VIP")], name="vip added")
    flow(business, STOP, triggers=[on_tag()], name="any added", allow_reentry=True)
    flow(business, STOP, triggers=[on_tag("vip", kind="tag_removed")], name="vip removed")
    contact = ContactFactory(business=business)
    put_tag(contact, "vip")
    work()
    put_tag(contact, "lead")
    work()
    tagging.edit(business=business, contact=contact.pk, by=STAFF, remove_names=["Vip", "Lead"])
    work()

    assert [name for name, _ in fired()] == ["vip added", "any added", "any added", "vip removed"]


def test_tag_filters_of_a_dnd_trigger_are_about_the_tags_at_the_change(business):
    flow(business, STOP, triggers=[on_dnd(tags={"op": "equals", "values": ["vip"]})])
    contact = ContactFactory(business=business)
    put_tag(contact, "VIP")
    block(contact, "sms")
    put_tag(contact, "late")

    work()

    assert len(fired()) == 1


def test_a_new_contact_starts_contact_created(business):
    flow(business, TAG, triggers=[{"type": "contact_created", "filters": {}}])
    contact = people.create(business=business, data={"first_name": "Bo"}, by=STAFF)

    work()

    assert tags(contact) == {"seen"}


def test_do_not_contact_starts_its_trigger(business):
    business.allow_do_not_contact = True
    business.save()
    flow(
        business, STOP, triggers=[{"type": "do_not_contact_changed", "filters": {"enabled": True}}], name="on"
    )
    flow(
        business,
        STOP,
        triggers=[{"type": "do_not_contact_changed", "filters": {"enabled": False}}],
        name="off",
    )
    flow(business, STOP, triggers=[on_dnd()], name="dnd")
    contact = ContactFactory(business=business)
    by = Actor("user", "Eva", "enterprise")
    dnd.change_one(business=business, contact=contact.pk, wish=dnd.Wish(do_not_contact=True), by=by)
    work()

    assert fired() == [("on", "enrolled")]


def test_reentry_is_off_unless_it_is_allowed_and_never_twice_at_a_time(business):
    flow(business, STOP, triggers=[on_dnd()], name="once")
    flow(business, STOP, triggers=[on_dnd()], name="again", allow_reentry=True)
    flow(business, WAIT, triggers=[on_dnd()], name="long", allow_reentry=True)
    contact = ContactFactory(business=business)
    block(contact, "sms")
    work()
    free(contact, "sms")
    work()

    assert fired() == [
        ("once", "enrolled"),
        ("again", "enrolled"),
        ("long", "enrolled"),
        ("once", "reentry_off"),
        ("again", "enrolled"),
        ("long", "already_active"),
    ]


def test_of_two_events_in_one_batch_the_first_enrolls(business):
    flow(business, STOP, triggers=[on_dnd()], allow_reentry=True)
    contact = ContactFactory(business=business)
    block(contact, "sms")
    block(contact, "email")

    assert dispatch.dispatch_batch() == 2
    assert [outcome for _, outcome in fired()] == ["enrolled", "already_active"]
    first = Event.objects.order_by("id").first()
    assert Firing.objects.get(outcome="enrolled").event == first


def test_a_workflow_counts_if_it_was_published_when_the_event_happened(business):
    before = draft(business, STOP, triggers=[on_dnd()], name="published later")
    during = flow(business, STOP, triggers=[on_dnd()], name="unpublished later")
    changed = flow(business, STOP, triggers=[on_dnd()], name="changed later")
    gone = flow(business, STOP, triggers=[on_dnd()], name="deleted later")
    block(ContactFactory(business=business), "sms")

    workflows.publish(workflow=before, by=MANAGER)
    workflows.unpublish(workflow=during, by=MANAGER)
    workflows.update(workflow=changed, data={"triggers": [], "steps": [TAG]}, by=MANAGER)
    workflows.publish(workflow=changed, by=MANAGER)
    workflows.delete(workflow=gone, by=MANAGER)
    work()

    assert [name for name, _ in fired()] == ["unpublished later", "changed later", "deleted later"]
    assert Firing.objects.get(workflow=changed).version.number == 1
    assert state(Enrollment.objects.get(workflow=gone)) == ("removed", "removed_by_user")


def test_each_event_of_a_batch_counts_by_its_own_time(business):
    workflow = draft(business, STOP, triggers=[on_dnd()], name="between")
    contacts = [ContactFactory(business=business) for _ in range(3)]
    block(contacts[0], "sms")
    workflows.publish(workflow=workflow, by=MANAGER)
    block(contacts[1], "sms")
    workflows.unpublish(workflow=workflow, by=MANAGER)
    block(contacts[2], "sms")

    assert dispatch.dispatch_batch() == 3
    assert Firing.objects.get().event.contact == contacts[1]


def test_a_workflow_does_not_start_itself(business):
    own = flow(business, TAG, triggers=[on_tag()], allow_reentry=True, name="own")
    flow(business, STOP, triggers=[on_tag("seen")], name="other")
    put_tag(ContactFactory(business=business), "vip")

    work()

    assert fired() == [("own", "enrolled"), ("own", "own_change"), ("other", "enrolled")]
    assert Firing.objects.get(outcome="own_change").workflow == own


def test_a_circle_of_workflows_stops_at_ten(business):
    steps = [{"kind": "add_tag", "tag": "ping"}, {"kind": "remove_tag", "tag": "pong"}]
    flow(business, *steps, triggers=[on_tag("pong")], allow_reentry=True, name="A")
    steps = [{"kind": "add_tag", "tag": "pong"}, {"kind": "remove_tag", "tag": "ping"}]
    flow(business, *steps, triggers=[on_tag("ping")], allow_reentry=True, name="B")
    put_tag(ContactFactory(business=business), "pong")

    work()

    outcomes = [outcome for _, outcome in fired()]
    assert outcomes.count("depth") == 1
    assert outcomes.count("enrolled") == 10
    assert Enrollment.objects.order_by("-depth").first().depth == 9


def test_the_depth_of_an_event_is_handed_on(business):
    flow(business, STOP, triggers=[on_tag()], name="A")
    contact = ContactFactory(business=business)
    deep = Happening(contact.pk, "Tag", {"tag": "x"}, Cause(None, None, 10))
    events.record(business.pk, "tag_added", [deep], by=STAFF, at=locks.now())

    work()

    assert fired() == [("A", "depth")]


def test_all_channels_dnd_removes_before_it_starts_anything(business):
    leaves = flow(business, WAIT, EMAIL, name="leaves", remove_when_all_dnd=True)
    stays = flow(business, WAIT, EMAIL, name="stays")
    flow(business, WAIT, triggers=[on_dnd(flag="enabled_all")], name="reacts", remove_when_all_dnd=True)
    contact = ContactFactory(business=business)
    first, second = enroll(leaves, contact), enroll(stays, contact)
    block(contact, "sms")
    work()
    assert state(first) == ("waiting", "")

    block(contact, *EVERY)
    work()

    assert state(first) == ("removed", "all_channels_dnd")
    assert state(second) == ("waiting", "")
    assert fired() == [("reacts", "enrolled")]
    assert Enrollment.objects.get(workflow__name="reacts").state == "waiting"


def test_a_business_may_remove_from_everything_when_all_channels_are_dnd(business):
    business.remove_when_all_dnd = True
    business.save()
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, WAIT), contact)
    block(contact, *EVERY)

    work()

    assert state(enrollment) == ("removed", "all_channels_dnd")


def test_what_was_started_by_an_event_before_all_dnd_in_the_same_batch_is_removed_too(business):
    flow(business, WAIT, triggers=[on_tag()], remove_when_all_dnd=True)
    contact = ContactFactory(business=business)
    put_tag(contact, "vip")
    block(contact, *EVERY)

    assert dispatch.dispatch_batch() == 2
    assert Enrollment.objects.get().exit_reason == "all_channels_dnd"


def test_nobody_is_removed_who_has_been_freed_by_the_time(business):
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, WAIT, remove_when_all_dnd=True), contact)
    block(contact, *EVERY)
    free(contact, "sms")

    work()

    assert state(enrollment) == ("waiting", "")


def test_inbound_dnd_on_every_channel_removes_nobody(business):
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, WAIT, remove_when_all_dnd=True), contact)
    wish = dnd.Wish(inbound={"call": True, "sms": True})
    dnd.change_one(business=business, contact=contact.pk, wish=wish, by=STAFF)

    work()

    assert state(enrollment) == ("waiting", "")


def test_deleting_a_contact_ends_what_runs_and_starts_nothing(business):
    flow(business, STOP, triggers=[on_dnd()], name="A")
    contact = ContactFactory(business=business)
    enrollment = enroll(flow(business, WAIT), contact)
    work()
    block(contact, "sms")
    people.delete(contact=contact, by=STAFF)

    work()

    assert state(enrollment) == ("removed", "contact_deleted")
    assert fired() == [("A", "contact_deleted")]


def test_one_event_at_fault_holds_up_no_other_and_is_not_lost(business, monkeypatch):
    flow(business, STOP, triggers=[on_dnd()])
    contacts = [ContactFactory(business=business) for _ in range(20)]
    for contact in contacts:
        block(contact, "sms")
    bad = Event.objects.filter(kind="contact_dnd")[7]
    bad_change = bad.data["change"]
    real = matching.matches

    def broken(trigger, event):
        if event.data["change"] == bad_change:
            raise KeyError("a fault")
        return real(trigger, event)

    monkeypatch.setattr(matching, "matches", broken)
    work()

    assert Firing.objects.count() == 19
    bad.refresh_from_db()
    assert bad.state == "pending"
    setback = Setback.objects.get(event=bad)
    assert setback.attempts == 1
    assert setback.error.startswith("KeyError at ")

    Setback.objects.update(retry_at="2020-01-01T00:00:00Z")
    work()
    assert Setback.objects.get(event=bad).attempts == 2

    monkeypatch.setattr(matching, "matches", real)
    Setback.objects.update(retry_at="2020-01-01T00:00:00Z")
    work()
    assert Firing.objects.count() == 20
    assert (pending(), Setback.objects.count()) == (0, 0)
