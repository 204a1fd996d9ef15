"""Which role may do what, and that nothing of another business is there, by any address."""

import json
import re
from typing import Any

import pytest
from django.urls import URLPattern

from config.api.urls import urlpatterns
from contacts.models import Contact, Event, Pipeline, Status
from contacts.services import jobs
from dnd import services as dnd
from dnd.models import Change
from messaging.models import Broadcast, Connection, Message
from tests.api.client import Api
from tests.factories import MANAGER, ContactFactory
from tests.processes import writing
from workflows.models import Workflow

NAMED = re.compile(r"([\w-]+)/<str:\w+>")
"""An id in an address, with the resource that it is of."""
OPEN = {"schema/", "docs/", ""}
STEPS = [{"kind": "send_sms", "body": "Hello"}]

LEAST_ROLE = {
    ("PUT", "contacts/<str:id>/preferences/"): "manager",
    ("POST", "dnd/bulk/"): "manager",
    ("POST", "dnc-list/<str:id>/lift/"): "manager",
    ("POST", "workflows/"): "manager",
    ("PATCH", "workflows/<str:id>/"): "manager",
    ("DELETE", "workflows/<str:id>/"): "manager",
    ("POST", "workflows/<str:id>/publish/"): "manager",
    ("POST", "workflows/<str:id>/unpublish/"): "manager",
    ("POST", "workflows/<str:id>/enrollments/"): "manager",
    ("POST", "broadcasts/"): "manager",
    ("PATCH", "broadcasts/<str:id>/"): "manager",
    ("DELETE", "broadcasts/<str:id>/"): "manager",
    ("POST", "broadcasts/<str:id>/send/"): "manager",
    ("POST", "broadcasts/<str:id>/pause/"): "manager",
    ("POST", "broadcasts/<str:id>/resume/"): "manager",
    ("POST", "broadcasts/<str:id>/cancel/"): "manager",
    ("POST", "pipelines/"): "manager",
    ("PATCH", "pipelines/<str:id>/"): "manager",
    ("DELETE", "pipelines/<str:id>/"): "manager",
    ("POST", "pipelines/<str:id>/statuses/"): "manager",
    ("PATCH", "statuses/<str:id>/"): "manager",
    ("DELETE", "statuses/<str:id>/"): "manager",
    ("POST", "statuses/<str:id>/actions/"): "manager",
    ("PATCH", "actions/<str:id>/"): "manager",
    ("DELETE", "actions/<str:id>/"): "manager",
    ("POST", "actions/<str:id>/copy/"): "manager",
    ("POST", "exports/"): "manager",
    ("GET", "jobs/<str:id>/files/<str:name>"): "manager",
    ("POST", "contacts/<str:id>/erase/"): "enterprise",
    ("GET", "business/"): "enterprise",
    ("PATCH", "business/"): "enterprise",
    ("GET", "connections/"): "enterprise",
    ("POST", "connections/"): "enterprise",
    ("GET", "connections/<str:id>/"): "enterprise",
    ("PATCH", "connections/<str:id>/"): "enterprise",
    ("DELETE", "connections/<str:id>/"): "enterprise",
    ("POST", "connections/<str:id>/connect/"): "enterprise",
    ("POST", "connections/<str:id>/disconnect/"): "enterprise",
    ("GET", "connections/<str:id>/rate-limit/"): "enterprise",
    ("PUT", "connections/<str:id>/rate-limit/"): "enterprise",
}
"""design.md §8; what is not named here is for every role."""


def operations() -> list[tuple[str, str]]:
    """Every (method, address) that there is, read from the addresses themselves."""
    found = []
    for pattern in urlpatterns:
        address = str(pattern.pattern)
        if isinstance(pattern, URLPattern) and address not in OPEN:
            found += [(method.upper(), address) for method in pattern.callback.actions if method != "head"]
    return found


def filled(address: str, id: str) -> str:
    return NAMED.sub(rf"\1/{id}", address)


def test_the_table_names_operations_that_exist():
    assert set(LEAST_ROLE) <= set(operations())


@pytest.mark.parametrize("role", ["staff", "manager", "enterprise"])
@pytest.mark.parametrize(("method", "address"), operations())
def test_a_role_too_low_is_refused_before_anything_is_looked_at(as_role, business, role, method, address):
    order = ["staff", "manager", "enterprise"]
    allowed = order.index(role) >= order.index(LEAST_ROLE.get((method, address), "staff"))

    answer = as_role(role, business).send(method, f"/api/v1/{filled(address, '999999')}", b"{")

    if allowed:
        assert answer.status not in (401, 403)
    else:
        assert (answer.status, answer.code) == (403, "role_required")


@pytest.mark.parametrize(("method", "address"), operations())
def test_every_operation_asks_for_a_key(db, method, address):
    assert Api("").send(method, f"/api/v1/{filled(address, '1')}", b"{}").status == 401


