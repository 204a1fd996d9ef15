"""A business's permitted hours: the shipped table, and its own rows in place of a region's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db import transaction

from compliance import hooks, hours, regions
from compliance.hours import Row, Table, Window
from compliance.models import PermittedHours, Profile
from contacts.actors import Actor
from contacts.models import Business
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Role, role_reaches

MOST_ROWS = 21


@dataclass(frozen=True, slots=True)
class Clock:
    """When a business that keeps to permitted hours may send: its table, its zone, and whether every channel obeys."""

    table: Table
    zone: str
    everywhere: bool

    def opens_at(
        self, now: datetime, *, channel: str, zone: str, number: str, spread: int
    ) -> datetime | None:
        """None when a contact with this zone and number may be sent to now, else when."""
        if channel not in hours.BOUND and not self.everywhere:
            return None
        places = regions.places(
            zone=zone, region="", number=number, business_zone=self.zone, regions=self.table
        )
        return hours.opens_at(now, places, self.table, spread=spread)


def clocks(businesses: Iterable[int]) -> dict[int, Clock]:
    """The clocks of those of these businesses that keep to permitted hours."""
    keeping = Profile.objects.filter(business__in=list(businesses), quiet_hours=True)
    found = keeping.values_list("business", "business__timezone", "quiet_hours_everywhere")
    return {business: Clock(table_of(business), zone, everywhere) for business, zone, everywhere in found}


def rows_of(business: int) -> list[Row]:
    """Every row that holds for a business, by region, the default first."""
    own = [_row(each) for each in PermittedHours.objects.filter(business=business)]
    replaced = {row.region for row in own}
    rows = own + [row for row in hours.shipped() if row.region not in replaced]
    return sorted(
        rows,
        key=lambda row: (row.region != hours.DEFAULT, row.region, min(row.window.days), row.window.opens),
    )


def table_of(business: int) -> Table:
    return hours.table((row.region, row.window) for row in rows_of(business))


def own_regions(business: int) -> set[str]:
    """The regions of which the business has rows of its own."""
    return set(PermittedHours.objects.filter(business=business).values_list("region", flat=True))


def _row(own: PermittedHours) -> Row:
    return Row(own.region, Window(frozenset(own.days), own.opens, own.closes), own.note)


@transaction.atomic
def replace(*, business: Business, region: str, rows: Sequence[Mapping[str, Any]], by: Actor) -> None:
    """Give a region rows of the business's own, each {days, opens, closes, note}; none at all: the shipped ones again.

    A region that should never be disturbed has no such rows: leave out its days, not the region.
    """
    if not role_reaches(by.role, Role.ENTERPRISE):
        raise RoleRequired(Role.ENTERPRISE.value)
    if errors := _faults(region, rows):
        raise Invalid(errors)
    PermittedHours.objects.filter(business=business, region=region).delete()
    PermittedHours.objects.bulk_create(
        PermittedHours(
            business=business,
            region=region,
            days=sorted(row["days"]),
            opens=row["opens"],
            closes=row["closes"],
            note=row.get("note", ""),
        )
        for row in rows
    )
    hooks.tell_hours_changed(business.pk)


def _faults(region: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    errors = {}
    if region != hours.DEFAULT and region not in regions.zones_of():
        errors["region"] = "Name a state such as US-TX, or default."
    if len(rows) > MOST_ROWS:
        errors["rows"] = f"Give at most {MOST_ROWS} rows."
    for position, row in enumerate(rows):
        if not row["days"]:
            errors[f"rows.{position}.days"] = "Choose at least one day."
        if row["closes"] <= row["opens"] and row["closes"] != time(0):
            errors[f"rows.{position}.closes"] = "Close after opening; 00:00 is the end of the day."
    return errors
