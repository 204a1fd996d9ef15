"""Connections on the desk: how each fares, trying it, and what it says of DND while it is off."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils.html import escape
from playwright.sync_api import expect

from messaging import health
from messaging import services as messaging
from messaging.models import Connection, Message
from tests.desk.conftest import SMTP, TWILIO, connect
from tests.desk.test_pages import faults, too_wide
from tests.factories import ENTERPRISE, ContactFactory, add_phone, block
from tests.messaging.conftest import HTTP, PAGE

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def connect_all(business):
    connect(business)
    for channel, driver, config in (
        ("call", "twilio", TWILIO),
        ("whatsapp", "twilio", TWILIO),
        ("facebook", "twilio", TWILIO | {"from_number": PAGE["from_number"]}),
        ("gmb", "http", HTTP),
    ):
        messaging.create_connection(
            business=business, channel=channel, driver=driver, config=config, by=ENTERPRISE
        )


def of(channel):
    return Connection.objects.get(channel=channel)


def read(answer):
    return " ".join(answer.content.decode().split())


# Setting up


def test_without_connections_the_list_says_what_to_do(signed_in, clinic):
    page = read(signed_in("enterprise").get("/admin/messaging/connection/"))

    assert "No connections yet" in page
    assert "Add one for each channel that you use" in page
    assert "Add a connection" in page


def test_every_way_is_offered_until_its_channel_has_one(signed_in, clinic):
    client = signed_in("enterprise")
    page = read(client.get("/admin/connections/add/"))
    for title in ("SMS by Twilio", "Calls by Twilio", "WhatsApp by Twilio", "Google Business by an endpoint"):
        assert f'Set up<span class="desk-hidden"> {title}</span>' in page
    assert "Google ended its messaging service in 2024" in page

    connect_all(clinic.business)

    page = read(client.get("/admin/connections/add/"))
    assert "Set up" not in page
    assert page.count("There is one already.") == 6


@pytest.mark.parametrize(
    ("query", "data", "channel", "kept"),
    [
        (
            "channel=call&driver=twilio",
            {"account_sid": "AC9", "auth_token": "token-0123456789", "from_number": "415 555 0100"},
            "call",
            {"from_number": "+14155550100"},
        ),
        (
            "channel=whatsapp&driver=twilio",
            {"account_sid": "AC9", "auth_token": "token-0123456789", "from_number": "+14155550100"},
            "whatsapp",
            {"account_sid": "AC9"},
        ),
        (
            "channel=facebook&driver=twilio",
            {"account_sid": "AC9", "auth_token": "token-0123456789", "from_number": "102030405060708"},
            "facebook",
            {"from_number": "102030405060708"},
        ),
        ("channel=gmb&driver=http", HTTP, "gmb", HTTP),
        ("channel=sms&driver=http", HTTP, "sms", HTTP),
    ],
)
def test_each_way_is_set_up_by_its_form(signed_in, clinic, query, data, channel, kept):
    answer = signed_in("enterprise").post(f"/admin/connections/add/?{query}", data)

    assert answer.status_code == 302, read(answer)
    assert kept.items() <= of(channel).config.items()


def test_a_twilio_account_that_is_connected_can_be_used_for_other_channels(signed_in, clinic):
    connect(clinic.business)
    client = signed_in("enterprise")
    page = read(client.get("/admin/connections/add/?channel=call&driver=twilio"))
    assert "Leave it empty to use the account that you have connected." in page
    assert TWILIO["auth_token"] not in page

    data = {"account_sid": "AC1", "auth_token": "", "from_number": "+14155550199"}
    client.post("/admin/connections/add/?channel=call&driver=twilio", data)
    other = client.post(
        "/admin/connections/add/?channel=whatsapp&driver=twilio", data | {"account_sid": "AC2"}
    )

    assert of("call").config == TWILIO
    assert "the one that is stored belongs to another" in read(other)
    assert not Connection.objects.filter(channel="whatsapp").exists()


def test_an_endpoint_is_offered_a_secret_and_keeps_it(signed_in, clinic):
    client = signed_in("enterprise")
    assert 'value="whsec_' in read(client.get("/admin/connections/add/?channel=gmb&driver=http"))
    client.post("/admin/connections/add/?channel=gmb&driver=http", HTTP)
    gmb = of("gmb")

    assert HTTP["secret"] not in client.get(f"/admin/connections/{gmb.pk}/").content.decode()
    client.post(f"/admin/connections/{gmb.pk}/", {"url": HTTP["url"], "secret": ""})
    assert of("gmb").config == HTTP
    elsewhere = client.post(f"/admin/connections/{gmb.pk}/", {"url": "https://thief.example/", "secret": ""})
    assert "Give the secret again" in read(elsewhere)
    assert of("gmb").config == HTTP


# How it fares


def test_a_page_says_how_the_connection_fares(signed_in, clinic):
    connect(clinic.business)
    Connection.objects.filter(channel="sms").update(
        worked_at=NOW, failed_at=NOW, failure="Twilio refused it: Authenticate (20003).", heard_at=NOW
    )
    for number in range(3):
        contact = ContactFactory(business=clinic.business)
        if number < 2:
            block(contact, "sms")
    messaging.send_manual(
        business=clinic.business, contact=contact.pk, channel="sms", body="Hello", by=ENTERPRISE
    )

    for address in ("/admin/messaging/connection/", f"/admin/connections/{of('sms').pk}/"):
        page = read(signed_in("enterprise").get(address))
        assert escape("Twilio refused it: Authenticate (20003).") in page
        assert "Working" in page
    assert "2 contacts</a> with DND on SMS" in page
    assert "<dt>Waiting</dt><dd>1</dd>" in page


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "new"),
        ({"worked_at": NOW}, "working"),
        ({"failed_at": NOW}, "failing"),
        ({"worked_at": NOW, "failed_at": NOW.replace(hour=11)}, "working"),
        ({"worked_at": NOW.replace(hour=11), "failed_at": NOW}, "failing"),
        ({"worked_at": NOW, "state": "disconnected"}, "disconnected"),
    ],
)
def test_in_one_word(clinic, changes, word):
    connect(clinic.business)
    Connection.objects.filter(channel="sms").update(**changes)

    assert health.fares(of("sms")) == word


def test_counts_are_of_the_last_day_and_of_this_business(clinic, elsewhere):
    connect(clinic.business)
    connect(elsewhere.business)
    for one in (clinic, elsewhere):
        contact = ContactFactory(business=one.business)
        for _ in range(4):
            messaging.send_manual(
                business=one.business, contact=contact.pk, channel="sms", body="Hello", by=ENTERPRISE
            )
    mine = list(Message.objects.filter(business=clinic.business).order_by("id"))
    states = ("sent", "failed", "delivered", "unknown")
    for message, state in zip(mine, states, strict=True):
        Message.objects.filter(pk=message.pk).update(state=state)
    Message.objects.filter(pk=mine[0].pk).update(created_at=datetime(2020, 1, 1, tzinfo=UTC))

    found = health.of(clinic.business)

    assert (found["sms"].sent, found["sms"].failed, found["sms"].unknown) == (1, 1, 1)
    assert (found["sms"].waiting, found["email"].sent) == (0, 0)
    assert health.of(elsewhere.business)["sms"].waiting == 4


def test_the_page_of_google_business_says_that_google_ended_it(signed_in, clinic):
    connect_all(clinic.business)
    client = signed_in("enterprise")

    pages = {
        one.channel: read(client.get(f"/admin/connections/{one.pk}/")) for one in Connection.objects.all()
    }

    told = {
        channel for channel, page in pages.items() if "Google ended its messaging service in 2024" in page
    }
    assert told == {"gmb"}


# Disconnecting


def test_disconnecting_says_that_dnd_is_kept_and_counts_again(signed_in, clinic):
    connect(clinic.business)
    client = signed_in("enterprise")
    blocked, open_ = (ContactFactory(business=clinic.business) for _ in range(2))
    block(blocked, "sms")
    address = f"/admin/connections/{of('sms').pk}/"
    assert "it is kept for the 1 contact who has it on SMS" in read(client.get(address))

    said = read(client.post(f"{address}switch/", {"do": "disconnect"}, follow=True))
    assert "DND is kept as it is." in said
    messaging.send_manual(
        business=clinic.business, contact=open_.pk, channel="sms", body="Hello", by=ENTERPRISE
    )

    page = read(client.get(address))
    assert "It is disconnected: 1 message waits." in page
    assert "counts again as soon as it is connected: the 1 contact with DND on SMS gets nothing" in page
    assert "Send a test" not in page.replace("Send a test to see", "").replace("send a test.", "")
    assert "DND on SMS, and it counts again" in read(client.get(f"{address}switch/"))


# Trying it


def try_it(client, channel, to):
    return client.post(f"/admin/connections/{of(channel).pk}/test/", {"to": to}, follow=True)


def test_a_test_goes_to_the_contact_with_this_address(signed_in, clinic):
    connect_all(clinic.business)
    contact = ContactFactory(business=clinic.business, phone="+14155550101", email="me@clinic.example")
    add_phone(contact, "+14155550102")
    client = signed_in("enterprise")

    for channel, to in (("sms", "(415) 555-0102"), ("call", "+14155550101"), ("email", "Me@clinic.example")):
        assert "The test is on its way" in read(try_it(client, channel, to)), channel

    sent = {m.channel: (m.to, m.message_class, m.state, m.actor) for m in Message.objects.all()}
    assert sent == {
        "sms": ("+14155550102", "manual", "queued", "Enterprise of Harbour"),
        "call": ("+14155550101", "manual", "queued", "Enterprise of Harbour"),
        "email": ("me@clinic.example", "manual", "queued", "Enterprise of Harbour"),
    }


def test_a_test_obeys_every_rule_as_any_message_does(signed_in, clinic):
    connect(clinic.business)
    block(ContactFactory(business=clinic.business, phone="+14155550101"), "sms")

    answer = try_it(signed_in("enterprise"), "sms", "+14155550101")

    assert answer.status_code == 422
    assert "Cannot send the message: DND is active for SMS." in read(answer)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("+14155550109", "No contact has this"),
        ("12", "This is not a phone number"),
        ("", "This field is required"),
    ],
)
def test_a_test_that_cannot_be_sent_says_why(signed_in, clinic, elsewhere, to, sentence):
    connect(clinic.business)
    ContactFactory(business=elsewhere.business, phone="+14155550109")

    answer = try_it(signed_in("enterprise"), "sms", to)

    assert (answer.status_code, sentence in read(answer)) == (422, True)
    assert not Message.objects.exists()


def test_what_is_disconnected_cannot_be_tried(signed_in, clinic):
    connect(clinic.business)
    ContactFactory(business=clinic.business, phone="+14155550101")
    messaging.disconnect(connection=of("sms"), by=ENTERPRISE)

    assert (
        "It is disconnected: connect it first."
        in read(try_it(signed_in("enterprise"), "sms", "+14155550101"))
        or not Message.objects.exists()
    )
    assert not Message.objects.exists()


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_nobody_below_enterprise_may_look_or_try(signed_in, clinic, role):
    connect(clinic.business)
    ContactFactory(business=clinic.business, phone="+14155550101")
    client = signed_in(role)
    address = f"/admin/connections/{of('sms').pk}/"

    assert client.get(address).status_code == 403
    assert client.post(f"{address}test/", {"to": "+14155550101"}).status_code == 403
    assert client.post(f"{address}switch/", {"do": "disconnect"}).status_code == 403
    assert not Message.objects.exists()
    assert of("sms").state == "connected"


# In a browser

SHOTS = os.environ.get("HEED_SHOTS", "")


def keep(page, name):
    """A picture for people, where somebody asks for it."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def lively(clinic):
    """Connections with something to be seen on each."""
    connect_all(clinic.business)
    Connection.objects.exclude(channel="gmb").update(worked_at=NOW, heard_at=NOW)
    Connection.objects.filter(channel="facebook").update(
        failed_at=NOW.replace(hour=13), failure="Twilio refused it: Authenticate (20003)."
    )
    messaging.disconnect(connection=of("whatsapp"), by=ENTERPRISE)
    ada = ContactFactory(business=clinic.business, phone="+14155550101")
    block(ContactFactory(business=clinic.business, first_name="Grace", last_name="Hopper"), "sms", "whatsapp")
    for channel in ("sms", "whatsapp"):
        messaging.send_manual(
            business=clinic.business, contact=ada.pk, channel=channel, body="See you", by=ENTERPRISE
        )
    return clinic


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_connections_are_readable_by_everybody(desk, lively, width, scheme):
    at = desk("enterprise", width=width)
    at.page.emulate_media(color_scheme=scheme)
    addresses = {
        "list": "/admin/messaging/connection/",
        "ways": "/admin/connections/add/",
        "new-call": "/admin/connections/add/?channel=call&driver=twilio",
        "new-gmb": "/admin/connections/add/?channel=gmb&driver=http",
        **{
            channel: f"/admin/connections/{of(channel).pk}/"
            for channel in ("sms", "whatsapp", "facebook", "gmb")
        },
    }
    found = {}
    for name, address in addresses.items():
        page = at.open(address)
        keep(page, f"connections-{name}-{width}-{scheme}")
        assert page.locator("h1").count() == 1, address
        if wrong := faults(page) + (["too wide"] if too_wide(page) else []):
            found[address] = wrong

    assert found == {}


@pytest.mark.browser
def test_a_connection_is_tried_disconnected_and_connected_by_clicking(desk, lively):
    page = desk("enterprise").open("/admin/messaging/connection/")
    page.get_by_role("link", name="SMS", exact=True).click()
    newest = page.locator("#newest")
    expect(newest.get_by_text("Queued")).to_have_count(1)

    page.get_by_label("Phone of a contact").fill("+1 415 555 0101")
    page.get_by_role("button", name="Send a test").click()
    expect(newest.get_by_text("Queued")).to_have_count(2)
    Message.objects.filter(channel="sms").update(state="delivered")
    expect(newest.get_by_text("Delivered")).to_have_count(2)

    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("DND is kept as it is.")).to_be_visible()
    page.get_by_role("link", name="SMS", exact=True).click()
    page.get_by_role("button", name="Connect again").click()
    expect(page.get_by_text("What waited is sent now")).to_be_visible()
    assert of("sms").state == "connected"
    assert SMTP["url"] == of("email").config["url"]
