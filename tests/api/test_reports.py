"""The report on opt-outs, over REST, as a page and as CSV."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from compliance.models import FeedbackEvent, Statement
from contacts import locks
from contacts.actors import Actor
from dnd import services as dnd
from dnd.models import Change
from messaging.models import Message
from tests.factories import STAFF, ContactFactory, MembershipFactory, block

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def stop(contact, number, provider_id="SM1"):
    dnd.change_address(
        business=contact.business,
        channel="sms",
        address=number,
        block=True,
        by=Actor.contact(),
        reason="stop_keyword",
        evidence_ids=[provider_id],
    )


def message(contact, channel, state="sent", message_class="automation"):
    return Message.objects.create(
        business=contact.business,
        contact=contact,
        channel=channel,
        message_class=message_class,
        lane="interactive",
        state=state,
        decided_version=0,
        due_at=NOW,
        expires_at=NOW,
        created_at=NOW,
        called_at=None if state == "dropped" else locks.now(),
    )


@pytest.fixture
def contact(business):
    return ContactFactory(business=business, phone="+14155550100", email="ada@example.org")


def counts(body, what):
    return {row[what]: row["count"] for row in body["opt_outs"][f"by_{what}"]}


def test_opt_outs_are_counted_by_day_channel_reason_and_source(api, business, contact, as_role):
    block(contact, "email", "call")
    stop(contact, "+14155550100")
    block(ContactFactory(business=business), "email")
    block(ContactFactory(), "email")
    dnd.change_one(business=business, contact=contact.pk, wish=dnd.Wish(outbound={"call": False}), by=STAFF)

    body = as_role("staff", business).get("reports/dnd/").body
    assert body["opt_outs"]["total"] == 4
    assert counts(body, "channel") == {"email": 2, "call": 1, "sms": 1}
    assert counts(body, "reason") == {"user_request": 3, "stop_keyword": 1}
    assert counts(body, "source") == {"user": 3, "contact": 1}
    days = body["opt_outs"]["by_day"]
    assert len(days) == 30
    assert days[-1]["day"] == body["last"]
    assert sum(day["count"] for day in days[-2:]) == 4


def test_a_day_is_that_of_the_business(api, business, contact):
    """Half past eleven in the evening in New York is the next day in Greenwich."""
    block(contact, "sms")
    moment = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
    _move(moment)
    body = api.get("reports/dnd/?first=2026-11-19&last=2026-11-20").body
    assert [(d["day"], d["count"]) for d in body["opt_outs"]["by_day"]] == [
        ("2026-11-19", 1),
        ("2026-11-20", 0),
    ]


def _move(moment):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE dnd_change SET recorded_at = %s", [moment])
        cursor.execute("UPDATE dnd_effective SET at = %s", [moment + timedelta(seconds=1)])
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_the_time_runs_from_when_it_was_said_or_reached_us(api, business, contact):
    stop(contact, "+14155550100", "SM1")
    effective = Change.objects.get().effective.at
    Statement.objects.create(
        business=business,
        channel="sms",
        address="+14155550100",
        says="opt_out",
        reason="stop_keyword",
        provider_id="SM1",
        received_at=effective - timedelta(seconds=2),
        said_at=effective - timedelta(seconds=5),
        clock="provider",
        state="in_force",
    )
    effect = api.get("reports/dnd/").body["effective"]
    assert effect == {"count": 1, "waiting": 0, "median": 5.0, "p99": 5.0, "worst": 5.0}

    block(ContactFactory(business=business), "email")
    effect = api.get("reports/dnd/").body["effective"]
    assert (effect["count"], effect["median"], effect["worst"]) == (2, 2.5, 5.0)


def test_rates_are_of_what_was_really_sent(api, business, contact):
    for state in ["sent"] * 6 + ["delivered"] * 2 + ["failed"] * 2 + ["dropped"] * 5:
        message(contact, "sms", state)
    message(contact, "sms", message_class="system")
    message(ContactFactory(), "sms")
    for _ in range(4):
        message(contact, "email")
    stop(contact, "+14155550100")
    block(contact, "email")
    FeedbackEvent.objects.create(
        business=business,
        connection=1,
        esp="ses",
        provider_id="1",
        received_at=NOW,
        due_at=NOW,
        state="done",
        kind="complaint",
        address="ada@example.org",
        at=locks.now(),
    )
    rates = {(r["channel"], r["kind"]): r for r in api.get("reports/dnd/").body["rates"]}
    assert (rates["sms", "opt_out"]["count"], rates["sms", "opt_out"]["of"]) == (1, 10)
    assert (rates["sms", "error"]["value"], rates["sms", "error"]["state"]) == (0.2, "stop")
    assert rates["email", "opt_out"]["count"] == 0
    assert (rates["email", "complaint"]["value"], rates["email", "complaint"]["state"]) == (0.25, "stop")
    assert (rates["email", "complaint"]["warn_at"], rates["email", "complaint"]["stop_at"]) == (0.001, 0.003)


def test_nothing_at_all_is_a_report_too(api):
    body = api.get("reports/dnd/").body
    assert body["opt_outs"]["total"] == body["open_reviews"] == 0
    assert body["effective"]["median"] is None
    assert {rate["state"] for rate in body["rates"]} == {"fine"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("first=2026-02-30", "first"),
        ("first=yesterday", "first"),
        ("first=2026-11-21&last=2026-11-20", "last"),
        ("first=2020-01-01&last=2026-11-20", "first"),
        ("from=2026-11-20", "from"),
        ("last=9999-12-31", "last"),
        ("first=9999-12-30&last=9999-12-30", "first,last"),
        ("first=2999-01-01", "first"),
    ],
)
def test_days_that_are_none_are_refused(api, query, field):
    answer = api.get(f"reports/dnd/?{query}")
    assert (answer.status, ",".join(answer.fields)) == (400, field)


@pytest.mark.parametrize("last", ["0001-01-01", "0001-01-20", "1900-01-01"])
def test_days_long_ago_have_nothing(api, last):
    answer = api.get(f"reports/dnd/?last={last}")
    assert (answer.status, answer.body["last"], answer.body["opt_outs"]["total"]) == (200, last, 0)


def test_a_first_day_in_the_future_is_blamed_itself(api):
    answer = api.get("reports/dnd/?first=2999-01-01")
    assert answer.body["errors"] == [
        {
            "field": "first",
            "code": "invalid",
            "detail": "This is in the future: give `last` too, or an earlier day.",
        }
    ]


@pytest.fixture
def desk(business):
    person = MembershipFactory(business=business, role="staff").user
    client = Client()
    client.force_login(person)
    return client


def test_the_page_has_a_table_beside_each_chart_and_the_csv_the_same_figures(desk, business, contact):
    block(contact, "email", "call")
    stop(contact, "+14155550100")
    page = desk.get("/admin/reports/").content.decode()
    assert page.count('<svg class="desk-chart') == 4
    assert page.count("<caption") == 5
    assert "Texted STOP" in page
    text = b"".join(desk.get("/admin/reports/csv/").streaming_content).decode()
    lines = [line.split(",") for line in text.splitlines()]
    assert lines[0] == ["day", "channel", "reason", "source", "count"]
    assert sorted(line[1:] for line in lines[1:]) == [
        ["call", "user_request", "user", "1"],
        ["email", "user_request", "user", "1"],
        ["sms", "stop_keyword", "contact", "1"],
    ]


def test_days_that_do_not_fit_are_said_at_their_field(desk):
    response = desk.get("/admin/reports/?first=2026-11-21&last=2026-11-20")
    assert response.status_code == 422
    assert "before the first day" in response.content.decode()
