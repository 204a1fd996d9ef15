"""Changing DND for many contacts over REST."""

import csv
import io

import pytest

from contacts.actors import Actor
from contacts.services import jobs
from tests.factories import ContactFactory, block


def run(api, answer):
    assert (answer.status, list(answer.body)) == (202, ["job"])
    jobs.run_due(60)
    return api.get(f"jobs/{answer.body['job']}/").body


def test_a_filter_is_answered_by_a_job_that_blocks_whoever_meets_it(api, as_role, business):
    hit = ContactFactory(business=business, first_name="Grace")
    missed = ContactFactory(business=business)
    manager = as_role("manager", business)

    job = run(api, manager.post("dnd/bulk/", {"filter": {"search": "grace"}, "outbound": {"all": True}}))

    assert (job["state"], job["total"], job["changed"]) == ("done", 1, 1)
    assert api.get(f"contacts/{hit.pk}/").body["dnd_state"] == "on"
    assert api.get(f"contacts/{missed.pk}/").body["dnd_state"] == "off"
    change = api.get(f"contacts/{hit.pk}/dnd/changes/").body["results"][0]
    assert (change["source"], change["actor"], change["scope"]) == ("api", "manager key", "all")


def test_what_a_program_blocked_it_frees_and_the_rest_is_in_the_file(api, business):
    one, other = ContactFactory(business=business), ContactFactory(business=business)
    api.patch(f"contacts/{one.pk}/dnd/", {"outbound": {"sms": True}})
    block(other, "sms", reason="stop_keyword", by=Actor.contact())
    body = {"contacts": [str(one.pk), str(other.pk)], "outbound": {"sms": False}, "note": "signed"}

    answer = api.post("dnd/bulk/", body)
    job = run(api, answer)

    assert (job["done"], job["changed"], job["refused"]) == (2, 1, 1)
    lines = list(csv.DictReader(io.StringIO(api.get(f"jobs/{answer.body['job']}/refused.csv").body)))
    assert [(line["contact"], line["code"]) for line in lines] == [(str(other.pk), "dnd_locked")]
    assert "texting START" in lines[0]["detail"]


def test_freeing_without_a_note_is_refused(api, business):
    answer = api.post("dnd/bulk/", {"filter": {}, "outbound": {"sms": False}, "inbound": {"all": True}})

    assert (answer.status, answer.code, answer.fields) == (422, "note_required", ["outbound.sms"])


@pytest.mark.parametrize("body", [{}, {"filter": {}, "outbound": {"sms": True}}, None])
def test_staff_are_refused_whatever_they_send(as_role, business, body):
    answer = as_role("staff", business).post("dnd/bulk/", body)

    assert (answer.status, answer.code) == (403, "role_required")
