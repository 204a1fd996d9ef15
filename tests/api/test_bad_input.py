"""What does not fit is a 4xx problem that names the field, never a 500, and nothing is written.

A table of mistakes that people make, then every field of every body with every kind of wrong value, then noise.
"""

import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.models import Connection
from tests.api.conftest import Answer, Api
from tests.factories import ContactFactory

CONTACT = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "ada@example.org",
    "phones": [{"number": "+14155550100", "label": "home", "line_type": "mobile", "preferred": True}],
    "timezone": "America/Los_Angeles",
    "external_id": "MRN-1",
    "tags": ["vip"],
}
DND = {
    "outbound": {"sms": True, "email": False},
    "inbound": {"all": True},
    "do_not_contact": True,
    "reason": "user_request",
    "evidence": "form 81",
    "note": "asked",
}
STEPS = [
    {"kind": "send_sms", "body": "Hello {{contact.first_name}}"},
    {"kind": "send_email", "subject": "Hello", "body": "Hello {{business.name}}"},
    {"kind": "add_tag", "tag": "x"},
    {"kind": "remove_tag", "tag": "x"},
    {"kind": "set_dnd", "direction": "outbound", "enable": True, "channels": ["sms"], "note": "why"},
    {"kind": "internal_notification", "to": "managers", "message": "Look"},
    {"kind": "create_task", "title": "Call", "due_in": "2d"},
    {"kind": "wait", "for": "2h"},
    {
        "kind": "if_else",
        "condition": {"any": [{"field": "tag", "op": "any_of", "value": ["vip"]}]},
        "then": [{"kind": "stop"}],
        "else": [{"kind": "add_tag", "tag": "y"}],
    },
]
FILTERS = {
    "direction": "outbound",
    "flag": "enabled_specific",
    "channels": ["sms"],
    "tags": {"op": "none_of", "values": ["vip"]},
    "sources": ["user"],
    "reasons": ["stop_keyword"],
}
WORKFLOW = {
    "name": "Everything",
    "settings": {"allow_reentry": True, "remove_when_all_dnd": False},
    "triggers": [{"type": "contact_dnd", "name": "Opt-out", "filters": FILTERS}, {"type": "manual"}],
    "steps": STEPS,
}
TWILIO = {"account_sid": "AC" + "0" * 32, "auth_token": "secret", "from_number": "+14155550199"}
SMTP = {
    "url": "smtp://user:letmein@127.0.0.1:2525",
    "from_email": "hello@clinic.example",
    "feedback": {"esp": "sendgrid", "webhook_key": "whsec_0123456789abcdef"},
}
BUSINESS = {
    "name": "Clinic",
    "phone": "+14155550199",
    "address": "1 Main Street",
    "country": "US",
    "timezone": "America/New_York",
    "allow_do_not_contact": True,
    "preferences_source": "manual",
    "remove_when_all_dnd": False,
}


def filters(**change: Any) -> dict[str, Any]:
    return {"name": "W", "triggers": [{"type": "contact_dnd", "filters": change}]}


def steps(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"name": "W", "steps": list(steps)}


NESTED = {"kind": "stop"}
for _ in range(30):
    NESTED = {"kind": "if_else", "condition": {"field": "tag", "op": "is", "value": "x"}, "then": [NESTED]}

