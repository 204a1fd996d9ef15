"""Pipelines, their statuses, and contacts that move through them."""

import pytest

from contacts.models import Contact, Event
from contacts.services import statuses
from tests.factories import MANAGER, ContactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline(api):
    return api.post("pipelines/", {"name": "Leads", "record_type": "Lead"}).body["id"]


@pytest.fixture
def add(api, pipeline):
    """`add("New")`: a status of the pipeline; its id."""

    def make(name, **more):
        return api.post(f"pipelines/{pipeline}/statuses/", {"name": name, **more}).body["id"]

    return make


def names(api, pipeline):
    return [status["name"] for status in api.get(f"pipelines/{pipeline}/statuses/").body["results"]]


def test_a_pipeline_is_of_a_record_type_however_it_is_written(api):
    made = api.post("pipelines/", {"name": "Leads", "record_type": "Lead"})
    own = api.post("pipelines/", {"name": "Members", "record_type": "Gym member"}).body
    again = api.post("pipelines/", {"name": "Old members", "record_type": "gym MEMBER"}).body
    assert (made.status, made.body["record_type"]) == (201, "lead")
    assert own["record_type"] == again["record_type"] == "Gym member"


def test_a_status_says_what_it_is(api, pipeline):
    status = {
        "name": "Lost", "system_status": "dead", "restricts_contact": True, "position": 0, "archived": False,
        "roles": ["manager"], "colour": "red",
    }  # fmt: skip
    made = api.post(f"pipelines/{pipeline}/statuses/", status)
    assert (made.status, made.body) == (201, {**status, "id": made.body["id"], "pipeline": pipeline})
    assert api.get(f"statuses/{made.body['id']}/").body == made.body


def test_statuses_come_in_their_order_page_by_page(api, pipeline, add):
    for name in "ABCDE":
        add(name)
    page = api.get(f"pipelines/{pipeline}/statuses/?page_size=2").body
    second = api.get(page["next"]).body
    last = api.get(second["next"]).body
    assert [[one["name"] for one in p["results"]] for p in (page, second, last)] == [
        ["A", "B"], ["C", "D"], ["E"],
    ]  # fmt: skip
    assert last["next"] is None
    assert api.get(last["previous"]).body["results"] == second["results"]


def test_a_status_takes_its_place_and_those_from_there_on_move_down(api, pipeline, add):
    for name in "ABC":
        add(name)
    last = add("D")
    assert api.patch(f"statuses/{last}/", {"position": 1}).body["position"] == 1
    assert names(api, pipeline) == ["A", "D", "B", "C"]


def test_a_contact_gets_a_status_and_its_timeline_says_so(api, business, add):
    contact = ContactFactory(business=business)
    new, open_ = add("New"), add("Open")
    assert api.put(f"contacts/{contact.pk}/status/", {"status": new}).body["status"] == new
    api.put(f"contacts/{contact.pk}/status/", {"status": open_})
    api.put(f"contacts/{contact.pk}/status/", {"status": open_})
    api.put(f"contacts/{contact.pk}/status/", {"status": None})

    told = [item["summary"] for item in api.get(f"contacts/{contact.pk}/timeline/").body["results"]]
    assert told == ["Status “Open” taken away", "Status changed from “New” to “Open”", "Status set to “New”"]
    event = Event.objects.filter(contact=contact).order_by("id")[1]
    assert (event.data["from"], event.data["to"], event.actor) == (int(new), int(open_), "enterprise key")
    assert api.get(f"contacts/?status={new}").body["results"] == []


def test_an_archived_status_takes_nobody_new_and_keeps_who_is_in_it(api, business, add):
    inside, outside = ContactFactory(business=business), ContactFactory(business=business)
    old = add("Old")
    api.put(f"contacts/{inside.pk}/status/", {"status": old})
    api.patch(f"statuses/{old}/", {"archived": True})

    refused = api.put(f"contacts/{outside.pk}/status/", {"status": old})
    assert (refused.status, refused.code) == (409, "status_archived")
    assert "“Old” is archived" in refused.body["detail"]
    assert api.put(f"contacts/{inside.pk}/status/", {"status": old}).status == 200
    api.patch(f"statuses/{old}/", {"archived": False})
    assert api.put(f"contacts/{outside.pk}/status/", {"status": old}).status == 200


def test_removing_a_status_asks_where_its_contacts_go(api, business, pipeline, add, monkeypatch):
    monkeypatch.setattr(statuses, "BATCH", 2)
    old, new = add("Old"), add("New")
    contacts = ContactFactory.create_batch(5, business=business)
    statuses.change(business=business, contacts=[c.pk for c in contacts], status=int(old), by=MANAGER)

    refused = api.delete(f"statuses/{old}/")
    assert (refused.status, refused.code) == (409, "status_has_contacts")
    assert "5 contacts are in this status" in refused.body["detail"]
    assert api.delete(f"statuses/{old}/?move_to={new}").status == 204
    assert Contact.objects.filter(status=int(new)).count() == 5
    assert names(api, pipeline) == ["New"]
    assert Event.objects.filter(summary="Status changed from “Old” to “New”").count() == 5


def test_contacts_of_a_removed_status_go_to_a_status_of_the_same_pipeline(api, pipeline, add):
    other = api.post("pipelines/", {"name": "Patients", "record_type": "patient"}).body["id"]
    elsewhere = api.post(f"pipelines/{other}/statuses/", {"name": "Treated"}).body["id"]
    status, closed = add("Old"), add("Closed", archived=True)
    for wrong in (elsewhere, status, "999999"):
        refused = api.delete(f"statuses/{status}/?move_to={wrong}")
        assert (refused.status, refused.fields) == (400, ["move_to"])
    assert api.delete(f"statuses/{status}/?move_to={closed}").code == "status_archived"
    assert names(api, pipeline) == ["Old", "Closed"]


def test_a_pipeline_with_contacts_is_not_removed(api, business, pipeline, add):
    contact = ContactFactory(business=business)
    api.put(f"contacts/{contact.pk}/status/", {"status": add("New")})
    refused = api.delete(f"pipelines/{pipeline}/")
    assert (refused.status, refused.code) == (409, "pipeline_has_contacts")
    api.put(f"contacts/{contact.pk}/status/", {"status": None})
    assert api.delete(f"pipelines/{pipeline}/").status == 204


def test_staff_move_contacts_but_do_not_make_statuses(as_role, business, pipeline, add):
    staff, new = as_role("staff", business), add("New")
    contact = ContactFactory(business=business)
    assert staff.put(f"contacts/{contact.pk}/status/", {"status": new}).status == 200
    assert staff.post(f"pipelines/{pipeline}/statuses/", {"name": "Mine"}).code == "role_required"
    assert staff.get(f"pipelines/{pipeline}/statuses/").status == 200


def test_two_pipelines_may_have_one_name(api):
    made = [api.post("pipelines/", {"name": "Leads"}) for _ in range(2)]

    assert [answer.status for answer in made] == [201, 201]
    assert made[0].body["id"] != made[1].body["id"]
