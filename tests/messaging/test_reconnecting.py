"""A channel is disconnected while people have asked not to be reached on it and messages wait, and connected again."""

from datetime import timedelta

import pytest

from contacts import locks
from dnd import services as dnd
from dnd.models import Change, Ground
from messaging import auditing
from messaging import services as messaging
from messaging.models import Connection, Message
from tests.factories import ENTERPRISE, STAFF, ContactFactory, block
from tests.messaging.conftest import connect_others, deliver, make_due, propose

pytestmark = pytest.mark.django_db
CHANNELS = ("sms", "call", "whatsapp", "email")


@pytest.fixture(params=CHANNELS)
def channel(request, business):
    connect_others(business, "call", "whatsapp")
    return request.param


@pytest.fixture
def account(business, channel):
    return Connection.objects.get(business=business, channel=channel)


def flags():
    return set(Ground.objects.values_list("contact", "direction", "channel", "reason", "source", "since"))


def states(messages):
    for message in messages.values():
        message.refresh_from_db()
    return {name: (message.state, message.reason) for name, message in messages.items()}


def test_dnd_is_as_before_and_every_waiting_message_comes_to_its_own_end(
    business, channel, account, provider
):
    people = {
        name: ContactFactory(business=business)
        for name in ("open", "blocked before", "blocked meanwhile", "late", "freed", "taken back")
    }
    block(people["blocked before"], channel)
    free_again = block(people["freed"], channel)
    assert free_again.changes
    before = flags()

    messages = {
        name: propose(person, channel=channel)[0]
        for name, person in people.items()
        if name not in ("blocked before", "freed")
    }
    messaging.disconnect(connection=account, by=ENTERPRISE)
    deliver()

    # Nothing is lost and nothing leaves; the flags stand as they stood, and a new message waits too.
    assert set(states(messages).values()) == {("held", "disconnected")}
    assert flags() == before
    assert provider.letters == []
    dropped = propose(people["blocked before"], channel=channel)[0]
    assert (dropped.state, dropped.reason) == ("dropped", f"dnd:{channel}:user_request")

    # DND can be changed while the channel is disconnected, and counts.
    block(people["blocked meanwhile"], channel)
    change(people["freed"], channel, False)
    Message.objects.filter(pk=messages["late"].pk).update(expires_at=locks.now() - timedelta(seconds=1))
    Message.objects.filter(pk=messages["taken back"].pk).update(withdrawn=True)
    during = flags()

    messaging.connect(connection=account, by=ENTERPRISE)
    deliver()

    assert flags() == during
    assert states(messages) == {
        "open": ("sent", ""),
        "blocked meanwhile": ("dropped", f"dnd:{channel}:user_request"),
        "late": ("dropped", "expired"),
        "taken back": ("dropped", "withdrawn"),
    }
    assert [letter.message for letter in provider.letters] == [messages["open"].pk]
    again = propose(people["freed"], channel=channel)[0]
    deliver()
    again.refresh_from_db()
    assert again.state == "sent"
    assert auditing.run().violations == []


def change(contact, channel, blocked):
    wish = dnd.Wish(outbound={channel: blocked}, note="they asked")
    return dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=STAFF)


def test_disconnecting_and_connecting_write_nothing_into_the_ledger(business, channel, account):
    block(ContactFactory(business=business), channel)
    lines = Change.objects.count()

    for act in (messaging.disconnect, messaging.disconnect, messaging.connect, messaging.connect):
        act(connection=account, by=ENTERPRISE)

    assert Change.objects.count() == lines


def test_what_waits_is_asked_again_every_quarter_of_an_hour_and_leaves_only_when_connected(
    business, channel, account, provider
):
    message = propose(ContactFactory(business=business), channel=channel)[0]
    messaging.disconnect(connection=account, by=ENTERPRISE)

    for _ in range(3):
        make_due(pk=message.pk)
        deliver()
        message.refresh_from_db()
        assert (message.state, message.due_at - message.decided_at) == ("held", timedelta(minutes=15))

    messaging.connect(connection=account, by=ENTERPRISE)
    assert deliver() == 1


def test_a_connection_made_anew_counts_the_dnd_that_was_kept(business, channel, account, provider):
    """Removing the connection forgets its credentials, and nothing of what contacts have asked for."""
    contact = ContactFactory(business=business)
    block(contact, channel)
    config, driver = account.config, account.driver
    messaging.delete_connection(connection=account, by=ENTERPRISE)
    messaging.create_connection(
        business=business, channel=channel, driver=driver, config=config, by=ENTERPRISE
    )

    message = propose(contact, channel=channel)[0]

    assert (message.state, message.reason) == ("dropped", f"dnd:{channel}:user_request")
