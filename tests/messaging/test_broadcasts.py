"""Broadcasts and campaigns: who is in the audience, who gets what, and stopping."""

import itertools
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError

from compliance.models import Profile
from contacts import locks
from contacts.actors import Actor
from contacts.models import Contact, ContactTag, Tag
from contacts.models.pipeline import Pipeline, Status
from contacts.services import merging
from contacts.services.errors import Conflict, Invalid, RoleRequired
from dnd import services as dnd
from messaging import services as messaging
from messaging.broadcasting import counting, deciding, editing, previewing, queueing, sending, window
from messaging.broadcasting.deciding import Named
from messaging.models import Broadcast, Message
from messaging.services.choosing import way_of
from tests.factories import ENTERPRISE, MANAGER, STAFF, ContactFactory, add_phone, block
from tests.messaging.conftest import deliver, make_due, queue

pytestmark = pytest.mark.django_db
EMAIL = {"email_subject": "News for {{contact.first_name}}", "email_body": "Hello {{contact.name}}"}


def broadcast(business, **fields):
    data = {"name": "Spring", "text": "Hello {{contact.first_name}}"} | fields
    return editing.create(business=business, data=data, by=MANAGER)


def sent(business, **fields):
    return sending.send(broadcast=broadcast(business, **fields), by=MANAGER)


def work():
    """What the ticks do, until nothing is due."""
    while queueing.queue_due() or deliver("bulk"):
        Broadcast.objects.filter(state="sending").update(due_at=locks.now())
    Broadcast.objects.exclude(due_at=None).update(due_at=locks.now())
    queueing.queue_due()


def by_contact(made):
    return {m.contact_id: m for m in Message.objects.filter(broadcast=made)}


@pytest.fixture
def people(business):
    """Ada has everything, Bea no email, Cy no phone, Di no address at all."""
    return {
        "ada": ContactFactory(business=business, first_name="Ada"),
        "bea": ContactFactory(business=business, first_name="Bea", email=False),
        "cy": ContactFactory(business=business, first_name="Cy", phone=False),
        "di": ContactFactory(business=business, first_name="Di", phone=False, email=False),
    }


