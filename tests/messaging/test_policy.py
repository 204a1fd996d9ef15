"""Every rule of the policy, alone, in order, and for every class."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from messaging import policy
from messaging.policy import Block, Drop, Facts, Hold, Send

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
CLASSES = ("automation", "broadcast", "campaign", "manual", "system")

# Each rule with what makes it speak, in the order of the specification.
SPEAKS = {
    "withdrawn": {"withdrawn": "Removed by a user."},
    "permit": {"permit": False},
    "address": {"address": ""},
    "dnd": {"blocked": {"sms": Block("stop_keyword", "contact", NOW)}},
    "suppressed": {"suppressed": "carrier_blocked"},
    "do_not_contact": {"do_not_contact": True},
    "status": {"status": "Lost", "status_restricts": True},
    "connection": {"connection": ""},
    "disconnected": {"connection": "disconnected"},
    "hours": {"hours_open_at": NOW + timedelta(hours=3)},
    "expired": {"expires_at": NOW},
}
REASONS = {
    "withdrawn": "withdrawn",
    "permit": "no_permit",
    "address": "no_address",
    "dnd": "dnd:sms:stop_keyword",
    "suppressed": "suppressed:carrier_blocked",
    "do_not_contact": "do_not_contact",
    "status": "status",
    "connection": "no_connection",
    "disconnected": "disconnected",
    "hours": "quiet_hours",
    "expired": "expired",
}
DEAF = {
    "automation": {"permit"},
    "broadcast": {"permit", "do_not_contact"},
    "campaign": {"permit", "do_not_contact"},
    "manual": {"permit", "do_not_contact", "status", "hours"},
    "system": {"dnd", "suppressed", "do_not_contact", "status", "hours"},
}
"""The rules that never speak for a class."""


def facts(message_class, *rules):
    values = {"address": "+14155550100", "permit": True}
    for rule in reversed(rules):
        values |= SPEAKS[rule]
    return Facts(channel="sms", message_class=message_class, now=NOW, **values)


def first_to_speak(message_class, rules):
    return next((rule for rule in rules if rule not in DEAF[message_class]), "clear")


@pytest.mark.parametrize("message_class", CLASSES)
def test_the_first_rule_to_speak_wins_whatever_else_stands_against_it(message_class):
    for many in range(len(SPEAKS) + 1):
        for rules in combinations(SPEAKS, many):
            expected = first_to_speak(message_class, rules)
            verdict = policy.decide(facts(message_class, *rules))

            assert verdict.rule == expected, rules
            assert verdict.reason == REASONS.get(expected, "")
            assert verdict.detail


def test_only_a_closed_channel_and_closed_hours_hold():
    for rule in SPEAKS:
        verdict = policy.decide(facts("system" if rule == "permit" else "automation", rule))
        assert isinstance(verdict, Hold if rule in ("disconnected", "hours") else Drop), rule
    assert isinstance(policy.decide(facts("automation")), Send)


def test_a_hold_says_until_when():
    assert policy.decide(facts("automation", "disconnected")).until == NOW + timedelta(minutes=15)
    assert policy.decide(facts("automation", "hours")).until == NOW + timedelta(hours=3)


def test_hours_that_are_open_hold_nothing():
    open_now = Facts("sms", "automation", NOW, address="+14155550100", hours_open_at=NOW)

    assert isinstance(policy.decide(open_now), Send)


def test_a_block_of_another_channel_blocks_nothing():
    other = Facts("sms", "automation", NOW, address="+1", blocked={"email": Block("user_request")})

    assert isinstance(policy.decide(other), Send)


def test_messages_are_good_for_a_day_and_confirmations_for_five_minutes():
    assert policy.expires_at("automation", NOW) == NOW + timedelta(hours=24)
    assert policy.expires_at("system", NOW) == NOW + timedelta(minutes=5)


def test_a_step_is_skipped_for_what_the_contact_wants_and_failed_for_what_the_business_lacks():
    assert set(policy.SKIPS) == {"address", "dnd", "suppressed", "do_not_contact", "status", "expired"}
