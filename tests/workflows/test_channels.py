"""Steps that call, and that write by WhatsApp, Messenger and Google Business; and what failed starting workflows."""

import pytest

from contacts.models import ContactPoint, Event
from contacts.services.errors import Invalid
from dnd import hooks as dnd_hooks
from messaging import delivery
from messaging.hooks import causes_of
from messaging.inbound import working
from messaging.models import Message
from messaging.providers.base import Refused
from tests.factories import MANAGER, ContactFactory, block
from tests.messaging.conftest import connect_others, connected, provider
from tests.workflows.building import connect, draft, enroll, flow, messages, path, work
from workflows import matching, wording
from workflows import services as workflows
from workflows.matching import Happened
from workflows.models import Enrollment, Firing, StepRun

__all__ = ["provider"]
pytestmark = pytest.mark.django_db

STEPS = {
    "call": {"kind": "make_call", "say": "Hello {{ contact.first_name }}"},
    "whatsapp": {"kind": "send_whatsapp", "body": "Hello {{ contact.first_name }}"},
    "facebook": {"kind": "send_facebook", "body": "Hello {{ contact.first_name }}"},
    "gmb": {"kind": "send_gmb", "body": "Hello {{ contact.first_name }}"},
}


def reachable(business):
    contact = ContactFactory(business=business)
    for kind in ("facebook", "gmb"):
        ContactPoint.objects.create(business=business, contact=contact, kind=kind, value=f"{kind}-1")
    return contact


@pytest.mark.parametrize("channel", STEPS)
def test_a_step_hands_its_text_over(business, channel):
    connect(business, channel)
    contact = reachable(business)

    enrollment = enroll(flow(business, STEPS[channel]), contact)
    work()

    assert path(enrollment) == [(STEPS[channel]["kind"], "done", "")]
    assert messages(contact) == [(channel, "queued", "Hello Ada")]


@pytest.mark.parametrize("channel", STEPS)
def test_a_step_on_a_blocked_channel_is_skipped_and_the_enrollment_goes_on(business, channel):
    connect(business, channel)
    contact = reachable(business)
    block(contact, channel)

    enrollment = enroll(flow(business, STEPS[channel], {"kind": "add_tag", "tag": "seen"}), contact)
    work()

    assert path(enrollment) == [
        (STEPS[channel]["kind"], "skipped", f"dnd:{channel}:user_request"),
        ("add_tag", "done", ""),
    ]


@pytest.mark.parametrize("channel", STEPS)
def test_a_step_without_a_connection_fails_and_the_lint_says_so_beforehand(business, channel):
    workflow = flow(business, STEPS[channel])
    assert any("has no connection for" in sentence for sentence in workflows.lint(workflow))

    enrollment = enroll(workflow, reachable(business))
    work()

    assert path(enrollment) == [(STEPS[channel]["kind"], "failed", "no_connection")]


@pytest.mark.parametrize("channel", ["facebook", "gmb"])
def test_who_has_no_id_there_is_skipped(business, channel):
    connect(business, channel)

    enrollment = enroll(flow(business, STEPS[channel]), ContactFactory(business=business))
    work()

    assert path(enrollment) == [(STEPS[channel]["kind"], "skipped", "no_address")]


@pytest.mark.parametrize("channel", STEPS)
def test_an_unknown_variable_is_refused_when_it_is_saved(business, channel):
    field = "say" if channel == "call" else "body"
    with pytest.raises(Invalid) as refused:
        draft(business, STEPS[channel] | {field: "{{ contact.shoe_size }}"})
    assert list(refused.value.errors) == [f"steps.0.{field}"]


@pytest.mark.parametrize("channel", STEPS)
def test_a_preview_counts_each_channel(business, channel):
    reached, blocked = reachable(business), reachable(business)
    block(blocked, channel)

    (step,) = workflows.preview(draft(business, STEPS[channel])).steps

    assert (step.channel, step.send, step.skipped) == (channel, 1, {"dnd": 1})
    assert reached.pk


def failed(channel="sms", code="30003", tags=()):
    return Happened("message_failed", {"channel": channel, "code": code}, frozenset(tags))


def reported(event, tags=()):
    return Happened("email_event", {"event": event}, frozenset(tags))


def trigger(kind, **filters):
    return {"type": kind, "name": "", "filters": filters}


@pytest.mark.parametrize(
    ("filters", "event", "matches"),
    [
        ({}, failed(), True),
        ({"channels": ["call", "sms"]}, failed(), True),
        ({"channels": ["call"]}, failed(), False),
        ({"codes": ["30003", "30005"]}, failed(), True),
        ({"codes": ["30005"]}, failed(), False),
        ({"codes": ["no-answer"], "channels": ["call"]}, failed("call", "no-answer"), True),
        ({"codes": ["30003"], "channels": ["call"]}, failed(), False),
        ({"tags": {"op": "any_of", "values": ["VIP"]}}, failed(tags=["vip"]), True),
        ({"tags": {"op": "none_of", "values": ["VIP"]}}, failed(tags=["vip"]), False),
        ({}, reported("soft_bounce"), True),
        ({"events": ["hard_bounce", "complaint"]}, reported("complaint"), True),
        ({"events": ["hard_bounce"]}, reported("complaint"), False),
        ({"tags": {"op": "equals", "values": []}}, reported("complaint", tags=["vip"]), False),
    ],
)
def test_every_filter_that_is_given_must_match(filters, event, matches):
    assert matching.matches(trigger(event.kind, **filters), event) is matches


