"""Everything else of the one who is merged: fields, addresses, tags, work, messages, workflows, history."""

import pytest

from compliance.models import LinkToken, Told
from compliance.services import choices
from contacts import locks
from contacts.models import Event, Notification, Pipeline, Status
from contacts.services import merging, people, work
from contacts.services.errors import Conflict, Invalid
from dnd.models import Suppression
from messaging.models import Message
from tests.factories import STAFF, BusinessFactory, ContactFactory, MembershipFactory, add_phone
from tests.merging.conftest import grounds
from tests.workflows import building
from tests.workflows.building import TAG, connect, enroll, flow, put_tag, state

pytestmark = pytest.mark.django_db
WAIT = {"kind": "wait", "for": "2h"}


def addresses(contact):
    return [(p.kind, p.value, p.preferred) for p in contact.points.order_by("kind", "position", "pk")]


def test_the_winner_keeps_its_fields_and_gets_those_that_it_has_not(two):
    type(two.winner).objects.filter(pk=two.winner.pk).update(last_name="", external_id="MRN-1")
    type(two.loser).objects.filter(pk=two.loser.pk).update(
        first_name="Augusta", external_id="MRN-2", timezone="America/Chicago"
    )
    one = two.merge()
    assert (one.first_name, one.last_name, one.timezone, one.external_id) == (
        "Ada", "Byron", "America/Chicago", "MRN-1",
    )  # fmt: skip


def test_a_field_that_was_chosen_is_the_loser_s_and_what_is_left_out_is_said(two):
    type(two.loser).objects.filter(pk=two.loser.pk).update(first_name="Augusta", external_id="MRN-2")
    one = two.merge(take=["first_name", "email", "external_id"])
    assert (one.first_name, one.external_id) == ("Augusta", "MRN-2")
    assert ("email", "two0@example.org", False) in addresses(one)
    told = Event.objects.get(contact=one, kind="contact_merged")
    assert told.summary == "Merged with Augusta Byron. Not kept: first name Ada; email one0@example.org"
    assert (told.state, told.source, told.actor) == ("recorded", "user", "Sam Staff")


def test_phones_come_together_each_once_and_one_at_most_is_preferred(two):
    add_phone(two.winner, "+14155550200")
    add_phone(two.loser, "+14155550200", preferred=True)
    add_phone(two.loser, "+14155550300", "landline")
    one = two.merge()
    assert addresses(one) == [
        ("email", "one0@example.org", False),
        ("phone", "+14155550000", False),
        ("phone", "+14155550200", True),
        ("phone", "+16505550000", False),
        ("phone", "+14155550300", False),
    ]
    assert [p.position for p in one.points.filter(kind="phone").order_by("position")] == [0, 1, 2, 3]
    assert addresses(two.loser) == []


def test_the_winner_s_preferred_number_stays_so(two):
    two.winner.points.filter(kind="phone").update(preferred=True)
    two.loser.points.filter(kind="phone").update(preferred=True)
    assert [a for a in addresses(two.merge()) if a[2]] == [("phone", "+14155550000", True)]


def test_the_loser_is_a_tombstone_that_points_to_the_winner_whoever_that_becomes_part_of(two):
    third = ContactFactory(business=two.business)
    two.merge()
    assert two.loser.deleted_at
    assert (two.loser.first_name, two.loser.merged_into_id) == ("", two.winner.pk)
    merging.merge(business=two.business, winner=third.pk, loser=two.winner.pk, by=STAFF)
    assert merging.survivors([two.loser.pk, two.winner.pk, third.pk]) == {
        two.loser.pk: third.pk,
        two.winner.pk: third.pk,
    }


def test_tags_work_and_history_come_along_and_start_nothing_again(two):
    seen = flow(two.business, TAG, triggers=[{"type": "tag_added", "filters": {}}])
    put_tag(two.winner, "vip")
    put_tag(two.loser, "vip", "lead")
    author = MembershipFactory(business=two.business).user
    work.create_tasks(two.business.pk, [(two.loser.pk, "Call back", None, "Sam")])
    work.add_note(business=two.business.pk, contact=two.loser.pk, author=author, text="Likes tea")
    work.notify(two.business.pk, [("role:manager", "Look at this one", two.loser.pk)])
    building.work()
    before = seen.enrollments.count()

    one = two.merge()
    building.work()

    assert building.tags(one) == {"vip", "lead", "seen"}
    assert [task.title for task in one.tasks.all()] == ["Call back"]
    assert [note.text for note in one.notes.all()] == ["Likes tea"]
    assert Notification.objects.get().contact == one
    assert not Event.objects.filter(contact=two.loser).exists()
    assert seen.enrollments.count() == before


def test_what_waited_to_start_a_workflow_starts_it_for_the_winner(two):
    flow(two.business, TAG, triggers=[{"type": "tag_added", "filters": {}}])
    put_tag(two.loser, "lead")
    one = two.merge()
    building.work()
    assert building.tags(one) == {"lead", "seen"}


