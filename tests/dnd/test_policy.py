"""Who may lift what, for every reason, actor and role; and what a wish comes to."""

import csv
from itertools import product

import pytest

from dnd import policy
from dnd.policy import Held, Position, Wish
from dnd.reasons import TABLE, rules, strongest

with TABLE.open(newline="") as file:
    ROWS = list(csv.DictReader(file))
ROLES = ["staff", "manager", "enterprise"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["reason"])
def test_each_reason_is_lifted_by_exactly_those_whom_the_table_names(row):
    rule = rules()[row["reason"]]
    for source, role in product(["user", "api"], ROLES):
        named = source in row["lifted_by"].split("|")
        if row["reason"] == "free_text_opt_out":
            named = False  # a user lifts it by rejecting the review, and in no other way
        reaches = not row["min_role"] or ROLES.index(role) >= ROLES.index(row["min_role"])
        verdict = policy.may_lift(rule, source=source, role=role, note="they asked")
        expected = None if named and reaches else "role_required" if named else "dnd_locked"
        assert (verdict and verdict[0]) == expected
    for source in ["contact", "workflow", "sync", "provider", "import"]:
        verdict = policy.may_lift(rule, source=source, role=None, note="")
        assert (verdict is None) == (source in row["lifted_by"].split("|")), source


@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if r["note_to_lift"] == "yes"],
    ids=lambda row: row["reason"],
)
def test_a_lift_that_needs_a_note_is_refused_without_one(row):
    rule = rules()[row["reason"]]
    verdict = policy.may_lift(rule, source="user", role="enterprise", note="  ", reviewed=True)
    assert verdict is not None
    assert verdict[0] == "note_required"
    assert policy.may_lift(rule, source="user", role="enterprise", note="validated", reviewed=True) is None


def test_a_rejected_review_lets_a_manager_lift_what_was_read_as_an_opt_out():
    rule = rules()["free_text_opt_out"]
    assert policy.may_lift(rule, source="user", role="manager", note="no opt-out", reviewed=True) is None
    denied = policy.may_lift(rule, source="user", role="staff", note="no opt-out", reviewed=True)
    assert denied is not None
    assert denied[0] == "role_required"


def test_one_ground_that_stays_keeps_the_whole_channel_blocked():
    position = Position.of(
        [
            Held("outbound", "sms", "user_request"),
            Held("outbound", "sms", "stop_keyword"),
        ]
    )
    refused = policy.refusals(position, Wish(outbound={"sms": False}), source="user", role="enterprise")
    assert [(r.code, r.channel) for r in refused] == [("dnd_locked", "sms")]
    assert refused[0].why == "Only the contact can lift this, by texting START."


def test_freeing_comes_before_blocking_and_each_line_has_its_own_scope():
    position = Position.of([Held("outbound", "email", "user_request")])
    lines = policy.plan(position, Wish(outbound={"sms": True, "email": False}))
    assert [(x.kind, x.enabled, x.scope, x.channels) for x in lines] == [
        ("changed", False, "all", ("email",)),
        ("changed", True, "specific", ("sms",)),
    ]


def test_the_last_channel_makes_the_scope_all_though_only_it_changed():
    position = Position.of(
        [Held("outbound", c, "user_request") for c in ("call", "sms", "email", "whatsapp", "facebook")]
    )
    (line,) = policy.plan(position, Wish(outbound={"gmb": True}))
    assert (line.scope, line.channels) == ("all", ("gmb",))


def test_a_second_reason_reinforces_and_the_same_reason_does_nothing():
    position = Position.of([Held("outbound", "sms", "user_request")])
    assert policy.plan(position, Wish(outbound={"sms": True})) == []
    lines = policy.plan(position, Wish(outbound={"sms": True, "call": True}, reason="dnc_list"))
    assert [(x.kind, x.channels) for x in lines] == [
        ("changed", ("call",)),
        ("reinforced", ("sms",)),
    ]


def test_taking_one_of_two_grounds_away_weakens():
    position = Position.of([Held("outbound", "sms", "user_request"), Held("outbound", "sms", "dnc_list")])
    (line,) = policy.lift(position, "outbound", [("sms", "dnc_list")])
    assert (line.kind, line.enabled, line.channels) == ("weakened", False, ("sms",))


@pytest.mark.parametrize(
    ("reason", "source", "wish", "fits"),
    [
        ("user_request", "user", {"outbound": {"sms": True}}, True),
        ("user_request", "user", {"inbound": {"sms": True}}, True),
        ("stop_keyword", "api", {"outbound": {"sms": True}}, True),
        ("stop_keyword", "user", {"outbound": {"sms": True}}, False),
        ("stop_keyword", "api", {"outbound": {"email": True}}, False),
        ("email_unsubscribe", "api", {"outbound": {"email": True}}, True),
        ("email_unsubscribe", "api", {"inbound": {"sms": True}}, False),
        ("carrier_blocked", "api", {"outbound": {"sms": True}}, False),
        ("dnc_list", "workflow", {"outbound": {"call": True}}, True),
        ("nonsense", "user", {"outbound": {"call": True}}, False),
        ("user_request", "api", {"inbound": {"sms": False}, "outbound": {"sms": False}}, True),
        ("email_unsubscribe", "api", {"outbound": {"email": False}}, True),
        ("stop_keyword", "api", {"outbound": {"call": False}}, False),
        ("email_bounce", "api", {"outbound": {"email": False}}, False),
        ("email_bounce", "user", {"outbound": {"email": False}}, False),
        ("email_bounce", "api", {"do_not_contact": True}, False),
        ("stop_keyword", "contact", {"outbound": {"call": False}}, True),
        ("email_bounce", "contact", {"outbound": {"email": False}}, True),
    ],
)
def test_a_reason_is_set_only_by_whom_and_where_the_table_allows(reason, source, wish, fits):
    assert (policy.unfit(Wish(reason=reason, **wish), source=source) is None) == fits


def test_the_strongest_reason_never_depends_on_the_order():
    assert strongest(["user_request", "stop_keyword", "email_complaint"]) == "email_complaint"
    assert strongest(["stop_keyword", "email_complaint", "user_request"]) == "email_complaint"


@pytest.mark.parametrize(
    ("source", "role", "allowed", "synced", "code"),
    [
        ("user", "enterprise", True, False, None),
        ("user", "manager", True, False, "role_required"),
        ("api", "staff", True, False, "role_required"),
        ("user", "enterprise", False, False, "do_not_contact_off"),
        ("user", "enterprise", True, True, "owned_by_record_system"),
        ("sync", None, False, True, None),
    ],
)
def test_who_may_flip_do_not_contact(source, role, allowed, synced, code):
    verdict = policy.may_switch(source=source, role=role, allowed=allowed, synced=synced)
    assert (verdict and verdict[0]) == code
