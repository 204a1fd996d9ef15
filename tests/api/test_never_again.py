"""From an empty business to a lead that nobody reaches again, over REST: each way is stopped, with its reason."""

import pytest

from contacts import locks
from contacts.models import Contact
from dnd import services as dnd
from dnd.models import DncEntry
from messaging.broadcasting import queueing
from messaging.models import Broadcast, Message
from tests.factories import ContactFactory
from tests.messaging.conftest import connected, deliver, provider  # noqa: F401 - a fixture
from tests.workflows.building import work

pytestmark = pytest.mark.django_db
PHONE = "+14155550100"


@pytest.fixture
def business(business):
    return connected(business)


@pytest.fixture
def pipeline(api):
    return api.post("pipelines/", {"name": "Leads", "record_type": "lead"}).body["id"]


@pytest.fixture
def ids(api, pipeline):
    """The statuses by name: five that are worked on, and a dead one."""
    names = {"New": "new", "Called": "open", "Visited": "open", "Booked": "appointment", "Won": "won"}
    return {
        name: api.post(f"pipelines/{pipeline}/statuses/", {"name": name, "system_status": meaning}).body["id"]
        for name, meaning in {**names, "Lost": "dead"}.items()
    }


@pytest.fixture
def action(api, ids):
    data = {
        "name": "Do Not Contact",
        "category": "do not contact",
        "operations": [
            {"kind": "add_to_dnc", "channels": "all", "note": "asked on the phone"},
            {"kind": "change_status", "status": ids["Lost"]},
        ],
    }
    return api.post(f"statuses/{ids['New']}/actions/", data).body


@pytest.fixture
def lead(api, ids):
    made = api.post("contacts/", {"first_name": "Ada", "phone": PHONE, "email": "ada@example.org"}).body["id"]
    api.put(f"contacts/{made}/status/", {"status": ids["New"]})
    return made


def everything_due():
    while queueing.queue_due() or deliver("bulk"):
        Broadcast.objects.filter(state="sending").update(due_at=locks.now())
    while deliver("interactive"):
        pass


def test_one_press_and_nothing_reaches_the_lead_or_its_number_again(
    api,
    business,
    ids,
    action,
    lead,
    provider,  # noqa: F811
):
    copied = api.post(
        f"actions/{action['id']}/copy/",
        {"statuses": [ids[name] for name in ("Called", "Visited", "Booked", "Won")], "on_conflict": "skip"},
    )
    assert (copied.status, [one["result"] for one in copied.body["results"]]) == (200, ["created"] * 4)
    assert action["warnings"] == []

    ran = api.post(f"contacts/{lead}/actions/{action['id']}/run/")
    assert (ran.status, ran.body["changed"], ran.body["status_name"]) == (200, True, "New")
    assert [one["outcome"] for one in ran.body["results"]] == ["done", "done"]
    assert api.get(f"contacts/{lead}/").body["status"] == ids["Lost"]
    again = api.post(f"contacts/{lead}/actions/{action['id']}/run/").body
    assert (again["id"], again["changed"]) == (ran.body["id"], False)

    second = api.post("contacts/", {"first_name": "Bea", "phone": PHONE}).body["id"]
    dnd.screen_new_addresses()
    assert api.get(f"contacts/{second}/dnd/").body["outbound"]["sms"]["reason"] == "dnc_list"

    steps = [{"kind": "send_sms", "body": "Hello"}, {"kind": "send_email", "subject": "Hi", "body": "Hello"}]
    flow = api.post("workflows/", {"name": "Hello", "steps": steps}).body["id"]
    api.post(f"workflows/{flow}/publish/")
    entered = api.post(f"workflows/{flow}/enrollments/", {"contact": lead}).body["id"]
    work()
    runs = api.get(f"enrollments/{entered}/").body["step_runs"]
    assert [(one["outcome"], one["reason"]) for one in runs] == [
        ("skipped", "dnd:sms:dnc_list"),
        ("skipped", "dnd:email:dnc_list"),
    ]

    ContactFactory(business=business, first_name="Cy", phone="+14155550177")
    audience = {"name": "News", "audience": {}, "text": "Hello"}
    broadcast = api.post("broadcasts/", audience).body["id"]
    api.post(f"broadcasts/{broadcast}/send/")
    everything_due()
    messages = {one["contact"]: one for one in api.get(f"messages/?broadcast={broadcast}").body["results"]}
    assert messages[second]["reason"] == "dnd:sms:dnc_list"
    assert lead not in messages, "contacts in dead statuses are in no audience unless they are asked for"

    for contact in (lead, second):
        refused = api.post("messages/", {"contact": contact, "channel": "sms", "body": "Hello"})
        assert (refused.status, refused.code) == (409, "dnd_active")
    sent = Message.objects.filter(state__in=["sent", "delivered"]).values_list(
        "contact__first_name", flat=True
    )
    assert list(sent) == ["Cy"]
    assert len(provider.letters) == 1
    dnd.count_hits()
    (entry,) = api.get(f"dnc-list/?contact={lead}").body["results"]
    assert (entry["action"], entry["note"]) == ("Do Not Contact", "asked on the phone")
    # The second lead that came with the number, two steps of the workflow, the broadcast, and two messages by hand.
    assert (entry["times_hit"], entry["last_hit_at"] is None) == (6, False)