@pytest.mark.parametrize(
    ("mine", "theirs", "after"),
    [
        ("open", "dead", "dead"),
        ("dead", "open", "dead"),
        ("dead", "restricts", "restricts"),
        ("restricts", "dead", "restricts"),
        ("open", "won", "open"),
        ("", "open", "open"),
        ("open", "", "open"),
        ("", "", ""),
    ],
)
def test_the_stricter_status_wins(two, mine, theirs, after):
    pipeline = Pipeline.objects.create(business=two.business, name="Leads")
    kinds = {"open": "open", "dead": "dead", "won": "won", "restricts": "open"}
    for name, kind in kinds.items():
        Status.objects.create(
            pipeline=pipeline, name=name, system_status=kind, restricts_contact=name == "restricts"
        )
    for contact, name in ((two.winner, mine), (two.loser, theirs)):
        contact.status = Status.objects.filter(name=name).first()
        contact.save()
    one = two.merge()
    assert (one.status.name if one.status else "") == after


class TestWorkflows:
    def test_what_runs_for_the_loser_goes_on_for_the_winner(self, two):
        running = enroll(flow(two.business, WAIT, TAG), two.loser)
        building.work()
        one = two.merge()
        building.make_due(running)
        building.work()
        assert state(running) == ("completed", "completed")
        assert building.tags(one) == {"seen"}

    def test_where_both_are_in_it_the_loser_s_way_ends_and_what_it_had_queued_is_withdrawn(self, two):
        connect(two.business)
        both = flow(two.business, building.SMS, WAIT)
        mine, theirs = enroll(both, two.winner), enroll(both, two.loser)
        building.work()
        two.merge()
        assert state(mine) == ("waiting", "")
        assert state(theirs) == ("removed", "contact_merged")
        assert theirs.exit_detail == f"Merged into contact {two.winner.pk}, who is in it already."
        assert Message.objects.get(enrollment=theirs.pk).withdrawn
        assert not Message.objects.get(enrollment=mine.pk).withdrawn

    def test_who_was_in_a_workflow_without_reentry_is_not_admitted_again(self, two):
        once = flow(two.business, TAG, allow_reentry=False)
        enroll(once, two.loser)
        building.work()
        one = two.merge()
        with pytest.raises(Conflict) as refused:
            enroll(once, one)
        assert refused.value.code == "reentry_off"


class TestCompliance:
    def link(self, two):
        return LinkToken.objects.create(
            business=two.business, contact=two.loser, channel="email", address="two0@example.org",
            digest="d", created_at=locks.now(),
        )  # fmt: skip

    def test_an_old_link_goes_on_working_for_the_winner_and_for_its_address(self, two):
        link = self.link(two)
        one = two.merge()
        link.refresh_from_db()
        choices.unsubscribe(link)
        assert ("outbound", "email", "email_unsubscribe") in grounds(one)
        assert Suppression.objects.in_force().filter(address="two0@example.org").exists()

    def test_a_link_that_was_read_before_the_merge_works_too(self, two):
        link = self.link(two)
        one = two.merge()
        choices.unsubscribe(link)
        assert ("outbound", "email", "email_unsubscribe") in grounds(one)

    def test_who_was_told_how_to_opt_out_is_told_sooner_again(self, two):
        early, late = locks.now().replace(year=2024), locks.now()
        Told.objects.create(contact=two.winner, channel="sms", at=late)
        Told.objects.create(contact=two.loser, channel="sms", at=early)
        Told.objects.create(contact=two.loser, channel="email", at=late)
        one = two.merge()
        assert list(Told.objects.values_list("contact", "channel", "at")) == [(one.pk, "sms", early)]


def test_a_text_that_both_got_by_a_number_they_share_is_there_once(two):
    for contact in (two.winner, two.loser):
        Message.objects.create(
            business=two.business, contact=contact, direction="inbound", channel="sms", message_class="manual",
            lane="interactive", to="+14155550199", body="Hello", state="received", provider_id="SM1",
            due_at=locks.now(), expires_at=locks.now(), created_at=locks.now(),
        )  # fmt: skip
    one = two.merge()
    assert Message.objects.get().contact == one


class TestRefused:
    def test_with_itself(self, two):
        with pytest.raises(Invalid, match="A contact cannot be merged with itself"):
            merging.merge(business=two.business, winner=two.winner.pk, loser=two.winner.pk, by=STAFF)

    def test_with_one_that_was_merged_already(self, two):
        two.merge()
        with pytest.raises(Conflict, match="This contact was merged into this one already"):
            two.merge()
        third = ContactFactory(business=two.business)
        with pytest.raises(Conflict, match=f"was merged into contact {two.winner.pk} already"):
            merging.merge(business=two.business, winner=third.pk, loser=two.loser.pk, by=STAFF)

    def test_with_one_of_another_business_or_one_that_was_deleted(self, two):
        theirs = ContactFactory(business=BusinessFactory())
        with pytest.raises(merging.NoSuchOther):
            merging.merge(business=two.business, winner=two.winner.pk, loser=theirs.pk, by=STAFF)
        people.delete(contact=two.loser, by=STAFF)
        with pytest.raises(merging.NoSuchOther):
            two.merge()

    def test_a_field_that_cannot_be_chosen(self, two):
        with pytest.raises(Invalid, match="Unknown field 'dnd'"):
            two.merge(take=["dnd"])
