"""Putting the demo data in, at each start: what is missing is made, and what is there is left alone."""

from typing import Any

from django.db import transaction

from config.desk.demo import broadcasts, connections, people, pipelines, staff, workflows
from contacts.models import Business, Contact

BUSINESSES: dict[str, dict[str, Any]] = {
    "demo": {
        "name": "Demo Clinic",
        "phone": "+1 415-555-0199",
        "address": "100 Example Street, Springfield",
        "timezone": "America/Los_Angeles",
        "allow_do_not_contact": True,
    },
    "harbor": {
        "name": "Harbor Marina",
        "phone": "+1 206-555-0199",
        "address": "200 Example Quay, Shelbyville",
        "timezone": "America/Los_Angeles",
    },
}


def seed() -> dict[str, Business]:
    """Both businesses with all that belongs to them. A second call changes nothing that somebody has changed since."""
    return {slug: _business(slug) for slug in BUSINESSES}


@transaction.atomic
def _business(slug: str) -> Business:
    business, _ = Business.objects.get_or_create(slug=slug, defaults=BUSINESSES[slug])
    team = staff.seed(business)
    connections.seed(business, by=team.actor("enterprise"))
    # Before the contacts, so that their opt-outs are the first that the workflows see.
    workflows.seed(business, by=team.actor("manager"))
    pipelines.seed(business, by=team.actor("manager"))
    if not Contact.objects.filter(business=business).exists():
        people.seed(business, team)
        pipelines.place(business, by=team.actor("staff"))
        broadcasts.seed(business, by=team.actor("manager"))
    return business
