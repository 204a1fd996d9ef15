"""What was allowed at a moment, over REST."""

from datetime import UTC
from urllib.parse import quote

import pytest

from contacts import locks
from tests.factories import ContactFactory


@pytest.fixture
def contact(business):
    return ContactFactory(business=business)


def test_each_moment_is_answered_as_it_was(api, contact):
    address = f"contacts/{contact.pk}/dnd/"
    api.patch(address, {"outbound": {"sms": True}, "note": "first"})
    api.patch(address, {"outbound": {"all": True}})
    api.patch(address, {"outbound": {"sms": False}, "do_not_contact": True})
    changes = api.get(f"{address}changes/").body["results"]
    moments = {change["version"]: change["recorded_at"] for change in changes}

    first = api.get(f"{address}?at={moments[1]}").body
    assert (first["state"], first["version"], first["do_not_contact"]["enabled"]) == ("partial", 1, False)
    assert first["outbound"]["email"] == {"enabled": False}
    sms = first["outbound"]["sms"]
    assert (sms["reason"], sms["note"], sms["since"], sms["may_lift"]) == (
        "user_request", "first", moments[1], False,
    )  # fmt: skip
    assert api.get(f"{address}?at={moments[2]}").body["state"] == "on"
    last = api.get(f"{address}?at={moments[max(moments)]}").body
    assert last["version"] == api.get(address).body["version"]
    assert last["do_not_contact"]["enabled"]


def test_before_there_was_a_contact_nothing_was_blocked(api, contact):
    api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"all": True}})

    body = api.get(f"contacts/{contact.pk}/dnd/?at=2001-01-01T00:00:00Z").body

    assert (body["state"], body["version"]) == ("off", 0)


def test_a_time_is_read_in_any_offset(api, contact):
    now = locks.now().astimezone(UTC)
    for text in (now.isoformat(), quote(now.isoformat()), f"{now:%Y-%m-%dT%H:%M:%SZ}".lower()):
        assert api.get(f"contacts/{contact.pk}/dnd/?at={text}").status == 200


@pytest.mark.parametrize(
    "text",
    [
        "yesterday", "", "1", "2026-11-20", "2026-11-20T09:00:00", "2026-13-40T09:00:00Z", "%00",
        "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59Z", "2999-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_a_time_that_is_none_or_has_not_been_is_refused(api, contact, text):
    answer = api.get(f"contacts/{contact.pk}/dnd/?at={text}")

    assert (answer.status, answer.fields) == (400, ["at"])


def test_an_unknown_parameter_is_refused(api, contact):
    assert api.get(f"contacts/{contact.pk}/dnd/?when=2001-01-01T00:00:00Z").fields == ["when"]