class TestSending:
    def test_everybody_gets_one_message_by_the_first_way_that_reaches_them(self, business, people, provider):
        made = sent(business, **EMAIL)
        work()

        messages = by_contact(made)
        assert {name: messages[one.pk].channel for name, one in people.items() if name != "di"} == {
            "ada": "sms", "bea": "sms", "cy": "email",
        }  # fmt: skip
        assert messages[people["cy"].pk].subject == "News for Cy"
        assert [body.splitlines()[0] for body in sorted(provider.bodies)] == [
            "Hello Ada", "Hello Bea", "Hello Cy Byron",
        ]  # fmt: skip
        made.refresh_from_db()
        assert (made.state, made.total) == ("finished", 4)

    def test_who_gets_nothing_has_a_row_that_says_why_of_every_way(self, business, people, provider):
        block(people["ada"], "sms", "email")
        made = sent(business, **EMAIL)
        work()

        ada, di = (by_contact(made)[people[name].pk] for name in ("ada", "di"))
        assert (ada.state, ada.rule, ada.reason) == ("dropped", "dnd", "dnd:sms:user_request")
        assert ada.detail.startswith("Text: DND is active for SMS")
        assert "Email: DND is active" in ada.detail
        assert (di.state, di.reason) == ("dropped", "no_address")
        assert (
            di.detail == "Text: This contact has no phone number. Email: This contact has no email address."
        )

    def test_who_could_not_be_texted_and_got_an_email_has_the_reason_kept(self, business, people, provider):
        block(people["ada"], "sms")
        made = sent(business, **EMAIL)
        work()

        ada = by_contact(made)[people["ada"].pk]
        assert (ada.channel, ada.state) == ("email", "sent")
        assert ada.inputs["passed"]["text"].startswith("DND is active for SMS")

    def test_an_opt_out_after_queueing_is_obeyed_at_the_door(self, business, people, provider):
        made = sent(business)
        queueing.queue_due()
        block(people["ada"], "sms")
        work()

        assert by_contact(made)[people["ada"].pk].reason == "dnd:sms:user_request"
        assert provider.bodies == ["Hello Bea"]

    def test_the_database_refuses_a_second_message_to_somebody(self, business, people, provider):
        made = sent(business)
        queueing.queue_due()
        first = Message.objects.filter(broadcast=made).first()
        first.pk = None

        with pytest.raises(IntegrityError):
            first.save()

    def test_a_batch_that_was_lost_is_done_again_and_nobody_gets_two(self, business, people, provider):
        made = sent(business)
        queueing.queue_due()
        Broadcast.objects.update(decided_until=0, decided=False, due_at=locks.now())
        work()

        assert Message.objects.filter(broadcast=made).count() == len(people)

    def test_who_comes_after_it_began_is_not_in_it(self, business, people, provider):
        made = sent(business)
        late = ContactFactory(business=business)
        work()

        assert late.pk not in by_contact(made)

    def test_contacts_of_another_business_are_in_no_audience(self, business, people, provider):
        stranger = ContactFactory()
        made = sent(business)
        work()

        assert stranger.pk not in by_contact(made)

    @pytest.mark.parametrize("queued", [True, False])
    def test_two_contacts_who_turn_out_to_be_one_get_one(
        self, business, people, provider, monkeypatch, queued
    ):
        monkeypatch.setattr(queueing, "BATCH", 4 if queued else 1)
        first, second = people["ada"].pk, people["bea"].pk
        sent(business)
        queueing._step(Broadcast.objects.get().pk)
        merging.merge(business=business, winner=second, loser=first, by=MANAGER)
        work()

        assert len(provider.letters) == 1

    def test_large_audiences_go_in_batches(self, business, provider, monkeypatch):
        monkeypatch.setattr(queueing, "BATCH", 3)
        everybody = [ContactFactory(business=business) for _ in range(8)]
        made = sent(business)
        work()

        assert sorted(by_contact(made)) == sorted(one.pk for one in everybody)
        assert len(provider.letters) == 8

    def test_no_more_is_queued_than_is_soon_to_leave(self, business, people, monkeypatch):
        monkeypatch.setattr(queueing, "AHEAD", 1)
        made = sent(business)
        queueing.queue_due()

        assert Message.objects.filter(broadcast=made, state="queued").count() == 1
        assert counting.progress(made).undecided == 3

    def test_a_template_that_fails_for_somebody_sends_them_nothing_and_the_others_theirs(
        self, business, people, provider
    ):
        sent(business, text="Hello{% if contact.first_name == 'Ada' %}{{ 'x' | slice: 'y' }}{% endif %}")
        work()

        rules = {m.contact.first_name: m.rule for m in Message.objects.all()}
        assert rules == {"Ada": "template", "Bea": "clear", "Cy": "address", "Di": "address"}
        assert provider.bodies == ["Hello"]

    @pytest.mark.parametrize("text", ["{{contact.first_name}}", " {{contact.first_name | upcase}}\n"])
    def test_who_is_left_with_an_empty_text_gets_none_and_is_counted_before(
        self, business, people, provider, text
    ):
        Contact.objects.filter(pk=people["ada"].pk).update(first_name="")
        made = broadcast(business, text=text)
        seen = previewing.preview(made)
        sending.send(broadcast=made, by=MANAGER)
        work()

        ada = by_contact(made)[people["ada"].pk]
        assert (ada.state, ada.rule, ada.reason) == ("dropped", "template", "cannot_render")
        assert ada.detail == "Nothing is left of the text for this contact."
        assert [body.strip().title() for body in provider.bodies] == ["Bea"]
        assert (seen.outcomes["text"], seen.reasons) == (1, {"no_address": 2, "cannot_render": 1})

    def test_who_is_left_with_an_empty_subject_gets_no_email(self, business, people, provider):
        Contact.objects.filter(pk=people["ada"].pk).update(first_name="")
        made = broadcast(business, text="", email_subject="{{contact.first_name}}", email_body="Hello")
        seen = previewing.preview(made)
        sending.send(broadcast=made, by=MANAGER)
        work()

        ada = by_contact(made)[people["ada"].pk]
        assert (ada.state, ada.reason) == ("dropped", "cannot_render")
        assert ada.detail == "Nothing is left of the subject for this contact."
        assert seen.reasons["cannot_render"] == 1

    def test_a_text_that_is_too_long_once_filled_in_is_not_handed_over(self, business, people, provider):
        Contact.objects.filter(pk=people["ada"].pk).update(first_name="A" * 200)
        made = sent(business, text="x" * 1550 + "{{contact.first_name}}")
        work()

        ada = by_contact(made)[people["ada"].pk]
        assert (ada.state, ada.reason) == ("dropped", "too_long")
        assert "this has 1,750 characters, and 1,600 fit" in ada.detail
        assert [body[-3:] for body in provider.bodies] == ["Bea"]

    def test_blanks_that_were_kept_earlier_are_no_copy_and_the_next_way_is_taken(
        self, business, people, provider
    ):
        made = sent(business, **EMAIL)
        Broadcast.objects.update(text="  ")
        work()

        assert by_contact(made)[people["ada"].pk].channel == "email"
        assert "  " not in provider.bodies