def test_staff_run_an_action_and_write_none(as_role, business, action, ids, lead):
    staff = as_role("staff", business)
    made = {"name": "Mine", "operations": [{"kind": "add_tag", "tag": "x"}]}
    refused = staff.post(f"statuses/{ids['New']}/actions/", made)
    assert (refused.status, refused.code) == (403, "role_required")
    assert staff.get(f"statuses/{ids['New']}/actions/").body["results"][0]["name"] == "Do Not Contact"
    assert staff.post(f"contacts/{lead}/actions/{action['id']}/run/").body["changed"]


def test_a_status_may_name_who_runs_its_actions(as_role, api, business, action, ids, lead):
    api.patch(f"statuses/{ids['New']}/", {"roles": ["manager"]})
    run = f"contacts/{lead}/actions/{action['id']}/run/"
    assert as_role("staff", business).post(run).code == "role_required"
    assert as_role("manager", business).post(run).status == 200


def test_a_template_across_record_types_is_refused_and_says_why(api, action, ids):
    other = api.post("pipelines/", {"name": "Patients", "record_type": "patient"}).body["id"]
    treated = api.post(f"pipelines/{other}/statuses/", {"name": "Treated"}).body["id"]
    refused = api.post(f"actions/{action['id']}/copy/", {"statuses": [ids["Called"], treated]})
    assert (refused.status, refused.code) == (409, "other_record_type")
    assert "for the record type lead" in refused.body["detail"]
    assert api.get(f"statuses/{ids['Called']}/actions/").body["results"] == []


def test_lifting_needs_a_manager_and_a_note(as_role, api, business, action, lead):
    api.post(f"contacts/{lead}/actions/{action['id']}/run/")
    lift = {"outbound": {"sms": False}}
    assert (
        as_role("staff", business).patch(f"contacts/{lead}/dnd/", {**lift, "note": "x"}).code
        == "role_required"
    )
    assert api.patch(f"contacts/{lead}/dnd/", lift).code == "note_required"
    (entry,) = api.get(f"dnc-list/?contact={lead}").body["results"]
    without = api.post(f"dnc-list/{entry['id']}/lift/", {"note": " "})
    assert (without.status, without.code) == (422, "note_required")
    assert api.patch(f"contacts/{lead}/dnd/", {**lift, "note": "she called and asked for it"}).status == 200


def test_what_cannot_be_run_says_why(api, action, ids, lead):
    nobody = api.post("contacts/", {"first_name": "Di"}).body["id"]
    refused = api.post(f"contacts/{nobody}/actions/{action['id']}/run/")
    assert (refused.status, refused.code) == (409, "no_status")
    api.put(f"contacts/{nobody}/status/", {"status": ids["Won"]})
    assert api.post(f"contacts/{nobody}/actions/{action['id']}/run/").code == "other_status"
    api.patch(f"statuses/{ids['New']}/", {"archived": True})
    assert api.post(f"contacts/{lead}/actions/{action['id']}/run/").code == "status_archived"
    assert not DncEntry.objects.exists()


def test_an_action_is_read_rewritten_and_removed(api, action, ids, lead):
    assert api.get(f"actions/{action['id']}/").body == action
    changed = api.patch(
        f"actions/{action['id']}/", {"operations": [{"kind": "add_to_dnc", "channels": ["texts"]}]}
    )
    assert changed.body["operations"][0]["channels"] == ["sms", "whatsapp", "facebook", "gmb"]
    assert "It moves nowhere" in changed.body["warnings"][0]
    assert api.delete(f"actions/{action['id']}/").status == 204
    assert api.get(f"actions/{action['id']}/").status == 404
    assert Contact.objects.get(pk=lead).status_id == int(ids["New"])