BODIES: dict[str, Any] = {
    "contacts/<str:id>/preferences/": {"method": "dnc"},
    "contacts/<str:id>/": {"first_name": "Stolen"},
    "contacts/<str:id>/tags/": {"add": ["stolen"]},
    "contacts/<str:id>/dnd/": {"outbound": {"sms": True}},
    "workflows/<str:id>/": {"name": "Stolen"},
    "broadcasts/<str:id>/": {"name": "Stolen"},
    "connections/<str:id>/": {},
    "contacts/<str:id>/status/": {"status": None},
    "pipelines/<str:id>/": {"name": "Stolen"},
    "pipelines/<str:id>/statuses/": {"name": "Stolen"},
    "statuses/<str:id>/": {"name": "Stolen"},
    "statuses/<str:id>/actions/": {"name": "Stolen", "operations": [{"kind": "add_tag", "tag": "x"}]},
    "actions/<str:id>/": {"name": "Stolen"},
    "actions/<str:id>/copy/": {"statuses": ["1"]},
}


class TestAnotherBusiness:
    @pytest.fixture
    def theirs(self, as_role, elsewhere):
        """One of everything in another business, by the resource's address."""
        api = as_role("enterprise", elsewhere)
        contact = ContactFactory(business=elsewhere, first_name="Theirs", phone="+14155550100")
        connection = Connection.objects.create(
            business=elsewhere,
            channel="sms",
            driver="twilio",
            config={"account_sid": "AC", "auth_token": "t", "from_number": "+1"},
        )
        api.patch(f"contacts/{contact.pk}/dnd/", {"outbound": {"email": True}})
        workflow = api.post("workflows/", {"name": "Theirs", "steps": STEPS}).body["id"]
        api.post(f"workflows/{workflow}/publish/")
        broadcast = api.post("broadcasts/", {"name": "Theirs", "audience": {}, "text": "Hello"}).body["id"]
        pipeline = api.post("pipelines/", {"name": "Theirs"}).body["id"]
        status = api.post(f"pipelines/{pipeline}/statuses/", {"name": "Theirs"}).body["id"]
        tag = {"name": "Theirs", "operations": [{"kind": "add_tag", "tag": "x"}]}
        return {
            "files": "contacts.csv",
            "pipelines": pipeline,
            "statuses": status,
            "actions": api.post(f"statuses/{status}/actions/", tag).body["id"],
            "contacts": contact.pk,
            "dnc-list": dnd.add_to_dnc(
                business=elsewhere, contacts=[contact.pk], channels=["gmb"], by=MANAGER
            )[0].entry,
            "broadcasts": broadcast,
            "jobs": jobs.create(
                business=elsewhere, kind=writing.KIND, title="Theirs", params={}, by=MANAGER
            ).pk,
            "connections": connection.pk,
            "workflows": workflow,
            "enrollments": api.post(f"workflows/{workflow}/enrollments/", {"contact": str(contact.pk)}).body[
                "id"
            ],
            "messages": api.post(
                "messages/", {"contact": str(contact.pk), "channel": "sms", "body": "Hi"}
            ).body["id"],
        }

    def everything(self):
        tables = (Contact, Change, Event, Connection, Message, Workflow, Broadcast, Pipeline, Status)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    def test_its_objects_are_not_there_by_any_address(self, api, theirs):
        before = self.everything()
        tried = [(method, address) for method, address in operations() if "<str:id>" in address]
        assert len(tried) >= 18

        for method, address in tried:
            path = NAMED.sub(lambda found: f"{found[1]}/{theirs[found[1]]}", address)
            for body in (BODIES.get(address, {}), {"unknown": "field"}):
                answer = api.send(method, f"/api/v1/{path}", json.dumps(body).encode())
                assert (answer.status, answer.code) == (404, "not_found"), (method, address, answer.body)

        assert self.everything() == before

    def test_its_rows_are_in_no_list(self, api, theirs):
        for address in [
            address for method, address in operations() if method == "GET" and "<" not in address
        ]:
            answer = api.get(address)
            assert answer.body.get("results", []) == []
        assert api.get("contacts/?search=Theirs").body["results"] == []
        assert api.get(f"messages/?contact={theirs['contacts']}").status == 400
        assert api.get(f"messages/?enrollment={theirs['enrollments']}").body["results"] == []

    def test_its_objects_cannot_be_named_in_a_body(self, api, business, theirs):
        contact, workflow = str(theirs["contacts"]), theirs["workflows"]
        mine = api.post("workflows/", {"name": "Mine", "steps": STEPS}).body["id"]
        api.post(f"workflows/{mine}/publish/")
        steps = [{"kind": "add_to_workflow", "workflow": workflow}]
        somebody = ContactFactory(business=business)
        before = self.everything()

        refused = {
            "status": [api.put(f"contacts/{somebody.pk}/status/", {"status": theirs["statuses"]})],
            "contact": [
                api.post("messages/", {"contact": contact, "channel": "sms", "body": "Hi"}),
                api.post("decisions/", {"contact": contact, "channel": "sms", "message_class": "manual"}),
                api.post("deliveries/preview/", {"contact": contact, "message_class": "manual", "copy": []}),
                api.post(f"workflows/{mine}/enrollments/", {"contact": contact}),
            ],
            "contacts.0": [api.post("dnd/bulk/", {"contacts": [contact], "outbound": {"sms": True}})],
            "steps.0.workflow": [
                api.post("workflows/", {"name": "Reaching over", "steps": steps}),
                api.patch(f"workflows/{mine}/", {"steps": steps}),
            ],
        }

        for field, answers in refused.items():
            assert [(answer.status, answer.fields) for answer in answers] == [(400, [field])] * len(answers)
        assert self.everything() == before
