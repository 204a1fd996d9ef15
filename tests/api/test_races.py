"""Requests that meet: the loser gets the problem that it would have got a moment later."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from contacts.models import Business, Contact, Sync, Task
from contacts.services import keys
from dnd.models import DncEntry
from tests.api.client import Api
from tests.factories import BusinessFactory, ContactFactory
from workflows.models import ActionRun, Enrollment

AT_ONCE = 6


def together(ask):
    """What `ask` answers to each of several who ask at the same moment."""
    start = Barrier(AT_ONCE)

    def one(number):
        try:
            start.wait()
            return ask(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


@pytest.fixture
def key(transactional_db):
    business = BusinessFactory()
    key = keys.issue(business=business, role="enterprise", name="key")[1]
    Api(key).get("contacts/")  # reads the schema that answers are held against, once, before they meet
    return key


def test_an_external_id_is_given_once(key):
    for turn in range(5):
        answers = together(lambda _, turn=turn: Api(key).post("contacts/", {"external_id": f"MRN-{turn}"}))

        assert Counter(a.status for a in answers) == {201: 1, 409: AT_ONCE - 1}
        assert {a.code for a in answers if a.status == 409} == {"external_id_taken"}


def test_a_contact_is_enrolled_once(key):
    api = Api(key)
    workflow = api.post("workflows/", {"name": "Once", "steps": [{"kind": "wait", "for": "1d"}]}).body["id"]
    api.post(f"workflows/{workflow}/publish/")
    contact = ContactFactory(business=api_business(key))

    answers = together(
        lambda _: Api(key).post(f"workflows/{workflow}/enrollments/", {"contact": str(contact.pk)})
    )

    assert Counter(a.status for a in answers) == {201: 1, 409: AT_ONCE - 1}
    assert Enrollment.objects.count() == 1


def test_a_channel_gets_one_connection(key):
    config = {"account_sid": "AC" + "0" * 32, "auth_token": "secret", "from_number": "+14155550199"}
    body = {"channel": "sms", "driver": "twilio", "config": config}

    answers = together(lambda _: Api(key).post("connections/", body))

    assert Counter(a.status for a in answers) == {201: 1, 409: AT_ONCE - 1}


def test_everybody_s_change_of_dnd_counts_and_the_ledger_has_no_gap(key):
    contact = ContactFactory(business=api_business(key))
    channels = ["call", "sms", "email", "whatsapp", "facebook", "gmb"]

    answers = together(
        lambda n: Api(key).patch(f"contacts/{contact.pk}/dnd/", {"outbound": {channels[n]: True}})
    )

    assert {a.status for a in answers} == {200}
    state = Api(key).get(f"contacts/{contact.pk}/dnd/").body
    assert (state["state"], state["version"]) == ("on", AT_ONCE)


def synced(key):
    """A contact whose business is told of preferences by a record system."""
    business = api_business(key)
    Business.objects.filter(pk=business.pk).update(preferences_source="synced")
    return ContactFactory(business=business)


def test_a_message_of_the_record_system_counts_once(key):
    contact = synced(key)
    message = {"method": "dnc", "block": ["email"], "message_id": "81"}

    answers = together(lambda _: Api(key).put(f"contacts/{contact.pk}/preferences/", message))

    assert Counter(a.body["outcome"] for a in answers) == {"applied": 1, "repeated": AT_ONCE - 1}
    assert Sync.objects.count() == 1
    assert Api(key).get(f"contacts/{contact.pk}/dnd/").body["version"] == 2


def test_messages_of_the_record_system_that_meet_come_to_what_it_said_last(key):
    contact = synced(key)
    methods = ["dnc", "sms", "dnc", "sms", "dnc", "voice"]

    def say(number):
        sent_at = f"2026-11-20T09:0{number}:00Z"
        body = {"method": methods[number], "message_id": str(number), "sent_at": sent_at}
        return Api(key).put(f"contacts/{contact.pk}/preferences/", body)

    assert {answer.status for answer in together(say)} == {200}
    last = Api(key).put(f"contacts/{contact.pk}/preferences/", {})
    assert last.body["method"] == "voice"
    switch = Api(key).get(f"contacts/{contact.pk}/dnd/").body["do_not_contact"]
    assert (switch["enabled"], Sync.objects.count()) == (False, AT_ONCE + 1)


def test_a_contact_deleted_meanwhile_is_gone_for_everybody(key):
    contact = ContactFactory(business=api_business(key))
    path = f"contacts/{contact.pk}/"
    bodies = [{"first_name": "Bea"}, {"tags": ["x"]}, {"email": "b@example.org"}]

    def ask(number):
        return Api(key).delete(path) if number % 2 else Api(key).patch(path, bodies[number // 2])

    assert {answer.status for answer in together(ask)} <= {200, 204, 404}
    assert Api(key).get(path).status == 404
    assert json.dumps(list(Contact.objects.values_list("first_name", "external_id"))) == '[["", null]]'


def api_business(key):
    return keys.find(key).business


@pytest.fixture
def pipeline(key):
    """The ids of two statuses, New and Lost, of one pipeline."""
    api = Api(key)
    made = api.post("pipelines/", {"name": "Leads"}).body["id"]
    return [
        api.post(f"pipelines/{made}/statuses/", {"name": name, "system_status": meaning}).body["id"]
        for name, meaning in (("New", "new"), ("Lost", "dead"))
    ]


def test_an_action_that_many_press_at_once_is_run_once(key, pipeline):
    api, (new, lost) = Api(key), pipeline
    operations = [
        {"kind": "add_to_dnc", "channels": "all"},
        {"kind": "create_task", "title": "Close"},
        {"kind": "change_status", "status": lost},
    ]
    action = api.post(f"statuses/{new}/actions/", {"name": "Never", "operations": operations}).body["id"]
    lead = ContactFactory(business=api_business(key))
    api.put(f"contacts/{lead.pk}/status/", {"status": new})

    answers = together(lambda _: Api(key).post(f"contacts/{lead.pk}/actions/{action}/run/"))

    assert Counter(answer.status for answer in answers) == {200: AT_ONCE}
    assert Counter(answer.body["changed"] for answer in answers) == {True: 1, False: AT_ONCE - 1}
    assert len({answer.body["id"] for answer in answers}) == ActionRun.objects.count() == 1
    assert DncEntry.objects.count() == Task.objects.count() == 1


def test_whoever_comes_into_a_status_that_goes_is_moved_or_refused(key, pipeline):
    new, lost = pipeline
    leads = ContactFactory.create_batch(AT_ONCE, business=api_business(key))

    def ask(number):
        if number == 0:
            return Api(key).delete(f"statuses/{new}/?move_to={lost}")
        return Api(key).put(f"contacts/{leads[number].pk}/status/", {"status": new})

    removed, *moved = together(ask)

    assert removed.status in (204, 409)
    assert {answer.status for answer in moved} <= {200, 400, 409}
    inside = [int(lost)] if removed.status == 204 else [int(new), int(lost)]
    assert Contact.objects.filter(status__in=inside).count() == sum(a.status == 200 for a in moved)