class TestAudience:
    @pytest.fixture
    def statuses(self, business):
        pipeline = Pipeline.objects.create(business=business, name="Leads")
        names = {"open": "open", "lost": "dead"}
        return {
            name: Status.objects.create(pipeline=pipeline, name=name, system_status=system)
            for name, system in names.items()
        }

    def test_filters_are_those_of_the_list(self, business, people, provider):
        tag = Tag.objects.create(business=business, name="VIP")
        ContactTag.objects.create(contact=people["bea"], tag=tag)
        made = sent(business, audience={"tag": "vip"})
        work()

        assert list(by_contact(made)) == [people["bea"].pk]

    @pytest.mark.parametrize(
        ("fields", "reached"),
        [({}, False), ({"include_dead": True}, True), ({"audience": {"status": "lost"}}, True)],
    )
    def test_lost_contacts_are_left_out_unless_asked_for(self, business, people, statuses, fields, reached):
        Contact.objects.filter(pk=people["ada"].pk).update(status=statuses["lost"])
        Contact.objects.filter(pk=people["bea"].pk).update(status=statuses["open"])
        if "audience" in fields:
            fields = {"audience": {"status": statuses["lost"].pk}}
        made = broadcast(business, **fields)

        seen = previewing.preview(made)
        sending.send(broadcast=made, by=MANAGER)
        queueing.queue_due()

        assert (people["ada"].pk in by_contact(made)) is reached
        assert seen.total == len(by_contact(made))
        assert seen.left_out == (0 if reached else 1)

    def test_a_status_that_restricts_contact_drops_with_its_reason(self, business, people, statuses):
        statuses["open"].restricts_contact = True
        statuses["open"].save()
        Contact.objects.filter(pk=people["ada"].pk).update(status=statuses["open"])
        made = sent(business)
        queueing.queue_due()

        assert by_contact(made)[people["ada"].pk].reason == "status"


class TestPreview:
    def test_it_counts_who_gets_what_and_who_nothing_and_why(self, business, people):
        block(people["bea"], "sms")
        seen = previewing.preview(broadcast(business, **EMAIL))

        assert seen.total == 4
        assert seen.outcomes == {"text": 1, "call": 0, "email": 1, "none": 2}
        nothing = [group for group in seen.groups if group.outcome == "none"]
        examples = {group.reason: [one.first_name for one in group.examples] for group in nothing}
        assert examples == {"dnd:sms:user_request": ["Bea"], "no_address": ["Di"]}

    def test_it_is_what_sending_comes_to(self, business, people, provider):
        block(people["ada"], "sms")
        made = broadcast(business, **EMAIL)
        seen = previewing.preview(made)
        sending.send(broadcast=made, by=MANAGER)
        work()

        done = counting.progress(made)
        assert done.channels == {"sms": seen.outcomes["text"], "email": seen.outcomes["email"]}
        assert sum(done.dropped.values()) == seen.outcomes["none"]

    def test_outside_its_window_a_campaign_says_that_nothing_leaves_at_once_and_when(self, business, people):
        open_, shut = (
            previewing.preview(broadcast(business, kind="campaign", **fields))
            for fields in ({}, closed(business))
        )

        assert (open_.later, open_.opens_at) == (0, None)
        assert shut.outcomes == open_.outcomes
        assert {group.reason for group in shut.groups if group.outcome == "text"} == {"campaign_window"}
        assert shut.later == shut.reached == 2
        assert shut.opens_at > locks.now()

    def test_it_writes_nothing(self, business, people):
        made = broadcast(business)
        previewing.preview(made)

        assert not Message.objects.exists()

    def test_do_not_contact_does_not_stop_a_broadcast_and_the_preferred_number_does_not_count(
        self, business, people
    ):
        ada = people["ada"]
        point = ada.points.get(kind="phone")
        point.line_type, point.preferred = "landline", True
        point.save()
        ada.points.create(
            business=business, kind="phone", value="+12125550111", line_type="mobile", position=1
        )

        made = sent(business, audience={"search": "Ada"})
        queueing.queue_due()

        assert by_contact(made)[ada.pk].to == "+12125550111"


