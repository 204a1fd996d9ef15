"""Connections and the Business Profile over REST."""

import json
from urllib.parse import quote

import pytest

from messaging.models import Connection

TWILIO = {
    "account_sid": "AC" + "0" * 32,
    "auth_token": "a-secret-token-0123",
    "from_number": "(415) 555-0199",
}
SMTP = {
    "url": "smtp://user:letmein@127.0.0.1:2525",
    "from_email": "hello@clinic.example",
    "feedback": {"esp": "sendgrid", "webhook_key": "whsec_0123456789abcdef"},
}


@pytest.fixture
def sms(api):
    return api.post("connections/", {"channel": "sms", "driver": "twilio", "config": TWILIO}).body


def test_a_connection_is_made_and_its_secrets_do_not_come_back(api):
    made = api.post("connections/", {"channel": "sms", "driver": "twilio", "config": TWILIO})

    assert made.status == 201
    row = Connection.objects.get()
    assert row.config == TWILIO | {"from_number": "+14155550199"}
    assert made.body == {
        "id": str(row.pk),
        "channel": "sms",
        "driver": "twilio",
        "config": row.config | {"auth_token": made.body["config"]["auth_token"]},
        "state": "connected",
        "created_at": row.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "changed_at": row.changed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    assert api.get(f"connections/{row.pk}/").body == made.body
    assert api.get("connections/").body["results"] == [made.body]
    api.post("connections/", {"channel": "email", "driver": "smtp", "config": SMTP})
    everything = json.dumps(api.get("connections/").body)
    for secret in (TWILIO["auth_token"], "letmein", SMTP["feedback"]["webhook_key"]):
        assert secret not in everything


def test_a_channel_has_one_connection(api, sms):
    again = api.post("connections/", {"channel": "sms", "driver": "twilio", "config": TWILIO})

    assert (again.status, again.code) == (409, "connection_exists")


def test_a_patch_keeps_what_it_leaves_out_and_what_comes_back_as_dots(api, sms):
    config = sms["config"] | {"from_number": "+14155550198"}

    changed = api.patch(f"connections/{sms['id']}/", {"config": config})

    assert changed.status == 200
    assert Connection.objects.get().config == TWILIO | {"from_number": "+14155550198"}
    assert api.patch(f"connections/{sms['id']}/", {}).status == 200
    assert api.patch(f"connections/{sms['id']}/", {"channel": "email"}).fields == ["channel"]


def test_dots_that_are_not_those_shown_are_no_secret(api, sms):
    email = api.post("connections/", {"channel": "email", "driver": "smtp", "config": SMTP}).body
    kept = [row.config for row in Connection.objects.order_by("pk")]
    shown = email["config"]["url"]
    for made, config, field, says in (
        (email, {"url": shown.replace("127.0.0.1", "127.0.0.2")}, "config.url", "Give the password again"),
        (email, {"url": quote(shown, safe=":/@")}, "config.url", "Give the password again"),
        (sms, {"auth_token": "••••0000"}, "config.auth_token", "what is shown of the stored one is no token"),
    ):
        refused = api.patch(f"connections/{made['id']}/", {"config": config})

        assert (refused.status, refused.fields) == (400, [field])
        assert says in refused.body["errors"][0]["detail"]
    assert [row.config for row in Connection.objects.order_by("pk")] == kept


def test_disconnecting_and_connecting(api, sms):
    assert api.post(f"connections/{sms['id']}/disconnect/").body["state"] == "disconnected"
    assert api.post(f"connections/{sms['id']}/connect/", {}).body["state"] == "connected"
    assert api.post(f"connections/{sms['id']}/connect/", {"now": 1}).fields == ["now"]


def test_a_deleted_connection_is_gone(api, sms):
    assert api.delete(f"connections/{sms['id']}/").status == 204
    assert api.get(f"connections/{sms['id']}/").status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"driver": "pigeon"}, "driver"),
        ({"driver": "smtp", "config": SMTP}, "driver"),
        ({"config": []}, "config"),
        ({"config": None}, "config"),
        ({"config": TWILIO | {"fax": 1}}, "config.fax"),
        ({"config": TWILIO | {"account_sid": ""}}, "config.account_sid"),
        ({"config": TWILIO | {"account_sid": 5}}, "config.account_sid"),
        ({"config": TWILIO | {"from_number": "555"}}, "config.from_number"),
        ({"config": TWILIO | {"auth_token": "x" * 500}}, "config.auth_token"),
        ({"channel": "email", "driver": "smtp", "config": SMTP | {"url": "http://x"}}, "config.url"),
        ({"channel": "email", "driver": "smtp", "config": SMTP | {"from_email": "nobody"}}, "config.from_email"),
        ({"channel": "email", "driver": "smtp", "config": SMTP | {"feedback": {"esp": "x", "webhook_key": "k"}}},
         "config.feedback.esp"),
        ({"state": "disconnected"}, "state"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_nothing_is_written(api, body, field):
    answer = api.post("connections/", {"channel": "sms", "driver": "twilio", "config": TWILIO} | body)

    assert (answer.status, answer.fields) == (400, [field])
    assert not Connection.objects.exists()


class TestBusinessProfile:
    def test_it_is_shown_and_changed(self, api, business):
        assert (
            api.get("business/").body.items()
            >= {
                "id": str(business.pk),
                "name": business.name,
                "phone": "+14155550199",
                "address": "1 Main Street, Springfield",
                "country": "US",
                "timezone": "America/New_York",
                "allow_do_not_contact": True,
                "preferences_source": "manual",
                "remove_when_all_dnd": False,
            }.items()
        )

        changed = api.patch(
            "business/", {"country": "GB", "phone": "020 7946 0958", "remove_when_all_dnd": True}
        )

        assert changed.status == 200
        assert (changed.body["country"], changed.body["phone"]) == ("GB", "+442079460958")
        assert api.get("business/").body == changed.body
        assert api.patch("business/", {"phone": ""}).body["phone"] == ""

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": None}, "name"),
            ({"phone": "555"}, "phone"),
            ({"country": "XX"}, "country"),
            ({"country": "us"}, "country"),
            ({"country": ""}, "country"),
            ({"timezone": "Mars/Olympus"}, "timezone"),
            ({"timezone": ""}, "timezone"),
            ({"allow_do_not_contact": "yes"}, "allow_do_not_contact"),
            ({"preferences_source": "guessed"}, "preferences_source"),
            ({"slug": "mine"}, "slug"),
        ],
    )
    def test_what_does_not_fit_is_named(self, api, body, field):
        before = api.get("business/").body

        answer = api.patch("business/", body)

        assert (answer.status, answer.fields) == (400, [field])
        assert api.get("business/").body == before


