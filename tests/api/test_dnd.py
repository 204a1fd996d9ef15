"""DND over REST: what it shows, what it refuses and with which words, and the ledger."""

from datetime import UTC, datetime

import pytest

from contacts.actors import Actor
from contacts.models import Business
from contacts.words import OUTBOUND_CHANNELS
from dnd import services as dnd
from dnd.models import Change
from tests.factories import ContactFactory, block

CONTACT_ITSELF = Actor.contact("the contact")
PROVIDER = Actor.provider("twilio")
FREE = {"enabled": False}


@pytest.fixture
def contact(business):
    return ContactFactory(business=business)


def stop(contact, *channels):
    block(contact, *(channels or ("sms",)), reason="stop_keyword", by=CONTACT_ITSELF)


def test_a_contact_that_never_asked_for_anything_is_at_version_0(api, contact):
    answer = api.get(f"contacts/{contact.pk}/dnd/")

    assert answer.body == {
        "state": "off",
        "version": 0,
        "outbound": dict.fromkeys(OUTBOUND_CHANNELS, FREE),
        "inbound": {"call": FREE, "sms": FREE},
        "do_not_contact": {"enabled": False, "may_edit": True, "why_not": ""},
    }


def test_a_flag_shows_its_strongest_ground_and_the_others_beside_it(api, contact):
    api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"sms": True}, "note": "asked on the phone"})
    stop(contact)

    sms = api.get(f"contacts/{contact.pk}/dnd/").body["outbound"]["sms"]

    since = sms.pop("since")
    [other] = sms.pop("also")
    assert sms == {
        "enabled": True,
        "strength": "permanent",
        "reason": "stop_keyword",
        "source": "contact",
        "until": None,
        "note": "",
        "may_lift": False,
        "why_not": "Only the contact can lift this, by texting START.",
    }
    assert other.pop("since") < since
    assert other == {
        "reason": "user_request",
        "strength": "temporary",
        "source": "api",
        "until": None,
        "note": "asked on the phone",
    }


def test_a_change_answers_with_the_whole_state(api, contact):
    answer = api.patch(
        f"contacts/{contact.pk}/dnd/",
        {"outbound": {"sms": True, "email": True}, "inbound": {"all": True}, "do_not_contact": True},
    )

    assert answer.status == 200
    assert (answer.body["state"], answer.body["version"]) == ("partial", 3)
    assert answer.body["outbound"]["sms"]["source"] == "api"
    assert answer.body["inbound"]["call"]["enabled"]
    assert answer.body["inbound"]["sms"]["enabled"]
    assert answer.body["do_not_contact"]["enabled"]
    assert answer.body == api.get(f"contacts/{contact.pk}/dnd/").body
    shown = api.get(f"contacts/{contact.pk}/").body
    assert (shown["dnd_state"], shown["do_not_contact"]) == ("partial", True)


def test_asking_twice_is_asking_once(api, contact):
    for _ in range(2):
        answer = api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"all": True}, "note": "again"})

    assert (answer.status, answer.body["state"], answer.body["version"]) == (200, "on", 1)
    assert api.patch(f"contacts/{contact.pk}/dnd/", {}).body["version"] == 1


def test_all_stands_alone(api, contact):
    answer = api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"all": True, "sms": False}})

    assert (answer.status, answer.fields) == (400, ["outbound.all"])


def test_one_request_may_free_and_block(api, contact):
    block(contact, "sms")

    answer = api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"sms": False, "email": True}})

    lines = api.get(f"contacts/{contact.pk}/dnd/changes/").body["results"]
    assert answer.body["version"] == 3
    assert [line["summary"] for line in lines] == [
        "DND enabled by api for Email",
        "DND disabled by api for SMS",
        "DND enabled by user for SMS",
    ]


