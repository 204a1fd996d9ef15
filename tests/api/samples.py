"""A body that fits, of everything that takes one, and a place to send it to where nothing of it stays."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from tests.api.client import Answer, Api

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
    {
        "kind": "send_preferred",
        "text": "Hello {{contact.first_name}}",
        "call": "Hello",
        "email": {"subject": "Hello", "body": "Hello"},
    },
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
FILTER = {
    "search": "ada",
    "tag": "vip",
    "dnd_state": "off",
    "dnd_channel": "sms",
    "dnd_reason": "user_request",
    "do_not_contact": False,
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
STATUS = {
    "name": "Lost",
    "system_status": "dead",
    "restricts_contact": True,
    "position": 3,
    "archived": False,
    "roles": ["manager"],
    "colour": "red",
}
ACTION = {
    "name": "Never again",
    "category": "do not contact",
    "operations": [
        {"kind": "add_to_dnc", "channels": ["call", "sms"], "note": "asked"},
        {"kind": "add_tag", "tag": "x"},
        {"kind": "create_task", "title": "Close", "due_in": "2d"},
    ],
}
BUSINESS = {
    "name": "Clinic",
    "phone": "+14155550199",
    "address": "1 Main Street",
    "country": "US",
    "timezone": "America/New_York",
    "allow_do_not_contact": True,
    "preferences_source": "manual",
    "delivery_policy": "literal",
    "calls_after_sms_opt_out": "blocked",
    "remove_when_all_dnd": False,
}
BROADCAST = {
    "name": "Flu season",
    "kind": "campaign",
    "audience": {
        "search": "Ada",
        "tag": "vip",
        "dnd_state": "off",
        "dnd_channel": "call",
        "dnd_reason": "user_request",
        "do_not_contact": False,
    },
    "include_dead": True,
    "text": "Hello {{contact.first_name}}",
    "call": "Hello",
    "email": {"subject": "Hello", "body": "Hello {{contact.name}}"},
    "window": {"opens": "09:00", "closes": "17:00"},
    "per_minute": 30,
}


PREFERENCES = {
    "method": "voice",
    "preferred_number": "+14155550100",
    "appointment": {"id": "A-1", "method": "sms", "until": "2030-11-20T09:00:00Z"},
    "block": ["email"],
    "raw_code": "PHN",
    "message_id": "81",
    "sent_at": "2026-11-20T09:00:00Z",
}


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
        ("POST", "contacts/{contact}/merge/"): {"from": ids["other"], "take": ["email", "first_name"]},
        ("POST", "contacts/{contact}/erase/"): {"confirm": contact},
        ("PATCH", "contacts/{contact}/dnd/"): DND,
        ("PUT", "contacts/{contact}/status/"): {"status": ids["status"]},
        ("POST", "pipelines/"): {"name": "Patients", "record_type": "patient"},
        ("PATCH", "pipelines/{pipeline}/"): {"name": "Patients", "record_type": "patient"},
        ("POST", "pipelines/{pipeline}/statuses/"): STATUS,
        ("PATCH", "statuses/{status}/"): STATUS,
        ("POST", "statuses/{status}/actions/"): ACTION,
        ("PATCH", "actions/{action}/"): ACTION,
        ("POST", "actions/{action}/copy/"): {"statuses": [ids["status"]], "on_conflict": "keep"},
        ("PUT", "contacts/{contact}/preferences/"): PREFERENCES,
        ("POST", "dnc-list/{entry}/lift/"): {"note": "signed"},
        ("POST", "suppressions/check/"): {"addresses": ["+14155550100", "ada@example.org"]},
        ("POST", "dnd/bulk/"): {
            "filter": FILTER,
            "outbound": {"sms": True},
            "inbound": {"all": False},
            "note": "asked",
        },
        ("POST", "dnd/bulk/ "): {"contacts": [contact], "outbound": {"all": True}},
        ("POST", "decisions/"): question,
        ("POST", "decisions/ "): {"items": [question, {**question}]},
        ("POST", "deliveries/preview/"): {
            "contact": contact,
            "message_class": "automation",
            "copy": ["text", "call"],
            "policy": "literal",
        },
        ("POST", "exports/"): {"filter": BROADCAST["audience"]},
        ("POST", "broadcasts/"): BROADCAST,
        ("PATCH", "broadcasts/{broadcast}/"): {
            "name": "Spring",
            "email": None,
            "audience": {"search": "Ada"},
        },
        ("POST", "broadcasts/{broadcast}/send/"): {"at": "2126-11-30T09:00:00Z"},
        ("POST", "messages/"): {"contact": contact, "channel": "email", "subject": "Hello", "body": "Hello"},
        ("POST", "workflows/"): {**WORKFLOW, "steps": STEPS + more},
        ("PATCH", "workflows/{workflow}/"): {**WORKFLOW, "steps": STEPS[-1:]},
        ("POST", "workflows/{workflow}/enrollments/"): {"contact": contact},
        ("PATCH", "business/"): BUSINESS,
        ("POST", "connections/"): {"channel": "email", "driver": "smtp", "config": SMTP},
        ("PUT", "connections/{connection}/rate-limit/"): {"messages": 10, "per": "second"},
        ("PATCH", "connections/{connection}/"): {"config": TWILIO},
    }


NAMED = ("contact", "other", "workflow", "connection", "broadcast", "pipeline", "status", "action", "entry")
OPERATIONS = list(bodies(dict.fromkeys(NAMED, "1")))
TABLES = (
    "contacts_contact", "contacts_contactpoint", "contacts_contacttag", "contacts_tag", "contacts_event",
    "dnd_change", "dnd_ground", "dnd_standing", "messaging_message", "messaging_connection",
    "messaging_broadcast", "messaging_pace", "workflows_workflow",
    "workflows_version", "workflows_enrollment", "contacts_pipeline", "contacts_status",
    "workflows_statusaction", "workflows_actionrun",
    "contacts_job", "dnd_dncentry", "dnd_suppression",
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
