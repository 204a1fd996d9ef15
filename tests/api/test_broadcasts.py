"""Broadcasts over REST, from the draft to its last message."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import locks
from messaging.broadcasting import queueing
from messaging.models import Broadcast, Message
from tests.factories import ContactFactory, block
from tests.messaging.conftest import connected, deliver, provider  # noqa: F401 - a fixture

EMAIL = {"subject": "News", "body": "Hello {{contact.name}}"}


@pytest.fixture
def business(business):
    return connected(business)


@pytest.fixture
def people(business):
    ada, bea = (ContactFactory(business=business, first_name=name) for name in ("Ada", "Bea"))
    return ada, bea, ContactFactory(business=business, first_name="Cy", phone=False)


@pytest.fixture
def made(api, people):
    answer = api.post("broadcasts/", {"name": "News", "audience": {}, "text": "Hello", "email": EMAIL})
    assert answer.status == 201, answer.body
    return answer.body


def work():
    while queueing.queue_due() or deliver("bulk"):
        Broadcast.objects.filter(state="sending").update(due_at=locks.now())


def test_a_draft_is_shown_as_it_was_written(api, made):
    shown = api.get(f"broadcasts/{made['id']}/").body

    assert shown == made
    assert (shown["state"], shown["kind"], shown["audience"], shown["progress"]) == (
        "draft",
        "broadcast",
        {},
        None,
    )
    assert (shown["text"], shown["call"], shown["email"], shown["window"]) == ("Hello", "", EMAIL, None)
    assert api.get("broadcasts/").body["results"] == [made]


def test_its_audience_comes_back_as_it_was_given(api, people):
    audience = {"search": "Ada", "dnd_state": "off", "do_not_contact": False}
    made = api.post("broadcasts/", {"name": "B", "audience": audience, "text": "Hello"}).body

    assert api.get(f"broadcasts/{made['id']}/").body["audience"] == audience


def test_the_preview_counts_by_outcome_and_reason(api, made, people):
    ada, bea, cy = people
    block(bea, "sms", "email", reason="user_request")

    seen = api.post(f"broadcasts/{made['id']}/preview/").body

    assert (seen["total"], seen["left_out_dead"], seen["later"]) == (3, 0, 0)
    assert seen["outcomes"] == {"text": 1, "call": 0, "email": 1, "none": 1}
    assert seen["reasons"] == {"dnd:sms:user_request": 1}
    examples = {group["outcome"]: group["examples"][0]["id"] for group in seen["groups"]}
    assert examples == {"text": str(ada.pk), "email": str(cy.pk), "none": str(bea.pk)}
    assert not Message.objects.exists()


def test_the_preview_of_a_campaign_says_when_its_window_opens(api, people, business):
    zone = ZoneInfo(business.timezone)
    opens = 15 if locks.now().astimezone(zone).hour < 12 else 3
    hours = {"opens": f"{opens:02}:00", "closes": f"{opens:02}:30"}
    campaign = {"name": "C", "kind": "campaign", "audience": {}, "text": "Hello", "window": hours}
    made = api.post("broadcasts/", campaign).body

    seen = api.post(f"broadcasts/{made['id']}/preview/").body

    opens_at = datetime.fromisoformat(seen["opens_at"])
    assert seen["later"] == seen["outcomes"]["text"] == 2
    assert opens_at > locks.now()
    assert f"{opens_at.astimezone(zone):%H:%M}" == hours["opens"]


def test_it_is_sent_and_shows_how_far_it_is(api, made, people, provider):  # noqa: F811
    block(people[1], "sms", "email")
    answer = api.post(f"broadcasts/{made['id']}/send/")
    assert (answer.status, answer.body["state"], answer.body["progress"]["undecided"]) == (200, "sending", 3)
    work()

    progress = api.get(f"broadcasts/{made['id']}/").body["progress"]
    assert (progress["total"], progress["sent"], progress["dropped"]) == (3, 2, 1)
    assert progress["reasons"] == {"dnd:sms:user_request": 1}
    messages = api.get(f"messages/?broadcast={made['id']}").body["results"]
    assert {message["broadcast"] for message in messages} == {made["id"]}
    assert {message["message_class"] for message in messages} == {"broadcast"}
    assert len(provider.letters) == 2


def test_a_page_of_many_asks_the_database_no_more_often_than_one_of_few(api, people):
    asked = []
    for more in (2, 10):
        for number in range(more):
            made = api.post("broadcasts/", {"name": f"B{number}", "audience": {}, "text": "Hello"}).body
            api.post(f"broadcasts/{made['id']}/send/")
        while queueing.queue_due():
            pass
        with CaptureQueriesContext(connection) as queries:
            shown = api.get("broadcasts/").body["results"]
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert [one["progress"]["queued"] for one in shown] == [2] * 12
    assert shown[3] == api.get(f"broadcasts/{shown[3]['id']}/").body


def test_it_can_be_sent_later_paused_resumed_and_cancelled(api, made, people):
    address = f"broadcasts/{made['id']}"
    at = (locks.now() + timedelta(hours=1)).isoformat()
    assert api.post(f"{address}/send/", {"at": at}).body["state"] == "scheduled"
    assert api.post(f"{address}/pause/").code == "not_sending"
    Broadcast.objects.update(due_at=locks.now())
    queueing.queue_due()

    for act, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        assert api.post(f"{address}/{act}/").body["state"] == state
    assert (api.post(f"{address}/cancel/").status, api.post(f"{address}/send/").code) == (409, "not_a_draft")


def test_a_draft_is_changed_and_thrown_away_and_what_was_sent_is_not(api, made, people):
    address = f"broadcasts/{made['id']}/"
    changed = api.patch(address, {"email": None, "kind": "campaign", "per_minute": 5}).body
    assert (changed["email"], changed["kind"], changed["per_minute"]) == (None, "campaign", 5)
    api.post(f"{address}send/")
    assert (api.patch(address, {"name": "x"}).code, api.delete(address).code) == (
        "not_a_draft",
        "not_a_draft",
    )

    other = api.post("broadcasts/", {"name": "B", "audience": {}, "text": "Hello"}).body
    assert api.delete(f"broadcasts/{other['id']}/").status == 204
    assert api.get(f"broadcasts/{other['id']}/").status == 404


def test_an_audience_of_nobody_is_refused_naming_it(api, people):
    made = api.post("broadcasts/", {"name": "B", "audience": {"tag": "nobody"}, "text": "Hello"}).body
    answer = api.post(f"broadcasts/{made['id']}/send/")

    assert (answer.status, answer.fields) == (400, ["audience"])
    assert "Nobody is in this audience" in answer.body["detail"]


def test_email_to_many_without_a_postal_address_is_refused(api, business):
    business.address = ""
    business.save()
    answer = api.post("broadcasts/", {"name": "B", "audience": {}, "email": EMAIL})

    assert (answer.status, answer.fields) == (400, ["email"])
    assert "postal address" in answer.body["detail"]


def test_a_time_that_could_not_be_shown_again_is_refused(api, made):
    answer = api.post(f"broadcasts/{made['id']}/send/", {"at": "9999-12-31T23:59:59Z"})

    assert (answer.status, answer.fields) == (400, ["at"])
    assert api.get("broadcasts/").body["results"] == [made]


@pytest.mark.parametrize(
    ("copy", "field"),
    [
        ({"text": "   "}, "text"),
        ({"text": "  ", "email": EMAIL}, "text"),
        ({"text": "Hello", "email": {"subject": "s", "body": " "}}, "email.body"),
    ],
)
def test_blanks_are_no_copy(api, copy, field):
    answer = api.post("broadcasts/", {"name": "B", "audience": {}} | copy)

    assert (answer.status, answer.fields) == (400, [field])
    assert not Broadcast.objects.exists()
