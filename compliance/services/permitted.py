"""A business's permitted hours: the shipped table, and its own rows in place of a region's."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from django.db import transaction

from compliance import hours, regions
from compliance.hours import Row, Table, Window
from compliance.models import PermittedHours
from contacts.actors import Actor
from contacts.models import Business
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Role, role_reaches

MOST_ROWS = 21


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