@pytest.mark.parametrize(
    ("kind", "filters", "wrong"),
    [
        ("message_failed", {"channels": ["fax"]}, "channels.0"),
        ("message_failed", {"codes": "30003"}, "codes"),
        ("message_failed", {"codes": [30003]}, "codes.0"),
        ("message_failed", {"events": []}, "events"),
        ("email_event", {"events": ["opened"]}, "events.0"),
        ("email_event", {"events": ["delivered"]}, "events.0"),
        ("email_event", {"channels": ["email"]}, "channels"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(business, kind, filters, wrong):
    with pytest.raises(Invalid) as refused:
        draft(business, triggers=[trigger(kind, **filters)])
    assert list(refused.value.errors) == [f"triggers.0.filters.{wrong}"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (trigger("message_failed"), "A message fails"),
        (
            trigger("message_failed", channels=["sms", "call"], codes=["30003", "busy"]),
            "A message by SMS or Call fails with 30003 or busy",
        ),
        (trigger("email_event"), "The email provider reports anything"),
        (
            trigger("email_event", events=["hard_bounce", "complaint"]),
            "The email provider reports: hard bounce or marked as spam",
        ),
    ],
)
def test_triggers_are_said_in_plain_words(given, words):
    assert wording.trigger(given) == words


@pytest.fixture
def failing(business, provider, monkeypatch):
    """A business whose every text is refused, for a reason that blocks nobody."""
    monkeypatch.setattr(dnd_hooks, "in_flight", delivery.in_flight)
    provider.always(Refused("30007", "Filtered by the carrier."))
    business.connections.all().delete()
    return connected(business)


def run():
    """Until nothing is due at the door, nor for workflows."""
    work()
    while delivery.deliver("interactive"):
        work()


TEXT = {"kind": "send_sms", "body": "Once more"}
ON_FAILURE = trigger("message_failed", channels=["sms"])


def test_a_message_that_fails_starts_another_workflow_with_the_first_as_its_cause(failing):
    first = flow(failing, TEXT, name="Reminder")
    second = flow(
        failing, {"kind": "add_tag", "tag": "call me"}, triggers=[ON_FAILURE], name="After a failure"
    )
    contact = ContactFactory(business=failing)

    sent = enroll(first, contact)
    run()

    event = Event.objects.get(kind="message_failed")
    assert (event.cause_workflow, event.cause_enrollment, event.depth) == (first.pk, sent.pk, 1)
    started = Enrollment.objects.get(workflow=second)
    assert (started.entered_by, started.depth) == ("Trigger: Message failed", 1)
    assert path(sent) == [("send_sms", "failed", "failed:30007")]


def test_a_workflow_is_not_started_by_its_own_failed_message(failing):
    workflow = flow(failing, TEXT, triggers=[ON_FAILURE], allow_reentry=True)

    enroll(workflow, ContactFactory(business=failing))
    run()

    assert Message.objects.count() == 1
    assert Firing.objects.get(workflow=workflow).outcome == "own_change"


def test_workflows_whose_failed_messages_start_each_other_stop_at_ten(failing):
    pair = [
        flow(failing, TEXT, triggers=[ON_FAILURE], name=name, allow_reentry=True) for name in ("Ping", "Pong")
    ]

    enroll(pair[0], ContactFactory(business=failing))
    run()

    assert sorted(Enrollment.objects.values_list("depth", flat=True)) == list(range(10))
    assert Firing.objects.filter(outcome="depth").count() == 1
    assert StepRun.objects.filter(outcome="failed").count() == 10


def test_workflows_that_lift_what_the_carrier_blocks_and_text_again_stop_at_ten(failing, provider):
    """A number that cannot be reached is blocked for a while; a workflow may lift that, but not for ever."""
    provider.always(Refused("30003", "Unreachable."))
    lift = {"kind": "set_dnd", "direction": "outbound", "enable": False, "channels": ["sms"]}
    blocked = trigger("contact_dnd", direction="outbound", flag="enabled_specific", channels=["sms"])
    pair = [
        flow(failing, lift, TEXT, triggers=[blocked], name=name, allow_reentry=True)
        for name in ("Again", "And again")
    ]

    enroll(pair[0], ContactFactory(business=failing))
    for _ in range(15):
        run()
        working.work_due()
    run()

    assert sorted(Enrollment.objects.values_list("depth", flat=True)) == list(range(10))
    assert Firing.objects.filter(outcome="depth").count() == 1


def test_a_message_of_nobodys_workflow_has_no_cause(failing):
    assert causes_of(set()) == {}
    assert causes_of({10_000_000}) == {}


def test_the_other_channels_are_connected_by_what_carries_them(failing):
    connect_others(failing)
    assert failing.connections.count() == 6
    assert MANAGER.role == "manager"
