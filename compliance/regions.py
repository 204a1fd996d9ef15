"""Where a phone number may be: its state by the area code, and every zone that it may keep time in."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as phone_timezone

AREA_CODES = Path(__file__).parent / "data" / "us_area_codes.csv"
NAMES = Path(__file__).parent / "data" / "us_regions.csv"
NOWHERE = ""
"""The region of which nothing more is known than that the default holds there."""


@dataclass(frozen=True, slots=True)
class Place:
    """One possibility of where a contact is: what the clock says there, and whose hours hold."""

    zone: str
    region: str = NOWHERE


@cache
def area_codes() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The region and the zones of each area code of the United States: data/us_area_codes.csv."""
    with AREA_CODES.open(newline="") as file:
        return {
            row["area_code"]: (row["region"], tuple(row["zones"].split("|"))) for row in csv.DictReader(file)
        }


@cache
def zones_of() -> dict[str, frozenset[str]]:
    """Every zone of each region."""
    zones: dict[str, set[str]] = defaultdict(set)
    for region, some in area_codes().values():
        zones[region].update(some)
    return {region: frozenset(some) for region, some in zones.items()}


@cache
def names() -> dict[str, str]:
    """What people call each region: data/us_regions.csv."""
    with NAMES.open(newline="") as file:
        return {row["region"]: row["name"] for row in csv.DictReader(file)}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a number says of its holder. `american` without a `region`: any state it might be."""

    zones: frozenset[str]
    region: str = NOWHERE
    american: bool = False


@lru_cache(maxsize=20_000)
def of_number(e164: str) -> Whereabouts:
    """Where a number in E.164 may be. An area code can lie in two zones, a toll-free number in all of them."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return Whereabouts(frozenset())
    zones = {zone for zone in phone_timezone.time_zones_for_number(number) if _is_zone(zone)}
    if number.country_code != 1:
        return Whereabouts(frozenset(zones))
    known = area_codes().get(str(number.national_number)[:3])
    if known:
        return Whereabouts(frozenset(zones.union(known[1])), known[0], american=True)
    american = phonenumbers.region_code_for_number(number) in ("US", None)
    return Whereabouts(frozenset(zones), american=american)


@cache
def _is_zone(name: str) -> bool:
    if name == phone_timezone.UNKNOWN_TIMEZONE:
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        return False
    return True


def places(
    *, zone: str, region: str, number: str, business_zone: str, regions: Iterable[str] = ()
) -> frozenset[Place]:
    """Every place that a contact may be in: all of them have to allow a message.

    The zone is the contact's own, else those of its region, else those of its number, else the business's. The
    region is its own, else its number's; of an American number that names none, each of `regions` with such a time.
    """
    known = of_number(number) if number else Whereabouts(frozenset())
    zones = frozenset({zone} if zone else zones_of().get(region) or known.zones or {business_zone})
    if region or known.region or not known.american:
        return frozenset(Place(each, region or known.region) for each in zones)
    return frozenset(
        Place(each, candidate)
        for each in zones
        for candidate in [r for r in regions if each in zones_of().get(r, ())] or [NOWHERE]
    )
