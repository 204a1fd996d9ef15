"""What email providers report: each kind sets Email DND with its own reason, once, in any order."""

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from compliance.models import FeedbackEvent
from compliance.services import profiles
from contacts.models import Event
from contacts.services import people
from dnd import services as dnd
from dnd import verification
from dnd.models import Change, Ground, Suppression
from dnd.services import taking_back
from messaging.feedback import working
from messaging.models import Message
from tests.compliance.provider_events import event, pairs
from tests.compliance.providers import AT, ESPS, call, connect
from tests.factories import ENTERPRISE, STAFF, BusinessFactory, ContactFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("amazon")]
ADA = "ada@example.org"
REASONS = {
    "hard_bounce": "email_bounce",
    "failed": "email_failed",
    "suppressed": "email_suppressed",
    "complaint": "email_complaint",
    "unsubscribe": "email_unsubscribe",
}


@pytest.fixture
def contact():
    return ContactFactory(email=ADA)


def email_to(contact, address=ADA, state="sent"):
    return Message.objects.create(
        business=contact.business,
        contact=contact,
        channel="email",
        message_class="automation",
        lane="interactive",
        to=address,
        state=state,
        decided_version=0,
        fence=1,
        due_at=AT,
        expires_at=AT,
        created_at=AT,
    )


def tell(client, connection, *events):
    esp = connection.config["feedback"]["esp"]
    for one in events:
        assert call(esp, one).post(client, connection).status_code == 200
    working.work_due()


def grounds(contact):
    return set(Ground.objects.filter(contact=contact).values_list("channel", "reason"))


@pytest.mark.parametrize(("esp", "kind"), pairs())
def test_each_kind_of_each_provider_sets_its_own_reason(client, contact, esp, kind):
    connection, message = connect(contact.business, esp), email_to(contact)
    tell(client, connection, event(esp, kind, ADA.upper(), message=message.pk))

    row = FeedbackEvent.objects.get()
    assert (row.state, row.kind) == ("done", kind)
    reason = REASONS.get(kind)
    assert grounds(contact) == ({("email", reason)} if reason else set())
    assert list(Suppression.objects.values_list("address", "reason")) == ([(ADA, reason)] if reason else [])
    message.refresh_from_db()
    ends = {"delivered": "delivered", "complaint": "sent", "unsubscribe": "sent", "other": "sent"}
    assert message.state == ends.get(kind, "failed")
    if kind != "other":
        assert (row.address, row.message) == (ADA, message.pk)


def test_what_is_on_the_ledger_names_the_event_and_the_email(client, contact):
    message = email_to(contact)
    tell(
        client,
        connect(contact.business, "sendgrid"),
        event("sendgrid", "complaint", ADA, message=message.pk, name="ev1"),
    )
    line = Change.objects.get()
    assert (line.source, line.actor, line.reason) == ("provider", "SendGrid", "email_complaint")
    assert line.evidence == ["sendgrid:ev1", f"message:{message.pk}"]
    told = Event.objects.get(kind="email_event")
    assert told.summary == "Email was marked as spam"
    assert ADA not in f"{told.summary}{told.data}"


def test_a_time_that_could_not_be_shown_is_that_of_receipt(client, contact):
    far = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    tell(client, connect(contact.business, "sendgrid"), event("sendgrid", "complaint", ADA, at=far))

    row = FeedbackEvent.objects.get()
    assert (row.state, row.at) == ("done", row.received_at)


@pytest.mark.parametrize("esp", ESPS)
def test_however_often_an_event_comes_it_takes_effect_once(client, contact, esp):
    connection = connect(contact.business, esp)
    request = call(esp, event(esp, "hard_bounce", ADA))
    for _ in range(3):
        assert request.post(client, connection).status_code == 200
        working.work_due()
    again = call(esp, event(esp, "hard_bounce", ADA, name="one"))
    again.post(client, connection)
    working.work_due()
    assert FeedbackEvent.objects.count() == 2
    assert Change.objects.count() == 1


def test_the_same_event_signed_anew_is_the_same_event(client, contact):
    for esp in ESPS:
        if esp == "resend":  # its id is the webhook's own
            continue
        connection = connect(BusinessFactory(), esp)
        one = event(esp, "hard_bounce", ADA, name="one")
        tell(client, connection, one, one)
        assert FeedbackEvent.objects.filter(connection=connection.pk).count() == 1, esp


def test_a_batch_is_taken_apart_and_each_event_counts_once(client, contact):
    connection = connect(contact.business, "sendgrid")
    one, two = event("sendgrid", "hard_bounce", ADA, name="1"), event("sendgrid", "complaint", ADA, name="2")
    call("sendgrid", one, two, one).post(client, connection)
    call("sendgrid", two, one).post(client, connection)
    working.work_due()
    assert FeedbackEvent.objects.count() == 2
    assert grounds(contact) == {("email", "email_bounce"), ("email", "email_complaint")}


@pytest.mark.parametrize("kind", ["complaint", "unsubscribe", "hard_bounce"])
def test_after_a_change_of_address_the_person_stays_asked_for_and_the_address_stays_bad(
    client, contact, kind
):
    message = email_to(contact)
    people.update(contact=contact, data={"email": "new@example.org"}, by=STAFF)
    tell(client, connect(contact.business, "postmark"), event("postmark", kind, ADA, message=message.pk))
    assert grounds(contact) == (set() if kind == "hard_bounce" else {("email", REASONS[kind])})
    assert Suppression.objects.in_force().get().address == ADA


def test_without_a_message_of_ours_the_address_counts_for_all_who_have_it(client, contact):
    other = ContactFactory(business=contact.business, email=ADA)
    elsewhere = ContactFactory(email=ADA)
    tell(client, connect(contact.business, "brevo"), event("brevo", "hard_bounce", ADA))
    assert grounds(contact) == grounds(other) == {("email", "email_bounce")}
    assert grounds(elsewhere) == set()
    assert Event.objects.filter(kind="email_event").count() == 2