HTTP = {"url": "https://gmb.example.org/messages", "secret": "whsec_aGVlZC1wcm92aWRlci1zaW11bGF0b3ItMDE="}


@pytest.mark.parametrize(
    ("channel", "driver", "config", "shown"),
    [
        ("call", "twilio", TWILIO, {"from_number": "+14155550199"}),
        ("whatsapp", "twilio", TWILIO, {"from_number": "+14155550199"}),
        ("facebook", "twilio", TWILIO | {"from_number": "102030405060708"}, {"account_sid": "AC" + "0" * 32}),
        ("gmb", "http", HTTP, HTTP | {"secret": "••••MDE="}),
        ("sms", "http", HTTP, HTTP | {"secret": "••••MDE="}),
    ],
)
def test_every_channel_has_a_way(api, channel, driver, config, shown):
    made = api.post("connections/", {"channel": channel, "driver": driver, "config": config})

    assert made.status == 201
    assert (made.body["channel"], made.body["driver"]) == (channel, driver)
    assert shown.items() <= made.body["config"].items()


@pytest.mark.parametrize(
    ("channel", "driver", "config", "field"),
    [
        ("gmb", "twilio", TWILIO, "driver"),
        ("email", "http", HTTP, "driver"),
        ("facebook", "twilio", TWILIO, "config.from_number"),
        ("gmb", "http", {"url": HTTP["url"]}, "config.secret"),
        ("gmb", "http", HTTP | {"url": "gmb.example.org"}, "config.url"),
        ("gmb", "http", HTTP | {"auth_token": "x"}, "config.auth_token"),
    ],
)
def test_a_way_that_cannot_be_is_refused_by_its_field(api, channel, driver, config, field):
    refused = api.post("connections/", {"channel": channel, "driver": driver, "config": config})

    assert (refused.status, [error["field"] for error in refused.body["errors"]]) == (400, [field])
    assert not Connection.objects.exists()


def test_a_connection_may_be_limited_to_what_its_provider_carries(api, sms):
    address = f"connections/{sms['id']}/rate-limit/"
    assert api.get(address).body == {"messages": None, "per": "second"}

    assert api.put(address, {"messages": 10, "per": "minute"}).body == {"messages": 10, "per": "minute"}
    assert api.put(address, {"messages": 5, "per": "second"}).body == api.get(address).body
    assert api.put(address, {"messages": None, "per": "second"}).body == {"messages": None, "per": "second"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"messages": 0, "per": "second"}, "messages"),
        ({"messages": "5", "per": "second"}, "messages"),
        ({"messages": 5, "per": "hour"}, "per"),
        ({"per": "second"}, "messages"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(api, sms, body, field):
    answer = api.put(f"connections/{sms['id']}/rate-limit/", body)

    assert (answer.status, answer.fields) == (400, [field])