class TestAllWhoAreAlike:
    def test_are_decided_on_once_and_each_as_if_alone(self, business):
        for number in range(2):
            everybody = a_crowd(business, number)
        made = broadcast(business, call="Hello", **EMAIL)
        named = [Named(one.pk, one.first_name, one.last_name) for one in everybody]

        reading, recipients = deciding.decide(made, named)

        for recipient in recipients:
            alone = way_of(
                reading,
                recipient.named.id,
                message_class="broadcast",
                copies=made.copies,
                first_due=reading.at,
            )
            assert recipient.chosen.choice.by == alone.choice.by
            assert recipient.chosen.verdict == alone.verdict
            assert recipient.to == alone.facts.address


def a_crowd(business, number):
    """Everybody so far, with one more of every kind."""
    _, landline, mixed, mail, blocked, both, listed = (ContactFactory(business=business) for _ in range(7))
    landline.points.filter(kind="phone").update(line_type="landline")
    add_phone(mixed, f"+1212555{number:04d}", "mobile")
    mixed.points.filter(position=0, kind="phone").update(line_type="landline", preferred=True)
    mail.points.filter(kind="phone").delete()
    block(blocked, "sms")
    block(both, "sms", "email", reason="dnc_list", by=MANAGER)
    dnd.change_address(
        business=business, channel="sms", address=listed.points.get(kind="phone").value, block=True,
        by=Actor.contact("somebody"), reason="stop_keyword",
    )  # fmt: skip
    return list(Contact.objects.of(business))


class TestCounting:
    def test_several_are_counted_at_once_each_as_if_alone(self, business, people, django_assert_num_queries):
        block(people["ada"], "sms")
        first, second = sent(business), sent(business, audience={"search": "Bea"})
        queueing.queue_due()

        with django_assert_num_queries(1):
            together = counting.progress_of([first, second])

        assert together == {one.pk: counting.progress(one) for one in (first, second)}
        assert (together[first.pk].dropped["dnd:sms:user_request"], together[second.pk].total) == (1, 1)

    def test_what_took_long_to_count_is_kept_and_what_did_not_is_counted_again(
        self, business, people, monkeypatch, django_assert_num_queries
    ):
        made = sent(business)
        queueing.queue_due()
        counting.progress(made)
        with django_assert_num_queries(1):
            counting.progress(made)
        monkeypatch.setattr(counting, "CHEAP", 0)
        monkeypatch.setattr(counting, "SHARE", 100_000)
        counting.progress(made)
        with django_assert_num_queries(0):
            assert counting.progress(made).total == 4


class TestStopping:
    def test_a_paused_broadcast_holds_what_has_not_left_and_goes_on_when_resumed(
        self, business, people, provider
    ):
        made = sent(business)
        queueing.queue_due()
        sending.pause(broadcast=made, by=MANAGER)
        deliver("bulk")

        assert {m.rule for m in Message.objects.filter(state="held")} == {"paused"}
        assert provider.letters == []

        sending.resume(broadcast=made, by=MANAGER)
        work()
        assert len(provider.letters) == 2
        made.refresh_from_db()
        assert made.state == "finished"

    def test_a_message_does_not_expire_while_its_broadcast_is_paused(self, business, people, provider):
        made = sent(business)
        queueing.queue_due()
        sending.pause(broadcast=made, by=MANAGER)
        Message.objects.update(expires_at=locks.now() + timedelta(seconds=1))
        deliver("bulk")

        held = Message.objects.filter(state="held").first()
        assert held.expires_at > held.due_at

    def test_a_cancelled_broadcast_sends_nothing_more_and_says_so(self, business, people, provider):
        made = sent(business)
        queueing.queue_due()
        sending.cancel(broadcast=made, by=MANAGER)
        work()

        assert provider.letters == []
        ada = by_contact(made)[people["ada"].pk]
        assert (ada.state, ada.rule, ada.detail) == ("dropped", "withdrawn", "The broadcast was cancelled.")

    def test_what_was_to_leave_later_is_taken_back_at_once_when_it_is_cancelled(self, business, people):
        made = sent(business)
        queueing.queue_due()
        Message.objects.filter(state="queued").update(due_at=locks.now() + timedelta(hours=3))
        sending.cancel(broadcast=made, by=MANAGER)
        work()

        assert not Message.objects.filter(broadcast=made).waiting().exists()

    @pytest.mark.parametrize("act", [sending.pause, sending.resume, sending.cancel])
    def test_a_draft_can_be_neither_paused_nor_resumed_nor_cancelled(self, business, people, act):
        with pytest.raises(Conflict, match="It is draft"):
            act(broadcast=broadcast(business), by=MANAGER)

    def test_it_begins_at_its_time(self, business, people, provider):
        made = broadcast(business)
        sending.send(broadcast=made, at=locks.now() + timedelta(hours=1), by=MANAGER)
        work_before = queueing.queue_due()
        made.refresh_from_db()
        assert (work_before, made.state, provider.letters) == (0, "scheduled", [])

        Broadcast.objects.update(due_at=locks.now())
        work()
        assert len(provider.letters) == 2


