"""The compliance part of the Business Profile, and the suppression list, over REST."""

import pytest

from compliance.models import PermittedHours, Profile
from compliance.services import profiles
from contacts.actors import Actor
from dnd import services as dnd
from tests.factories import ENTERPRISE

pytestmark = pytest.mark.django_db


class TestProfile:
    def test_it_shows_every_setting_with_its_default(self, api):
        shown = api.get("business/").body
        assert set(profiles.FIELDS) <= set(shown)
        assert shown["sms_opt_out_text"] == "Reply STOP to unsubscribe."
        assert (shown["quiet_hours"], shown["soft_bounces"], shown["sms_repeat_days"]) == (False, 5, 30)
        assert shown["permitted_hours"][0] == {
            "region": "default",
            "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "opens": "08:00",
            "closes": "21:00",
            "note": "47 CFR 64.1200(c)(1): local time at the called party's location",
        }

    def test_what_is_given_changes_and_the_rest_stays(self, api, business):
        answer = api.patch(
            "business/",
            {"name": "Harbor", "quiet_hours": True, "opt_out_words": ["ALTO"], "sms_repeat_days": 7},
        )
        assert answer.status == 200
        assert (answer.body["name"], answer.body["quiet_hours"], answer.body["opt_out_words"]) == (
            "Harbor", True, ["ALTO"],
        )  # fmt: skip
        again = api.patch("business/", {"sms_repeat": "every"}).body
        assert (again["sms_repeat"], again["sms_repeat_days"], again["name"]) == ("every", 7, "Harbor")

    def test_a_region_gets_rows_of_its_own(self, api, business):
        row = {"region": "US-TX", "days": ["mon", "sun"], "opens": "10:00", "closes": "00:00"}
        shown = api.patch("business/", {"permitted_hours": [row]}).body["permitted_hours"]
        assert [r for r in shown if r["region"] == "US-TX"] == [row | {"note": ""}]
        assert len([r for r in shown if r["region"] == "US-RI"]) == 2
        assert PermittedHours.objects.get().business == business

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"sms_repeat_days": 61}, "sms_repeat_days"),
            ({"sms_repeat_days": "7"}, "sms_repeat_days"),
            ({"soft_bounces": True}, "soft_bounces"),
            ({"sms_repeat": "never"}, "sms_repeat"),
            ({"quiet_hours": "yes"}, "quiet_hours"),
            ({"sms_opt_out_text": "Reply CANCEL"}, "sms_opt_out_text"),
            ({"sms_sender_text": "x" * 141}, "sms_sender_text"),
            ({"opt_out_words": "ALTO"}, "opt_out_words"),
            ({"opt_out_words": ["ALTO", "YES"]}, "opt_out_words.1"),
            ({"opt_out_words": [7]}, "opt_out_words.0"),
            ({"quiet": True}, "quiet"),
            ({"permitted_hours": [{"region": "US-TX"}]}, "permitted_hours.0.days"),
            (
                {"permitted_hours": [{"region": "US-TX", "days": ["mon"], "opens": "8", "closes": "09:00"}]},
                "permitted_hours.0.opens",
            ),
            (
                {
                    "permitted_hours": [
                        {"region": "US-TX", "days": ["mon"], "opens": "08:00", "closes": "09:00"},
                        {"region": "US-AL", "days": ["mon"], "opens": "09:00", "closes": "08:00"},
                    ]
                },
                "permitted_hours.1.closes",
            ),
            (
                {"permitted_hours": [{"region": "US-ZZ", "days": ["mon"], "opens": "08:00", "closes": "09:00"}]},
                "permitted_hours.0.region",
            ),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_named_and_nothing_is_written(self, api, business, body, field):
        answer = api.patch("business/", {"name": "Another", **body})
        assert answer.status == 400
        assert field in answer.fields
        business.refresh_from_db()
        assert business.name != "Another"
        assert not Profile.objects.exists()
        assert not PermittedHours.objects.exists()

    @pytest.mark.parametrize("role", ["staff", "manager"])
    def test_it_is_for_enterprise_keys(self, as_role, business, role):
        answer = as_role(role, business).patch("business/", {"quiet_hours": True})
        assert (answer.status, answer.code) == (403, "role_required")


class TestSuppressions:
    @pytest.fixture(autouse=True)
    def some(self, business, elsewhere):
        for where, address, reason, by in (
            (business, "ada@example.org", "email_bounce", Actor.provider("Postmark")),
            (business, "+14155550100", "stop_keyword", Actor.contact()),
            (elsewhere, "eve@example.org", "email_bounce", Actor.provider("Postmark")),
        ):
            channel = "email" if "@" in address else "sms"
            dnd.change_address(
                business=where, channel=channel, address=address, block=True, by=by, reason=reason
            )
        dnd.change_address(
            business=business,
            channel="sms",
            address="+14155550100",
            block=False,
            by=Actor.contact(),
            reason="stop_keyword",
        )

    def test_only_ones_own_are_listed_newest_first(self, as_role, business):
        results = as_role("staff", business).get("suppressions/").body["results"]
        assert [(r["address"], r["lifted_at"] is None) for r in results] == [
            ("+14155550100", False),
            ("ada@example.org", True),
        ]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("in_force=true", ["ada@example.org"]),
            ("in_force=false", ["+14155550100"]),
            ("channel=email", ["ada@example.org"]),
            ("reason=stop_keyword", ["+14155550100"]),
            ("address=%2B14155550100", ["+14155550100"]),
            ("address=(415) 555-0100", ["+14155550100"]),
            ("address=Ada@Example.org", ["ada@example.org"]),
            ("address=eve@example.org", []),
        ],
    )
    def test_filters(self, api, query, found):
        assert [r["address"] for r in api.get(f"suppressions/?{query}").body["results"]] == found

    @pytest.mark.parametrize("query", ["channel=fax", "reason=x", "in_force=maybe", "nonsense=1", "address="])
    def test_an_unknown_filter_is_an_error(self, api, query):
        answer = api.get(f"suppressions/?{query}")
        assert answer.status == 400
        assert answer.fields == [query.partition("=")[0]]


def test_the_profile_of_the_service_is_that_of_rest(api, business):
    profiles.update(business=business, data={"help_reply": "Call us"}, by=ENTERPRISE)
    assert api.get("business/").body["help_reply"] == "Call us"
