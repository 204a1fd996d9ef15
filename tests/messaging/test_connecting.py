"""Connections: who may change them, what is refused, and what never comes out again."""

import pytest
from django.db import connection as database

from contacts.services.errors import Conflict, Invalid, RoleRequired
from messaging import network
from messaging import services as messaging
from messaging.delivery import claims
from messaging.models import Connection
from tests.factories import ENTERPRISE, MANAGER, BusinessFactory
from tests.messaging.conftest import HTTP, PAGE, SMTP, TWILIO, deliver, queue

pytestmark = pytest.mark.django_db


def create(channel="sms", driver="twilio", config=TWILIO, by=ENTERPRISE, **changes):
    business = BusinessFactory()
    config = {name: value for name, value in (config | changes).items() if value is not None}
    return messaging.create_connection(
        business=business, channel=channel, driver=driver, config=config, by=by
    )


def test_credentials_are_sealed_at_rest():
    create()
    create("email", "smtp", SMTP)

    with database.cursor() as cursor:
        cursor.execute("SELECT string_agg(config, ' ') FROM messaging_connection")
        (stored,) = cursor.fetchone()

    assert TWILIO["auth_token"] not in stored
    assert "letmein" not in stored
    assert Connection.objects.get(channel="sms").config == TWILIO


def test_credentials_are_shown_with_dots():
    sms, email, gmb = create(), create("email", "smtp", SMTP), create("gmb", "http", HTTP)

    assert messaging.shown_config(gmb) == HTTP | {"secret": "••••MDE="}
    assert messaging.shown_config(sms) == TWILIO | {"auth_token": "••••0123"}
    assert messaging.shown_config(email)["url"] == "smtp://user:•••@127.0.0.1:2525"


def test_what_comes_back_as_dots_stays_as_it_was():
    email = create("email", "smtp", SMTP)
    config = messaging.shown_config(email) | {"from_email": "new@clinic.example"}

    changed = messaging.update_connection(connection=email, config=config, by=ENTERPRISE)

    assert changed.config == SMTP | {"from_email": "new@clinic.example"}
    assert changed.revision == email.revision + 1


@pytest.mark.parametrize(
    ("channel", "driver", "config", "field"),
    [
        ("pigeon", "twilio", TWILIO, "channel"),
        ("sms", "carrier", TWILIO, "driver"),
        ("email", "twilio", TWILIO, "driver"),
        ("sms", "twilio", TWILIO | {"account_sid": ""}, "config.account_sid"),
        ("sms", "twilio", TWILIO | {"account_sid": "../Accounts"}, "config.account_sid"),
        ("sms", "twilio", TWILIO | {"auth_token": "a b"}, "config.auth_token"),
        ("sms", "twilio", TWILIO | {"auth_token": 5}, "config.auth_token"),
        ("sms", "twilio", TWILIO | {"from_number": "12"}, "config.from_number"),
        ("sms", "twilio", TWILIO | {"colour": "red"}, "config.colour"),
        ("call", "twilio", TWILIO | {"from_number": "12"}, "config.from_number"),
        ("facebook", "twilio", TWILIO, "config.from_number"),
        ("gmb", "twilio", TWILIO, "driver"),
        ("email", "http", HTTP, "driver"),
        ("sms", "smtp", SMTP, "driver"),
        ("gmb", "http", HTTP | {"url": ""}, "config.url"),
        ("gmb", "http", HTTP | {"url": "ftp://x.example/"}, "config.url"),
        ("gmb", "http", HTTP | {"url": "x.example"}, "config.url"),
        ("gmb", "http", HTTP | {"url": "https://x.example:port/"}, "config.url"),
        ("gmb", "http", HTTP | {"url": "https://user:word@x.example/"}, "config.url"),
        ("gmb", "http", HTTP | {"url": "https://x.example/#here"}, "config.url"),
        ("gmb", "http", HTTP | {"url": "https://x.example/\r\nX: y"}, "config.url"),
        ("gmb", "http", HTTP | {"secret": ""}, "config.secret"),
        ("gmb", "http", HTTP | {"secret": "whsec_not base64!"}, "config.secret"),
        ("gmb", "http", HTTP | {"secret": "whsec_"}, "config.secret"),
        ("gmb", "http", HTTP | {"colour": "red"}, "config.colour"),
        ("email", "smtp", SMTP | {"url": "http://x.example"}, "config.url"),
        ("email", "smtp", SMTP | {"url": "smtp://"}, "config.url"),
        ("email", "smtp", SMTP | {"url": "smtp://x.example:port"}, "config.url"),
        ("email", "smtp", SMTP | {"url": "smtp://x.example/\r\nRCPT"}, "config.url"),
        ("email", "smtp", SMTP | {"from_email": "nobody"}, "config.from_email"),
        ("email", "smtp", SMTP | {"from_email": "a@b.example\r\nBcc: c@d.example"}, "config.from_email"),
        ("email", "smtp", SMTP | {"feedback": {"esp": "pigeon", "webhook_key": "k"}}, "config.feedback.esp"),
        ("email", "smtp", SMTP | {"feedback": "sendgrid"}, "config.feedback"),
    ],
)
def test_bad_input_names_its_field(channel, driver, config, field):
    with pytest.raises(Invalid) as caught:
        create(channel, driver, config)

    assert list(caught.value.errors) == [field]
    assert not Connection.objects.exists()