class TestPace:
    def test_no_more_leave_than_the_pace_allows(self, business, provider):
        everybody = [ContactFactory(business=business) for _ in range(6)]
        made = sent(business, kind="campaign", per_minute=2)
        queueing.queue_due()

        due = sorted(m.due_at for m in Message.objects.filter(broadcast=made, state="queued"))
        assert len(due) == 4 < len(everybody)
        assert [round((b - a).total_seconds()) for a, b in itertools.pairwise(due)] == [30, 30, 30]
        make_due(broadcast=made)
        deliver("bulk")
        assert len(provider.letters) == 1
        later = Message.objects.filter(broadcast=made, state="queued")
        assert later.count() == 3
        assert all(m.due_at > locks.now() for m in later)

    def test_a_connection_has_a_rate_that_broadcasts_keep_to_and_people_do_not_wait_for(
        self, business, people, provider
    ):
        limit(business, 1, "minute")
        queue(people["ada"])
        queue(people["bea"])
        deliver("interactive")
        sent(business)
        queueing.queue_due()
        make_due(lane="bulk", state="queued")
        deliver("bulk")

        assert len(provider.letters) == 2
        assert Message.objects.filter(lane="bulk", state="queued").count() == 2

    def test_places_in_line_are_as_far_apart_as_the_connection_allows(self, business, provider):
        limit(business, 2, "second")
        for _ in range(4):
            ContactFactory(business=business)
        made = sent(business)
        queueing.queue_due()

        due = sorted(m.due_at for m in Message.objects.filter(broadcast=made))
        assert [(b - a).total_seconds() for a, b in itertools.pairwise(due)] == [0.5, 0.5, 0.5]

    def test_without_its_limit_what_waited_in_line_leaves_at_once(self, business, people, provider):
        limit(business, 1, "minute")
        sent(business)
        queueing.queue_due()
        deliver("bulk")
        assert len(provider.letters) == 1

        limit(business, None)
        deliver("bulk")
        assert len(provider.letters) == 2

    def test_a_message_that_waits_for_its_turn_does_not_expire(self, business, people, provider):
        limit(business, 1, "minute")
        sent(business)
        queueing.queue_due()
        Message.objects.filter(state="queued").update(due_at=locks.now())
        Message.objects.update(expires_at=locks.now() + timedelta(seconds=5))
        deliver("bulk")

        waiting = Message.objects.get(state="queued")
        assert waiting.expires_at > waiting.due_at

    def test_only_enterprise_sets_a_limit(self, business):
        with pytest.raises(RoleRequired):
            limit(business, 5, by=MANAGER)

    def test_outside_its_window_a_campaign_waits(self, business, people, provider):
        made = sent(business, kind="campaign", **closed(business))
        queueing.queue_due()

        made.refresh_from_db()
        assert not Message.objects.exists()
        assert made.due_at > locks.now()

    def test_a_message_that_comes_to_the_door_outside_the_window_is_held(self, business, people, provider):
        made = sent(business, kind="campaign")
        queueing.queue_due()
        Broadcast.objects.update(**closed(business))
        deliver("bulk")

        assert provider.letters == []
        assert {m.reason for m in Message.objects.filter(broadcast=made, state="held")} == {"campaign_window"}


def limit(business, messages, per="second", by=ENTERPRISE):
    connection = business.connections.get(channel="sms")
    messaging.limit_connection(connection=connection, messages=messages, per=per, by=by)


