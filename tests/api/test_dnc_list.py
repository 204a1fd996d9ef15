"""The Do Not Contact list over REST, and checking addresses."""

import pytest

from dnd import services as dnd
from tests.factories import MANAGER, ContactFactory

NUMBER = "+14155550100"


@pytest.fixture
def contact(business):
    return ContactFactory(business=business, phone=NUMBER, email="ada@example.org")


@pytest.fixture
def entry(business, contact):
    return dnd.add_to_dnc(
        business=business,
        contacts=[contact.pk],
        channels=["sms", "email"],
        by=MANAGER,
        action="Do Not Contact",
        note="Shouted",
    )[0].entry


def test_the_list_says_who_why_and_how_often_it_stopped_something(api, contact, entry):
    api.post("messages/", {"contact": str(contact.pk), "channel": "sms", "body": "Hello"})
    dnd.count_hits()

    (row,) = api.get("dnc-list/").body["results"]

    assert row.pop("at") < row.pop("last_hit_at")
    assert row == {
        "id": str(entry), "contact": str(contact.pk), "channels": ["sms", "email"],
        "addresses": [NUMBER, "ada@example.org"], "action": "Do Not Contact", "source": "user",
        "actor": "Mia Manager", "note": "Shouted", "times_hit": 1, "lifted_at": None, "lifted_by": "",
        "lift_note": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("in_force=true", 1), ("in_force=false", 0), ("channel=sms", 1), ("channel=call", 0),
        ("address=%2B14155550100", 1), ("address=x", 0),
    ],
)  # fmt: skip
def test_filters(api, entry, query, found):
    assert len(api.get(f"dnc-list/?{query}").body["results"]) == found


def test_a_manager_lifts_with_a_note(as_role, business, contact, entry):
    manager = as_role("manager", business)

    refused = manager.post(f"dnc-list/{entry}/lift/", {"note": ""})
    lifted = manager.post(f"dnc-list/{entry}/lift/", {"note": "Signed"})
    again = manager.post(f"dnc-list/{entry}/lift/", {"note": "Signed"})

    assert (refused.status, refused.code, refused.fields) == (422, "note_required", ["note"])
    assert (lifted.status, lifted.body["lifted_by"]) == (200, "manager key")
    assert manager.get(f"contacts/{contact.pk}/").body["dnd_state"] == "off"
    assert (again.status, again.code) == (409, "already_lifted")


def test_addresses_are_checked_before_they_are_used(api, entry):
    body = api.post(
        "suppressions/check/", {"addresses": ["(415) 555-0100", "ADA@example.org", "+14155550101"]}
    ).body

    assert body["results"] == [
        {"address": NUMBER, "suppressed": True, "channels": ["sms"], "reasons": ["dnc_list"]},
        {"address": "ada@example.org", "suppressed": True, "channels": ["email"], "reasons": ["dnc_list"]},
        {"address": "+14155550101", "suppressed": False, "channels": [], "reasons": []},
    ]


def test_the_check_of_another_business_knows_nothing_of_ours(as_role, elsewhere, entry):
    body = as_role("staff", elsewhere).post("suppressions/check/", {"addresses": [NUMBER]}).body

    assert not body["results"][0]["suppressed"]