def test_a_channel_has_one_connection(business):
    with pytest.raises(Conflict) as refused:
        messaging.create_connection(
            business=business, channel="sms", driver="twilio", config=TWILIO, by=ENTERPRISE
        )

    assert refused.value.code == "connection_exists"


@pytest.mark.parametrize("act", ["update_connection", "disconnect", "connect", "delete_connection"])
def test_only_enterprise_users_change_connections(business, act):
    sms = Connection.objects.get(business=business, channel="sms")
    extra = {"config": {}} if act == "update_connection" else {}

    with pytest.raises(RoleRequired):
        getattr(messaging, act)(connection=sms, by=MANAGER, **extra)
    with pytest.raises(RoleRequired):
        create(by=MANAGER)


def test_a_changed_connection_counts_for_the_next_call(contact, provider):
    sms = Connection.objects.get(channel="sms")
    queue(contact)
    messaging.update_connection(connection=sms, config={"auth_token": "another-token-0456"}, by=ENTERPRISE)

    (call,) = claims.claim("interactive", 1).calls

    assert call.account.config["auth_token"] == "another-token-0456"
    assert call.account.revision == sms.revision + 1


def test_what_was_to_go_through_a_deleted_connection_is_not_sent(contact, provider):
    message = queue(contact)
    messaging.delete_connection(connection=Connection.objects.get(channel="sms"), by=ENTERPRISE)

    deliver()

    message.refresh_from_db()
    assert (message.state, message.reason) == ("dropped", "no_connection")


def test_what_was_held_for_a_deleted_connection_is_dropped_and_no_later_one_sends_it(
    business, contact, provider
):
    sms = Connection.objects.get(business=business, channel="sms")
    message = queue(contact)
    messaging.disconnect(connection=sms, by=ENTERPRISE)
    deliver()
    message.refresh_from_db()
    assert message.rule == "disconnected"

    messaging.delete_connection(connection=sms, by=ENTERPRISE)
    deliver()
    message.refresh_from_db()
    assert (message.state, message.rule, message.reason) == ("dropped", "connection", "no_connection")
    messaging.create_connection(
        business=business, channel="sms", driver="twilio", config=TWILIO, by=ENTERPRISE
    )
    assert deliver() == 0
    assert provider.letters == []


def test_workflows_are_told_of_a_channel_that_works_again(business, monkeypatch):
    told = []
    monkeypatch.setattr("messaging.hooks.ask_again", lambda *what: told.append(what))
    sms = Connection.objects.get(business=business, channel="sms")

    messaging.disconnect(connection=sms, by=ENTERPRISE)
    messaging.connect(connection=sms, by=ENTERPRISE)

    assert told == [(business.pk, ["sms"])]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "0.0.0.0"]
)
def test_a_connection_may_not_lead_into_a_private_network(settings, host):
    settings.HEED_ALLOW_PRIVATE_NETWORKS = False

    with pytest.raises(Invalid) as caught:
        create("email", "smtp", SMTP, url=f"smtp://{host}:25")

    assert caught.value.errors == {"config.url": network.NotAllowed.__doc__}


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254"])
def test_an_endpoint_may_not_be_in_a_private_network(settings, host):
    settings.HEED_ALLOW_PRIVATE_NETWORKS = False

    with pytest.raises(Invalid) as caught:
        create("gmb", "http", HTTP, url=f"https://{host}/messages")

    assert caught.value.errors == {"config.url": network.NotAllowed.__doc__}


@pytest.mark.parametrize(
    ("channel", "given", "kept"),
    [
        ("call", "(415) 555-0199", "+14155550199"),
        ("whatsapp", "whatsapp:+14155550199", "+14155550199"),
        ("facebook", "messenger:102030405060708", PAGE["from_number"]),
        ("facebook", PAGE["from_number"], PAGE["from_number"]),
    ],
)
def test_what_a_channel_sends_from_is_kept_plain(channel, given, kept):
    made = create(channel, "twilio", TWILIO, from_number=given)

    assert made.config["from_number"] == kept


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("192.168.1.1", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:192.168.1.1", False),
        ("2002:c0a8:0101::1", False),
        ("64:ff9b::c0a8:101", False),
        ("64:ff9b::808:808", True),
    ],
)
def test_which_addresses_belong_to_the_internet(address, public):
    assert network.is_public(address) is public
