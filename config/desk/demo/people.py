"""The demo's contacts: contacts.csv, put in through the services, so that ledger and timeline are true."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from config.desk.demo.staff import Staff
from contacts import locks
from contacts.actors import Actor
from contacts.models import Business
from contacts.services import people, work
from contacts.words import CHANNELS_OF, LineType, Source
from dnd import services as dnd
from dnd.reasons import rules

TABLE = Path(__file__).parent / "contacts.csv"
WHO = Actor(Source.IMPORT.value, "Demo data")
PROVIDERS = {"sms": "Twilio", "email": "SendGrid"}


def seed(business: Business, staff: Staff) -> None:
    """Every contact of the table that belongs to this business, with its DND, tags, note and task."""
    with TABLE.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["business"] == business.slug:
                _contact(business, staff, row)


def _contact(business: Business, staff: Staff, row: dict[str, str]) -> None:
    contact = people.create(business=business, data=people.clean(business, _data(row)), by=WHO)
    for actor, wish in _wishes(row["dnd"], staff):
        dnd.change_one(business=business, contact=contact.pk, wish=wish, by=actor)
    author = staff.by_role["staff"]
    if row["note"]:
        work.add_note(business=business.pk, contact=contact.pk, author=author, text=row["note"])
    if row["task"]:
        due = locks.now() + timedelta(days=2)
        work.create_tasks(business.pk, [(contact.pk, row["task"], due, author.name)])


def _data(row: dict[str, str]) -> dict[str, object]:
    phones = [
        {"number": row["phone"], "label": "mobile", "line_type": LineType.MOBILE.value, "preferred": True}
    ]
    if row["other_phone"]:
        phones.append({"number": row["other_phone"], "label": "home", "line_type": LineType.LANDLINE.value})
    kept = ("external_id", "first_name", "last_name", "email", "timezone", "facebook_id", "gmb_id")
    return {
        **{name: row[name] for name in kept},
        "phones": phones if row["phone"] else [],
        "tags": row["tags"].split("|") if row["tags"] else [],
    }


def _wishes(cell: str, staff: Staff) -> Iterator[tuple[Actor, dnd.Wish]]:
    """Read `REASON DIRECTION CHANNEL…`, several parted by semicolons, or `do_not_contact`."""
    for words in (part.split() for part in cell.split(";") if part):
        if words == ["do_not_contact"]:
            yield staff.actor("enterprise"), dnd.Wish(do_not_contact=True)
            continue
        reason, direction, *channels = words
        blocked = dict.fromkeys(CHANNELS_OF[direction] if channels == ["all"] else channels, True)
        outbound, inbound = (blocked, {}) if direction == "outbound" else ({}, blocked)
        wish = dnd.Wish(outbound=outbound, inbound=inbound, reason=reason)
        yield _who_sets(reason, channels[0], staff), wish


def _who_sets(reason: str, channel: str, staff: Staff) -> Actor:
    """Somebody who may set this reason, as data/dnd_reasons.csv has it."""
    able = rules()[reason].set_by
    if Source.USER.value in able:
        return staff.actor("manager")
    if Source.CONTACT.value in able:
        return Actor.contact()
    if Source.PROVIDER.value in able:
        return Actor.provider(PROVIDERS[channel])
    return WHO
