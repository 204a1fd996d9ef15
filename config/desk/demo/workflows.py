"""The demo's workflows: the three use cases that Heed is known by, and the campaigns that they act on."""

from collections.abc import Callable, Mapping
from typing import Any

from contacts.actors import Actor
from contacts.models import Business
from workflows import services as workflows
from workflows.models import Workflow

Definition = dict[str, Any]
Ids = Mapping[str, int]

SMS_CAMPAIGN = "SMS campaign"
EMAIL_CAMPAIGN = "Email campaign"
NURTURE = "Nurture"
REMINDER = "Appointment reminder"
SMS_OPT_OUT = "SMS opt-out"
OPT_BACK_IN = "Opt back in"
BERTHS = "Winter storage"

MANUAL = [{"type": "manual", "name": "Added by hand"}]


def sms_campaign(ids: Ids) -> Definition:
    return _definition(
        MANUAL,
        {
            "kind": "send_sms",
            "body": "{{business.name}}: hello {{contact.first_name}}, our spring offers are here.",
        },
        {"kind": "wait", "for": "1d"},
        {"kind": "send_sms", "body": "{{business.name}}: our spring offers end on Friday."},
    )


def email_campaign(ids: Ids) -> Definition:
    return _definition(
        MANUAL,
        _email("Spring at {{business.name}}", "Hello {{contact.first_name}}, our spring offers are here."),
        {"kind": "wait", "for": "5s"},
        _email("Still time", "Hello {{contact.first_name}}, our spring offers end on Friday."),
    )


def nurture(ids: Ids) -> Definition:
    return _definition(
        MANUAL,
        {"kind": "create_task", "title": "Call to say that it is good to have them back", "due_in": "1d"},
        {"kind": "wait", "for": "1d"},
        _email(
            "Good to have you back", "Hello {{contact.first_name}}, this is what is new at {{business.name}}."
        ),
        {"kind": "wait", "for": "3d"},
        {
            "kind": "send_sms",
            "body": "{{business.name}}: would you like to book a visit, {{contact.first_name}}?",
        },
    )


def reminder(ids: Ids) -> Definition:
    """Use case 3, with a wait short enough to be watched."""
    return _definition(
        MANUAL,
        {
            "kind": "send_sms",
            "body": "{{business.name}}: your appointment is tomorrow, {{contact.first_name}}.",
        },
        {"kind": "wait", "for": "3s"},
        _email(
            "Your appointment", "Hello {{contact.first_name}}, here is how to find us: {{business.address}}."
        ),
        {"kind": "create_task", "title": "Call to confirm the appointment", "due_in": "2h"},
    )


def sms_opt_out(ids: Ids) -> Definition:
    """Use case 1."""
    trigger = {
        "type": "contact_dnd",
        "name": "SMS opt-out",
        "filters": {"direction": "outbound", "flag": "enabled_specific", "channels": ["sms"]},
    }
    return _definition(
        [trigger],
        {"kind": "add_tag", "tag": "SMS Opt-Out"},
        {"kind": "remove_from_workflow", "which": "another", "workflow": str(ids[SMS_CAMPAIGN])},
        {
            "kind": "internal_notification",
            "to": "team:Marketing",
            "message": "{{contact.name}} opted out of SMS.",
        },
    )


def opt_back_in(ids: Ids) -> Definition:
    """Use case 2."""
    trigger = {
        "type": "contact_dnd",
        "name": "All channels free",
        "filters": {"direction": "outbound", "flag": "disabled_all"},
    }
    return _definition(
        [trigger],
        {"kind": "remove_tag", "tag": "Do Not Contact"},
        {"kind": "internal_notification", "to": "team:Sales", "message": "{{contact.name}} opted back in."},
        {"kind": "add_to_workflow", "workflow": str(ids[NURTURE])},
    )


def berths(ids: Ids) -> Definition:
    return _definition(
        MANUAL,
        _email("Winter storage", "Hello {{contact.first_name}}, shall we keep your place for the winter?"),
        {"kind": "create_task", "title": "Ask about winter storage", "due_in": "7d"},
    )


# Each comes after those that it names.
DEFINITIONS: dict[str, dict[str, Callable[[Ids], Definition]]] = {
    "demo": {
        SMS_CAMPAIGN: sms_campaign,
        EMAIL_CAMPAIGN: email_campaign,
        NURTURE: nurture,
        REMINDER: reminder,
        SMS_OPT_OUT: sms_opt_out,
        OPT_BACK_IN: opt_back_in,
    },
    "harbor": {BERTHS: berths},
}


def seed(business: Business, *, by: Actor) -> None:
    """Make and publish what was never there. One that somebody edited, unpublished or deleted stays as they left it."""
    known = dict(Workflow.objects.filter(business=business).order_by("-id").values_list("name", "id"))
    for name, definition in DEFINITIONS[business.slug].items():
        if name not in known:
            known[name] = _publish(business, name, definition(known), by)


def ensure(business: Business, *, by: Actor) -> dict[str, Workflow]:
    """Every workflow of the business's demo by name, made and published anew where it was deleted or taken back."""
    there = _by_name(business)
    ids = {name: workflow.pk for name, workflow in there.items()}
    for name, definition in DEFINITIONS[business.slug].items():
        if name not in there:
            ids[name] = _publish(business, name, definition(ids), by)
        elif not workflows.is_published(there[name]):
            workflows.publish(workflow=there[name], by=by)
    return _by_name(business)


def _by_name(business: Business) -> dict[str, Workflow]:
    """Of several with one name the oldest, which is the demo's."""
    return {workflow.name: workflow for workflow in Workflow.objects.of(business).order_by("-id")}


def _publish(business: Business, name: str, definition: Definition, by: Actor) -> int:
    workflow = workflows.create(business=business, data={"name": name, **definition}, by=by)
    workflows.publish(workflow=workflow, by=by)
    return workflow.pk


def _definition(triggers: list[dict[str, Any]], *steps: dict[str, Any]) -> Definition:
    # Re-entry, so that the same contact can be shown the same thing again.
    settings = {"allow_reentry": True, "remove_when_all_dnd": False}
    return {"settings": settings, "triggers": triggers, "steps": list(steps)}


def _email(subject: str, body: str) -> dict[str, str]:
    return {"kind": "send_email", "subject": subject, "body": body}
