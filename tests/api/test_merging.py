"""Merging over REST: one address answers for both, the other is gone and says nothing any more."""

import pytest

from tests.factories import ContactFactory, block


@pytest.fixture
def pair(business):
    winner = ContactFactory(business=business, phone="+14155550101", email="one@example.org")
    loser = ContactFactory(business=business, phone="+14155550102", email="two@example.org")
    return str(winner.pk), str(loser.pk)


def test_a_merge_answers_with_the_contact_as_it_is_now(api, pair):
    winner, loser = pair
    api.post(f"contacts/{loser}/tags/", {"add": ["vip"]})
    api.patch(f"contacts/{loser}/dnd/", {"outbound": {"sms": True}})

    answer = api.post(f"contacts/{winner}/merge/", {"from": loser})

    assert answer.status == 200
    assert answer.body["id"] == winner
    assert [phone["number"] for phone in answer.body["phones"]] == ["+14155550101", "+14155550102"]
    assert (answer.body["email"], answer.body["tags"]) == ("one@example.org", ["vip"])
    assert answer.body["dnd_state"] == "partial"
    gone = api.get(f"contacts/{loser}/")
    assert (gone.status, gone.code) == (404, "not_found")
    assert gone.body["detail"] == f"This contact is part of contact {winner} now."
    assert api.get("contacts/").body["results"] == [answer.body]


def test_the_history_has_both(api, pair):
    winner, loser = pair
    api.patch(f"contacts/{loser}/dnd/", {"outbound": {"sms": True}})
    api.patch(f"contacts/{loser}/dnd/", {"outbound": {"sms": True}, "reason": "stop_keyword"})
    api.post(f"contacts/{winner}/merge/", {"from": loser})
    summaries = [item["summary"] for item in api.get(f"contacts/{winner}/timeline/").body["results"]]
    assert summaries.count("DND enabled by api for SMS") == 2
    assert summaries.count("DND enabled by api for SMS (a further reason)") == 2
    assert any(summary.startswith("Merged with Ada Byron") for summary in summaries)


def test_fields_of_the_other_are_taken_where_that_is_asked_for(api, pair):
    winner, loser = pair
    answer = api.post(f"contacts/{winner}/merge/", {"from": loser, "take": ["email"]})
    assert answer.body["email"] == "two@example.org"


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({}, 400, ["from"]),
        ({"from": 1}, 400, ["from"]),
        ({"from": "999999"}, 404, ["from"]),
        ({"from": "{winner}"}, 400, ["from"]),
        ({"from": "{loser}", "take": ["dnd"]}, 400, ["take.0"]),
        ({"from": "{loser}", "keep": []}, 400, ["keep"]),
    ],
)
def test_mistakes_name_the_field(api, pair, body, status, fields):
    winner, loser = pair
    body = {k: v.format(winner=winner, loser=loser) if isinstance(v, str) else v for k, v in body.items()}
    answer = api.post(f"contacts/{winner}/merge/", body)
    assert (answer.status, answer.fields) == (status, fields)
    assert api.get(f"contacts/{loser}/").status == 200


def test_once_merged_is_merged(api, pair):
    winner, loser = pair
    api.post(f"contacts/{winner}/merge/", {"from": loser})
    again = api.post(f"contacts/{winner}/merge/", {"from": loser})
    assert (again.status, again.code) == (409, "already_merged")
    assert again.body["detail"] == "This contact was merged into this one already."
    assert api.post(f"contacts/{loser}/merge/", {"from": winner}).status == 404


def test_another_business_s_contact_is_not_there(api, pair, elsewhere):
    theirs = ContactFactory(business=elsewhere)
    block(theirs, "sms")
    answer = api.post(f"contacts/{pair[0]}/merge/", {"from": str(theirs.pk)})
    assert (answer.status, answer.fields) == (404, ["from"])
    theirs.refresh_from_db()
    assert theirs.deleted_at is None


def test_who_has_become_part_of_another_is_not_there_for_a_change_of_dnd(api, pair):
    winner, loser = pair
    api.post(f"contacts/{winner}/merge/", {"from": str(loser)})

    answer = api.patch(f"contacts/{loser}/dnd/", {"outbound": {"sms": True}})

    assert answer.status == 404
    assert api.get(f"contacts/{winner}/dnd/").body["outbound"]["sms"]["enabled"] is False