class TestRefusals:
    def refused(self, answer, status, code, fields):
        assert (answer.status, answer.code, answer.fields) == (status, code, fields)
        assert all(error["code"] == code and error["detail"] for error in answer.body["errors"])

    def test_what_only_the_contact_may_lift_is_locked_and_nothing_else_is_changed(self, api, contact):
        stop(contact)
        block(contact, "email")

        answer = api.patch(
            f"contacts/{contact.pk}/dnd/", {"outbound": {"sms": False, "email": False, "call": True}}
        )

        self.refused(answer, 409, "dnd_locked", ["outbound.sms"])
        assert answer.body["detail"] == "Only the contact can lift this, by texting START."
        assert api.get(f"contacts/{contact.pk}/dnd/").body["version"] == 2

    def test_a_note_is_asked_for(self, api, contact):
        block(contact, "email", reason="email_unsubscribe", by=CONTACT_ITSELF)

        answer = api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"email": False}})
        self.refused(answer, 422, "note_required", ["outbound.email"])

        answer = api.patch(
            f"contacts/{contact.pk}/dnd/", {"outbound": {"email": False}, "note": "asked in the shop"}
        )
        assert (answer.status, answer.body["state"]) == (200, "off")

    def test_a_role_is_asked_for(self, as_role, business, contact):
        block(contact, "call", reason="dnc_list", by=Actor("user", "Mia", "manager"))

        answer = as_role("staff", business).patch(
            f"contacts/{contact.pk}/dnd/", {"outbound": {"call": False}, "note": "agreed"}
        )

        self.refused(answer, 403, "role_required", ["outbound.call"])

    def test_each_channel_is_named_and_the_hardest_refusal_decides(self, as_role, business, contact):
        stop(contact)
        block(contact, "email", reason="email_unsubscribe", by=CONTACT_ITSELF)

        answer = as_role("staff", business).patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"all": False}})

        assert (answer.status, answer.code) == (409, "dnd_locked")
        assert [(error["field"], error["code"]) for error in answer.body["errors"]] == [
            ("outbound.sms", "dnd_locked"),
            ("outbound.email", "note_required"),
        ]

    def test_only_enterprise_flips_do_not_contact(self, as_role, business, contact):
        answer = as_role("manager", business).patch(f"contacts/{contact.pk}/dnd/", {"do_not_contact": True})

        self.refused(answer, 403, "role_required", ["do_not_contact"])

    def test_the_record_system_owns_do_not_contact(self, api, business, contact):
        Business.objects.filter(pk=business.pk).update(preferences_source="synced")

        answer = api.patch(f"contacts/{contact.pk}/dnd/", {"do_not_contact": True})

        self.refused(answer, 409, "owned_by_record_system", ["do_not_contact"])

    def test_do_not_contact_may_be_off_for_a_business(self, api, business, contact):
        Business.objects.filter(pk=business.pk).update(allow_do_not_contact=False)

        answer = api.patch(f"contacts/{contact.pk}/dnd/", {"do_not_contact": True})

        self.refused(answer, 409, "do_not_contact_off", ["do_not_contact"])

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"outbound": {"sms": True}, "reason": "carrier_blocked"}, "reason"),
            ({"outbound": {"sms": True}, "reason": "whim"}, "reason"),
            ({"outbound": {"sms": True}, "reason": "email_unsubscribe"}, "reason"),
            ({"inbound": {"sms": True}, "reason": "stop_keyword"}, "reason"),
            ({"outbound": {"call": False}, "reason": "stop_keyword"}, "reason"),
            ({"outbound": {"sms": False}, "reason": "email_bounce"}, "reason"),
        ],
    )
    def test_a_reason_must_be_one_that_the_api_may_set_there(self, api, contact, body, field):
        answer = api.patch(f"contacts/{contact.pk}/dnd/", body)

        assert (answer.status, answer.fields) == (400, [field])
        assert not Change.objects.filter(contact=contact).exists()


def test_the_ledger_is_read_newest_first_and_names_everything(api, contact):
    api.patch(
        f"contacts/{contact.pk}/dnd/",
        {
            "outbound": {"email": True},
            "reason": "email_unsubscribe",
            "evidence": "form 81",
            "note": "by mail",
        },
    )
    api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"email": True}})

    newest, first = api.get(f"contacts/{contact.pk}/dnd/changes/").body["results"]

    line = Change.objects.get(contact=contact, version=1)
    assert first == {
        "id": str(line.pk),
        "version": 1,
        "kind": "changed",
        "direction": "outbound",
        "enabled": True,
        "scope": "specific",
        "channels": ["email"],
        "source": "api",
        "actor": "enterprise key",
        "reason": "email_unsubscribe",
        "note": "by mail",
        "recorded_at": line.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "effective_at": line.effective.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "summary": "DND enabled by api for Email",
        "hash": line.hash,
    }
    assert (newest["version"], newest["kind"]) == (2, "reinforced")


def test_a_change_that_waits_for_a_call_is_not_yet_effective(api, contact, monkeypatch):
    monkeypatch.setattr("dnd.hooks.in_flight", lambda questions: {contact.pk})

    api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"sms": True}})

    assert api.get(f"contacts/{contact.pk}/dnd/changes/").body["results"][0]["effective_at"] is None


def test_the_ledger_comes_in_pages(api, contact):
    for turn in range(5):
        api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"sms": turn % 2 == 0}})

    page = api.get(f"contacts/{contact.pk}/dnd/changes/?page_size=2").body
    after = api.get(page["next"]).body

    assert [line["version"] for line in page["results"] + after["results"]] == [5, 4, 3, 2]
    assert [line["version"] for line in api.get(after["previous"]).body["results"]] == [5, 4]


def test_a_ground_that_ends_says_until_when(api, contact):
    wish = dnd.Wish(outbound={"sms": True}, ends_at=datetime(2030, 1, 2, 3, 4, 5, 600, UTC))
    dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=Actor("user", "Sam", "staff"))

    assert (
        api.get(f"contacts/{contact.pk}/dnd/").body["outbound"]["sms"]["until"]
        == "2030-01-02T03:04:05.000600Z"
    )