def closed(business):
    """A minute of the business's day that is not now."""
    hour = 15 if locks.now().astimezone(ZoneInfo(business.timezone)).hour < 14 else 3
    return {"window_opens": time(hour), "window_closes": time(hour, 1)}


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-25T14:59:59", "2026-11-25T15:00:00"),
        ("2026-11-25T15:00:00", None),
        ("2026-11-25T21:59:59", None),
        ("2026-11-25T22:00:00", "2026-11-26T15:00:00"),
        ("2026-10-31T23:00:00", "2026-11-01T15:00:00"),
        ("2026-03-08T05:00:00", "2026-03-08T14:00:00"),
    ],
)
def test_the_daily_window_is_on_the_clock_of_the_business(now, opens):
    """In New York, from 10 to 17: an hour later in UTC when the clocks have gone back."""
    found = window.opens_at(
        datetime.fromisoformat(f"{now}+00:00"), zone="America/New_York", opens=time(10), closes=time(17)
    )
    assert found == (datetime.fromisoformat(f"{opens}+00:00") if opens else None)


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "field", "words"),
        [
            ({"text": ""}, "text", "at least one of text, call and email"),
            ({"text": " \n"}, "text", "nothing but blanks"),
            ({"text": "  ", **EMAIL}, "text", "nothing but blanks"),
            ({"call": " "}, "call", "nothing but blanks"),
            ({"email_subject": "News", "email_body": " \u00a0"}, "email.body", "nothing but blanks"),
            ({"text": "Hi {{contact.shoe_size}}"}, "text", "Unknown variable contact.shoe_size"),
            ({"call": "{{nobody.name}}"}, "call", "Unknown variable"),
            ({"email_subject": "{{x.y}}", "email_body": "Hi"}, "email.subject", "Unknown variable"),
            ({"email_body": "Hi"}, "email.subject", "needs a subject"),
            ({"email_subject": "Hi"}, "email.body", "no body"),
            ({"text": "x" * 1601}, "text", "too long"),
            ({"name": " "}, "name", "Give it a name"),
            ({"per_minute": 5}, "per_minute", "Only a campaign"),
            ({"kind": "campaign", "per_minute": 0}, "per_minute", "whole number from 1"),
            ({"audience": {"status": 999999}}, "audience.status", "no such status"),
        ],
    )
    def test_one_sentence_that_names_the_field(self, business, fields, field, words):
        with pytest.raises(Invalid) as refused:
            broadcast(business, **fields)

        assert words in refused.value.errors[field]
        assert not Broadcast.objects.exists()

    def test_a_text_has_to_fit_with_what_is_added_for_who_has_not_been_told(self, business):
        Profile.objects.filter(business=business).delete()
        added = len(f"\n{business.name}. Reply STOP to unsubscribe.")
        with pytest.raises(Invalid, match=f"this has {1600 + added:,} characters, and 1,600 fit") as refused:
            broadcast(business, text="x" * 1600)

        assert list(refused.value.errors) == ["text"]
        assert broadcast(business, text="x" * (1600 - added)).pk

    def test_an_email_needs_a_postal_address(self, business):
        business.address = ""
        with pytest.raises(Invalid, match="postal address"):
            broadcast(business, **EMAIL)

    def test_an_audience_of_nobody(self, business, people):
        with pytest.raises(Invalid, match="Nobody is in this audience"):
            sent(business, audience={"tag": "nobody has it"})
        assert Broadcast.objects.get().state == "draft"

    def test_a_time_in_the_past(self, business, people):
        made = broadcast(business)
        with pytest.raises(Invalid, match="in the past"):
            sending.send(broadcast=made, at=locks.now() - timedelta(minutes=1), by=MANAGER)

    def test_what_was_sent_can_be_neither_sent_again_nor_changed_nor_thrown_away(self, business, people):
        made = sent(business)
        for act in (
            lambda: sending.send(broadcast=made, by=MANAGER),
            lambda: editing.update(broadcast=made, data={"name": "Other"}, by=MANAGER),
            lambda: editing.delete(broadcast=made, by=MANAGER),
        ):
            with pytest.raises(Conflict, match="only a draft"):
                act()

    def test_staff_may_do_none_of_it(self, business, people):
        made = broadcast(business)
        for act in (
            lambda: editing.create(business=business, data={"name": "x", "text": "y"}, by=STAFF),
            lambda: editing.update(broadcast=made, data={}, by=STAFF),
            lambda: editing.delete(broadcast=made, by=STAFF),
            lambda: sending.send(broadcast=made, by=STAFF),
            lambda: sending.pause(broadcast=made, by=STAFF),
            lambda: sending.resume(broadcast=made, by=STAFF),
            lambda: sending.cancel(broadcast=made, by=STAFF),
        ):
            with pytest.raises(RoleRequired):
                act()