MISTAKES = [
    ("POST", "contacts/", {"phone": "call me"}, "phone"),
    ("POST", "contacts/", {"phone": "1"}, "phone"),
    ("POST", "contacts/", {"phone": "+1415555010000000"}, "phone"),
    ("POST", "contacts/", {"phone": "9" * 251}, "phone"),
    (
        "POST",
        "contacts/",
        {"phones": [{"number": "+14155550100"}, {"number": "nonsense"}]},
        "phones.1.number",
    ),
    (
        "POST",
        "contacts/",
        {"phones": [{"number": "+14155550100"}, {"number": "(415) 555-0100"}]},
        "phones.1.number",
    ),
    ("POST", "contacts/", {"phones": [{}]}, "phones.0.number"),
    ("POST", "contacts/", {"phones": [{"number": "+14155550100", "foo": 1}]}, "phones.0.foo"),
    (
        "POST",
        "contacts/",
        {"phones": [{"number": "+14155550100", "line_type": "tin can"}]},
        "phones.0.line_type",
    ),
    (
        "POST",
        "contacts/",
        {"phones": [{"number": f"+1415555010{n}", "preferred": True} for n in (1, 2)]},
        "phones",
    ),
    ("POST", "contacts/", {"phones": [{"number": "+14155550100"}] * 21}, "phones"),
    ("POST", "contacts/", {"phone": "+14155550100", "phones": []}, "phone"),
    ("POST", "contacts/", {"email": "ada@"}, "email"),
    ("POST", "contacts/", {"email": "ada"}, "email"),
    ("POST", "contacts/", {"email": "a" * 250 + "@b.org"}, "email"),
    ("POST", "contacts/", {"first_name": "a" * 201}, "first_name"),
    ("POST", "contacts/", {"timezone": "Mars/Olympus"}, "timezone"),
    ("POST", "contacts/", {"external_id": "x" * 201}, "external_id"),
    ("POST", "contacts/", {"tags": ["a" * 201]}, "tags.0"),
    ("POST", "contacts/", {"tags": ["fine", " "]}, "tags.1"),
    ("POST", "contacts/", {"tags": ["x"] * 101}, "tags"),
    ("POST", "contacts/", {"status": None}, "status"),
    ("PATCH", "contacts/{contact}/", {"id": "1"}, "id"),
    ("PATCH", "contacts/{contact}/", {"dnd_state": "off"}, "dnd_state"),
    ("PATCH", "contacts/{contact}/", {"phones": [{"label": "x"}]}, "phones.0.number"),
    ("POST", "contacts/{contact}/tags/", {"add": ["ok", ""]}, "add.1"),
    ("POST", "contacts/{contact}/tags/", {"set": []}, "set"),
    ("PATCH", "contacts/{contact}/dnd/", {"outbound": {"fax": True}}, "outbound.fax"),
    ("PATCH", "contacts/{contact}/dnd/", {"inbound": {"email": True}}, "inbound.email"),
    ("PATCH", "contacts/{contact}/dnd/", {"inbound": {"all": True, "sms": True}}, "inbound.all"),
    ("PATCH", "contacts/{contact}/dnd/", {"outbound": {"sms": "yes"}}, "outbound.sms"),
    ("PATCH", "contacts/{contact}/dnd/", {"outbound": {"sms": None}}, "outbound.sms"),
    ("PATCH", "contacts/{contact}/dnd/", {"outbound": "all"}, "outbound"),
    ("PATCH", "contacts/{contact}/dnd/", {"note": "x" * 2001}, "note"),
    ("PATCH", "contacts/{contact}/dnd/", {"evidence": "x" * 201}, "evidence"),
    ("PATCH", "contacts/{contact}/dnd/", {"until": "2030-01-01T00:00:00Z"}, "until"),
    ("POST", "workflows/", {}, "name"),
    ("POST", "workflows/", {"name": " "}, "name"),
    ("POST", "workflows/", {"name": "a" * 201}, "name"),
    ("POST", "workflows/", {"name": "W", "colour": 1}, "colour"),
    ("POST", "workflows/", {"name": "W", "settings": {"x": True}}, "settings.x"),
    ("POST", "workflows/", steps({"kind": "send_sms"}), "steps.0.body"),
    ("POST", "workflows/", steps({"kind": "stop"}, {"kind": "send_email", "subject": "x"}), "steps.1.body"),
    ("POST", "workflows/", steps({"kind": "send_sms", "body": "{{ contact.first_name"}), "steps.0.body"),
    ("POST", "workflows/", steps({"kind": "send_sms", "body": "{% if %}"}), "steps.0.body"),
    ("POST", "workflows/", steps({"kind": "send_sms", "body": "{{ contact.shoe_size }}"}), "steps.0.body"),
    ("POST", "workflows/", steps({"kind": "send_sms", "body": "{{ user.name }}"}), "steps.0.body"),
    ("POST", "workflows/", steps({"kind": "fly"}), "steps.0.kind"),
    ("POST", "workflows/", steps({"kind": "add_to_workflow", "workflow": "999999"}), "steps.0.workflow"),
    (
        "POST",
        "workflows/",
        steps({"kind": "internal_notification", "to": "team:x", "message": "m"}),
        "steps.0.to",
    ),
    ("POST", "workflows/", steps({"kind": "wait", "for": "2 weeks"}), "steps.0.for"),
    ("POST", "workflows/", steps({"kind": "wait", "until": "9999-99-99T00:00:00Z"}), "steps.0.until"),
    ("POST", "workflows/", steps(NESTED), "steps.0"),
    ("POST", "workflows/", filters(flag="enabled_all", channels=["sms"]), "triggers.0.filters.channels"),
    ("POST", "workflows/", filters(flag="disabled_specific"), "triggers.0.filters.channels"),
    ("POST", "workflows/", filters(flag="enabled_specific", channels=[]), "triggers.0.filters.channels"),
    ("POST", "workflows/", filters(flag="enabled_specific", channels=["fax"]), "triggers.0.filters.channels"),
    (
        "POST",
        "workflows/",
        filters(direction="inbound", flag="enabled_specific", channels=["email"]),
        "triggers.0.filters.channels",
    ),
    ("POST", "workflows/", filters(direction="sideways"), "triggers.0.filters.direction"),
    ("POST", "workflows/", filters(colour="red"), "triggers.0.filters.colour"),
    ("POST", "workflows/", {"name": "W", "triggers": [{"type": "full_moon"}]}, "triggers.0.type"),
    ("PATCH", "workflows/{workflow}/", {"steps": [{"kind": "send_sms"}]}, "steps.0.body"),
    ("PATCH", "workflows/{workflow}/", {"published": True}, "published"),
]


