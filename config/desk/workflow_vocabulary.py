"""What the workflow editor can offer in one business: the kinds of triggers and steps, and what they may name."""

from typing import Any

from config.desk.workflow_forms import FIELDS, GROUPS, OPS, STEPS
from config.desk.workflow_options import QUOTES, Option
from config.desk.workflow_triggers import TRIGGERS
from contacts.models import Business, Status, Tag, Team
from contacts.models import Membership as Member
from workflows import wording
from workflows.definition.conditions import OPS as OPS_OF
from workflows.models import Workflow

TAGS_OFFERED = 500


def vocabulary(business: Business, but: Workflow | None = None) -> dict[str, Any]:
    """Everything that the editor can offer in this business, as plain JSON."""
    others = Workflow.objects.of(business).order_by("name").exclude(pk=but.pk if but else 0)
    tags = Tag.objects.filter(business=business).order_by("name").values_list("name", flat=True)
    return {
        "triggers": [{**spec, "label": wording.TRIGGERS[spec["type"]]} for spec in TRIGGERS],
        "steps": [{**spec, "label": wording.STEPS[spec["kind"]]} for spec in STEPS],
        "groups": GROUPS,
        "workflows": [(str(pk), name) for pk, name in others.values_list("pk", "name")],
        "statuses": statuses(business),
        "status_names": sorted(set(Status.objects.of(business).values_list("name", flat=True))),
        "tags": list(tags[:TAGS_OFFERED]),
        "audiences": audiences(business),
        "condition": {
            "fields": FIELDS,
            "ops": OPS,
            "ops_of": {field: list(ops) for field, ops in OPS_OF.items()},
            "listed": f"Separate several with commas. {QUOTES}",
            "states": [("on", "On"), ("partial", "Partial"), ("off", "Off")],
        },
    }


def statuses(business: Business) -> list[Option]:
    """Every status that takes contacts, with its pipeline's name."""
    found = Status.objects.of(business).open().order_by("pipeline__name", "position", "pk")
    return [
        (str(pk), f"{pipeline}: {name}")
        for pk, name, pipeline in found.values_list("pk", "name", "pipeline__name")
    ]


def audiences(business: Business) -> list[Option]:
    """Who can be told: roles, teams, people."""
    teams = Team.objects.filter(business=business).order_by("name").values_list("name", flat=True)
    people = Member.objects.filter(business=business).select_related("user").order_by("user__name")
    return [
        ("managers", "Everybody with the role manager"),
        ("staff", "Everybody with the role staff"),
        ("enterprise", "Everybody with the role enterprise"),
        *((f"team:{name}", f"Team {name}") for name in teams),
        *((f"user:{member.user.email}", str(member.user)) for member in people),
    ]
