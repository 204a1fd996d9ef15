"""Mistakes that people make: each is a 400 that names the field, and nothing is written."""

from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("quiet")


def filters(**change: Any) -> dict[str, Any]:
    return {"name": "W", "triggers": [{"type": "contact_dnd", "filters": change}]}


def steps(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"name": "W", "steps": list(steps)}


NESTED = {"kind": "stop"}
for _ in range(30):
    NESTED = {"kind": "if_else", "condition": {"field": "tag", "op": "is", "value": "x"}, "then": [NESTED]}

EMAIL = {"subject": "Hello", "body": "Hello"}


def broadcast(**fields: Any) -> dict[str, Any]:
    return {"name": "B", "audience": {}, "text": "Hello", **fields}


MISTAKES = [
    ("POST", "broadcasts/", {"name": "B", "audience": {}}, "text"),
    ("POST", "broadcasts/", {"name": "B", "text": "Hello"}, "audience"),
    ("POST", "broadcasts/", broadcast(name=""), "name"),
    ("POST", "broadcasts/", broadcast(kind="spam"), "kind"),
    ("POST", "broadcasts/", broadcast(text="Hi {{contact.shoe_size}}"), "text"),
    ("POST", "broadcasts/", broadcast(call="{{ nobody }}"), "call"),
    ("POST", "broadcasts/", broadcast(email={**EMAIL, "subject": "{{contact.x}}"}), "email.subject"),
    ("POST", "broadcasts/", broadcast(email={**EMAIL, "body": "{% if %}"}), "email.body"),
    ("POST", "broadcasts/", broadcast(email={"body": "Hello"}), "email.subject"),
    ("POST", "broadcasts/", broadcast(audience={"fax": "1"}), "audience.fax"),
    ("POST", "broadcasts/", broadcast(audience={"status": "999999"}), "audience.status"),
    ("POST", "broadcasts/", broadcast(audience={"dnd_state": "maybe"}), "audience.dnd_state"),
    ("POST", "broadcasts/", broadcast(audience={"do_not_contact": "true"}), "audience.do_not_contact"),
    ("POST", "broadcasts/", broadcast(per_minute=5), "per_minute"),
    ("POST", "broadcasts/", broadcast(window={"opens": "09:00", "closes": "17:00"}), "window"),
    ("POST", "broadcasts/", broadcast(kind="campaign", per_minute=0), "per_minute"),
    ("POST", "broadcasts/", broadcast(kind="campaign", per_minute="5"), "per_minute"),
    (
        "POST",
        "broadcasts/",
        broadcast(kind="campaign", window={"opens": "17:00", "closes": "09:00"}),
        "window.closes",
    ),
    (
        "POST",
        "broadcasts/",
        broadcast(kind="campaign", window={"opens": "9", "closes": "17:00"}),
        "window.opens",
    ),
    ("POST", "broadcasts/{broadcast}/send/", {"at": "2020-01-01T00:00:00Z"}, "at"),
    ("POST", "broadcasts/{broadcast}/send/", {"at": "tomorrow"}, "at"),
    ("POST", "broadcasts/{broadcast}/send/", {"when": "now"}, "when"),
    ("POST", "broadcasts/{broadcast}/preview/", {"limit": 5}, "limit"),
    ("PATCH", "broadcasts/{broadcast}/", {"text": None}, "text"),
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
    ("PUT", "contacts/{contact}/status/", {}, "status"),
    ("PUT", "contacts/{contact}/status/", {"status": "999999"}, "status"),
    ("PUT", "contacts/{contact}/status/", {"status": 7}, "status"),
    ("POST", "pipelines/", {}, "name"),
    ("POST", "pipelines/", {"name": "P", "record_type": "x" * 41}, "record_type"),
    ("POST", "pipelines/{pipeline}/statuses/", {"name": " "}, "name"),
    ("POST", "pipelines/{pipeline}/statuses/", {"name": "NEW"}, "name"),
    ("POST", "pipelines/{pipeline}/statuses/", {"name": "S", "system_status": "asleep"}, "system_status"),
    ("POST", "pipelines/{pipeline}/statuses/", {"name": "S", "position": -1}, "position"),
    ("POST", "pipelines/{pipeline}/statuses/", {"name": "S", "position": True}, "position"),
    ("POST", "pipelines/{pipeline}/statuses/", {"name": "S", "roles": ["boss"]}, "roles.0"),
    ("POST", "pipelines/{pipeline}/statuses/", {"name": "S", "colour": "ultraviolet"}, "colour"),
    ("PATCH", "statuses/{status}/", {"pipeline": "1"}, "pipeline"),
    ("PATCH", "contacts/{contact}/dnd/", {"until": "2030-01-01T00:00:00Z"}, "until"),
    ("POST", "deliveries/preview/", {"message_class": "manual", "copy": ["text"]}, "contact"),
    ("POST", "deliveries/preview/", {"contact": "1", "message_class": "manual"}, "copy"),
    ("POST", "deliveries/preview/", {"contact": "1", "message_class": "m", "copy": []}, "message_class"),
    ("POST", "deliveries/preview/", {"contact": "1", "message_class": "manual", "copy": ["fax"]}, "copy.0"),
    (
        "POST",
        "deliveries/preview/",
        {"contact": "1", "message_class": "manual", "copy": [], "policy": "x"},
        "policy",
    ),
    ("POST", "dnc-list/{entry}/lift/", {}, "note"),
    ("POST", "dnc-list/{entry}/lift/", {"note": "x" * 2001}, "note"),
    ("POST", "suppressions/check/", {}, "addresses"),
    ("POST", "suppressions/check/", {"addresses": []}, "addresses"),
    ("POST", "suppressions/check/", {"addresses": ["+14155550100", "call me"]}, "addresses.1"),
    ("POST", "suppressions/check/", {"addresses": ["ada@"]}, "addresses.0"),
    ("POST", "suppressions/check/", {"addresses": ["+14155550100"] * 1001}, "addresses"),
    ("POST", "dnd/bulk/", {"outbound": {"sms": True}}, "filter"),
    ("POST", "dnd/bulk/", {"filter": {}}, "outbound"),
    ("POST", "dnd/bulk/", {"filter": {}, "outbound": {}}, "outbound"),
    ("POST", "dnd/bulk/", {"filter": {}, "contacts": ["1"], "outbound": {"sms": True}}, "contacts"),
    ("POST", "dnd/bulk/", {"contacts": [], "outbound": {"sms": True}}, "contacts"),
    ("POST", "dnd/bulk/", {"contacts": ["999999"], "outbound": {"sms": True}}, "contacts.0"),
    ("POST", "dnd/bulk/", {"contacts": [1], "outbound": {"sms": True}}, "contacts.0"),
    ("POST", "dnd/bulk/", {"filter": {"colour": "red"}, "outbound": {"sms": True}}, "filter.colour"),
    ("POST", "dnd/bulk/", {"filter": {"dnd_state": "x"}, "outbound": {"sms": True}}, "filter.dnd_state"),
    ("POST", "dnd/bulk/", {"filter": {"status": "999999"}, "outbound": {"sms": True}}, "filter.status"),
    ("POST", "dnd/bulk/", {"filter": {}, "outbound": {"fax": True}}, "outbound.fax"),
    ("POST", "dnd/bulk/", {"filter": {}, "outbound": {"all": True, "sms": False}}, "outbound.all"),
    (
        "POST",
        "dnd/bulk/",
        {"filter": {}, "do_not_contact": True, "outbound": {"sms": True}},
        "do_not_contact",
    ),
    ("POST", "dnd/bulk/", {"filter": {}, "outbound": {"sms": True}, "note": "x" * 2001}, "note"),
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
    ("POST", "exports/", {"filter": {"dnd_channel": "fax"}}, "filter.dnd_channel"),
    ("POST", "exports/", {"filter": {"colour": "red"}}, "filter.colour"),
    ("POST", "exports/", {"filter": {"status": "999999"}}, "filter.status"),
    ("POST", "exports/", {"filters": {}}, "filters"),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), MISTAKES)
def test_a_mistake_is_named(there, method, path, body, field):
    answer = there.attempt(method, path, body)

    assert (answer.status, answer.code) == (400, "invalid")
    assert all(named == field or named.startswith(f"{field}.") for named in answer.fields), answer.fields
    assert answer.fields