def test_an_email_of_another_business_is_none_of_ours(client, contact):
    theirs = email_to(ContactFactory(email="eve@example.org"), "eve@example.org")
    tell(client, connect(contact.business, "mailgun"), event("mailgun", "complaint", ADA, message=theirs.pk))
    theirs.refresh_from_db()
    assert theirs.state == "sent"
    assert not Ground.objects.filter(contact=theirs.contact).exists()
    assert grounds(contact) == {("email", "email_complaint")}


def test_a_delivery_never_undoes_a_bounce_of_the_message(client, contact):
    connection, message = connect(contact.business, "postmark"), email_to(contact)
    tell(client, connection, event("postmark", "hard_bounce", ADA, message=message.pk))
    tell(client, connection, event("postmark", "delivered", ADA, message=message.pk))
    message.refresh_from_db()
    assert (message.state, message.reason) == ("failed", "failed:hard_bounce")


def test_soft_bounces_block_at_the_businesss_threshold_and_a_delivery_clears_the_count(client, contact):
    profiles.update(business=contact.business, data={"soft_bounces": 3}, by=ENTERPRISE)
    connection = connect(contact.business, "ses")
    days = iter(range(100))

    def happens(kind, count):
        for _ in range(count):
            tell(client, connection, event("ses", kind, ADA, at=AT - timedelta(days=50 - next(days))))

    happens("soft_bounce", 2)
    happens("delivered", 1)
    happens("soft_bounce", 2)
    assert grounds(contact) == set()
    happens("soft_bounce", 1)
    assert grounds(contact) == {("email", "email_bounce")}
    happens("delivered", 1)
    assert grounds(contact) == {("email", "email_bounce")}

    free = {"business": contact.business, "channel": "email", "address": ADA, "reason": "email_bounce"}
    taking_back.take_back(by=STAFF, note="validated", **free)
    happens("soft_bounce", 1)
    assert grounds(contact) == set()


def test_every_order_of_soft_bounces_and_deliveries_ends_in_the_same_grounds(client, contact):
    """Both stories, one that blocks in the order of time and one that does not, told in every order and twice."""
    connection = connect(contact.business, "sendgrid")
    profiles.update(business=contact.business, data={"soft_bounces": 3}, by=ENTERPRISE)
    stories = {"sssd": True, "ssds": False, "dsss": True, "sdsds": False}
    for story, blocked in stories.items():
        for n, order in enumerate(random.Random(7).sample(list(permutations(range(len(story)))), 6)):
            address = f"{story}{n}@example.org"
            person = ContactFactory(business=contact.business, email=address)
            kinds = {"s": "soft_bounce", "d": "delivered"}
            events = [
                event(
                    "sendgrid", kinds[letter], address, at=AT + timedelta(hours=hour), name=f"{address}{hour}"
                )
                for hour, letter in enumerate(story)
            ]
            tell(client, connection, *[events[i] for i in order], *[events[i] for i in reversed(order)])
            assert grounds(person) == ({("email", "email_bounce")} if blocked else set()), (story, order)
    assert verification.verify(business=contact.business_id).violations == []


def test_what_staff_may_not_lift_and_what_they_may_with_a_note(client, contact):
    connection = connect(contact.business, "brevo")
    tell(client, connection, event("brevo", "complaint", ADA))
    wish = dnd.Wish(outbound={"email": False}, note="validated, taken off the list")
    with pytest.raises(dnd.Refused, match="marked an email as spam"):
        dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=ENTERPRISE)

    other = ContactFactory(business=contact.business, email="eve@example.org")
    tell(client, connection, event("brevo", "suppressed", "eve@example.org"))
    dnd.change_one(business=contact.business, contact=other.pk, wish=wish, by=STAFF)
    assert grounds(other) == set()


def test_what_cannot_be_read_is_kept_and_what_fails_waits_and_holds_up_no_other(client, contact, monkeypatch):
    connection = connect(contact.business, "sendgrid")
    call("sendgrid", {"no": "event"}, 17).post(client, connection)
    assert FeedbackEvent.objects.get().state == "unreadable"
    call("sendgrid", {"no": "event", "sg_event_id": "x"}).post(client, connection)
    working.work_due()
    assert FeedbackEvent.objects.get(provider_id="x").state == "unreadable"

    act = working.feedback.act

    def fails_for_one(business, told):
        if told.address == ADA:
            raise RuntimeError("our own fault")
        return act(business, told)

    other = ContactFactory(business=contact.business, email="eve@example.org")
    bounces = [event("sendgrid", "hard_bounce", address) for address in (ADA, "eve@example.org")]
    with monkeypatch.context() as patch:
        patch.setattr(working.feedback, "act", fails_for_one)
        tell(client, connection, *bounces)
    assert grounds(other)
    assert not grounds(contact)
    FeedbackEvent.objects.filter(state="pending").update(due_at=AT)
    working.work_due()
    assert grounds(contact) == {("email", "email_bounce")}


def test_old_texts_are_emptied_and_an_event_is_still_taken_once(client, contact):
    connection = connect(contact.business, "mailgun")
    request = call("mailgun", event("mailgun", "hard_bounce", ADA))
    request.post(client, connection)
    working.work_due()
    assert working.empty_old() == 0
    FeedbackEvent.objects.update(worked_at=AT - timedelta(days=400))
    assert working.empty_old() == 1
    assert FeedbackEvent.objects.get().payload == ""
    assert request.post(client, connection).status_code == 200
    assert FeedbackEvent.objects.count() == 1