def bodies(ids: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """A body that fits, of everything that takes one."""
    contact, workflow = ids["contact"], ids["workflow"]
    question = {"contact": contact, "channel": "sms", "message_class": "manual"}
    more = [{"kind": "add_to_workflow", "workflow": workflow},
            {"kind": "remove_from_workflow", "which": "another", "workflow": workflow}]  # fmt: skip
    return {
        ("POST", "contacts/"): CONTACT,
        ("PATCH", "contacts/{contact}/"): CONTACT,
        ("POST", "contacts/{contact}/tags/"): {"add": ["a", "b"], "remove": ["c"]},
        ("PATCH", "contacts/{contact}/dnd/"): DND,
        ("POST", "decisions/"): question,
        ("POST", "decisions/ "): {"items": [question, {**question}]},
        ("POST", "messages/"): {"contact": contact, "channel": "email", "subject": "Hello", "body": "Hello"},
        ("POST", "workflows/"): {**WORKFLOW, "steps": STEPS + more},
        ("PATCH", "workflows/{workflow}/"): {**WORKFLOW, "steps": STEPS[-1:]},
        ("POST", "workflows/{workflow}/enrollments/"): {"contact": contact},
        ("PATCH", "business/"): BUSINESS,
        ("POST", "connections/"): {"channel": "email", "driver": "smtp", "config": SMTP},
        ("PATCH", "connections/{connection}/"): {"config": TWILIO},
    }


TABLES = (
    "contacts_contact", "contacts_contactpoint", "contacts_contacttag", "contacts_tag", "contacts_event",
    "dnd_change", "dnd_ground", "dnd_standing", "messaging_message", "messaging_connection", "workflows_workflow",
    "workflows_version", "workflows_enrollment",
)  # fmt: skip


def written() -> list[tuple[Any, ...]]:
    """What all tables hold, in numbers that any write changes."""
    counts = " UNION ALL ".join(f"SELECT '{t}', count(*), max(xmin::text::bigint) FROM {t}" for t in TABLES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{counts} UNION ALL SELECT name, 0, xmin::text::bigint FROM contacts_business ORDER BY 1"
        )
        return cursor.fetchall()


@dataclass
class There:
    """Objects that the addresses and bodies below name, and how all tables stood when there was nothing else."""

    api: Api
    ids: dict[str, str]
    before: list[tuple[Any, ...]]

    def attempt(self, method: str, path: str, body: Any) -> Answer:
        """The answer, with whatever it did undone; a refusal must not have written anything."""
        with transaction.atomic():
            answer = self.api.send(method, path.strip().format(**self.ids), json.dumps(body).encode())
            if answer.status >= 400:
                assert written() == self.before, f"{method} {path} refused {body} and wrote"
            transaction.set_rollback(True)
        return answer


@pytest.fixture
def there(api, business):
    contact = ContactFactory(business=business)
    connection = Connection.objects.create(business=business, channel="sms", driver="twilio", config=TWILIO)
    workflow = api.post("workflows/", {"name": "There", "steps": [{"kind": "stop"}]}).body["id"]
    api.post(f"workflows/{workflow}/publish/")
    ids = {"contact": str(contact.pk), "workflow": workflow, "connection": str(connection.pk)}
    return There(api, ids, written())


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refusals are not news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(("method", "path", "body", "field"), MISTAKES)
def test_a_mistake_is_named(there, method, path, body, field):
    answer = there.attempt(method, path, body)

    assert (answer.status, answer.code) == (400, "invalid")
    assert all(named == field or named.startswith(f"{field}.") for named in answer.fields), answer.fields
    assert answer.fields


def test_the_bodies_below_fit(there):
    for (method, path), body in bodies(there.ids).items():
        answer = there.attempt(method, path, body)
        assert answer.status in (200, 201) or answer.code == "no_connection", (path, answer.body)


WRONG: list[Any] = [
    None, True, 0, -1, 1.5, 10**17, "", " ", "nonsense", "a" * 25_000, "\n", "🙂", "\u202e", "999999",
    [], [[]], [None], ["nonsense"], {}, {"a": {"b": []}}, {"sms": True}, [{}],
]  # fmt: skip


STRIDE = 5
"""Each place gets every fifth wrong value, and the next place the ones beside them."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a body."""
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield from places(below, (*path, key))


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def related(field: str, path: tuple[Any, ...]) -> bool:
    """Whether the field is what was changed, something in it, or what it stands in."""
    dotted = ".".join(map(str, path))
    return field == dotted or field.startswith(f"{dotted}.") or dotted.startswith(f"{field}.")


OPERATIONS = list(bodies({"contact": "1", "workflow": "1", "connection": "1"}))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_field_with_every_kind_of_wrong_value(there, method, path):
    body = bodies(there.ids)[method, path]
    for turn, place in enumerate(places(body)):
        for value in (WRONG[(turn + step) % len(WRONG)] for step in range(0, len(WRONG), STRIDE)):
            answer = there.attempt(method, path, put(body, place, value))

            assert answer.status < 500
            if answer.status == 400:
                assert any(related(field, place) for field in answer.fields), (place, value, answer.body)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_object_with_a_field_that_it_has_not(there, method, path):
    body = bodies(there.ids)[method, path]
    objects = [()] + [p for p in places(body) if isinstance(_at(body, p), dict)]
    for place in objects:
        answer = there.attempt(method, path, put(body, (*place, "surprise"), 1))

        assert (answer.status, answer.fields) == (400, [".".join(map(str, (*place, "surprise")))])


def _at(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


FIELDS = sorted({"contact", "items"}.union(CONTACT, DND, WORKFLOW, *STEPS, FILTERS, BUSINESS, SMTP))
FILTERED = ("search", "tag", "status", "dnd_state", "dnd_channel", "cursor", "page_size")
names = st.sampled_from(FIELDS) | st.text(max_size=8)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(FIELDS)
)
values = st.recursive(
    leaves,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(names, inside, max_size=4),
    max_leaves=12,
)
texts = st.text(max_size=30) | st.integers().map(str)
noise = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
much_noise = settings(noise, max_examples=100)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@noise
@given(body=st.dictionaries(names, values, max_size=5))
def test_noise(there, method, path, body):
    assert there.attempt(method, path, body).status < 500


@much_noise
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps([text])[1:].encode()))
def test_noise_that_is_no_json(api, body):
    assert api.send("POST", "contacts/", body).status < 500


@much_noise
@given(query=st.dictionaries(st.sampled_from(FILTERED) | st.text(max_size=5), texts, max_size=3))
def test_noise_in_a_query(api, query):
    answer = api.client.get("/api/v1/contacts/", query, headers=api.headers)

    assert answer.status_code in (200, 400)
