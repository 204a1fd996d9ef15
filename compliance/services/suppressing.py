"""The suppression list in people's hands: adding, lifting, and whole lists at once."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from contacts import phones, spreadsheets
from contacts.actors import Actor
from contacts.importing import records
from contacts.models import POINT_OF_CHANNEL, Business, PointKind
from contacts.services.errors import Invalid, RoleRequired
from contacts.words import Channel, Role, role_reaches
from dnd import services as dnd
from dnd.models import Suppression
from dnd.policy import Refusal
from dnd.services import taking_back

REASON = "dnc_list"
"""Why an address that people put on the list is there."""
BY_PHONE = tuple(channel for channel, kind in POINT_OF_CHANNEL.items() if kind == PointKind.PHONE)
MOST_ROWS = 50_000
LONGEST_ID = 254
COLUMNS = ("channel", "address", "reason", "source", "by", "since", "lifted", "lifted_by")


def add(*, business: Business, channel: str, address: str, by: Actor, note: str = "") -> None:
    """Suppress an address on a channel, for whoever has it now or later. Managers may. Raises Invalid."""
    _need(by, Role.MANAGER)
    if channel not in Channel.values:
        raise Invalid({"channel": f"Unknown channel: use one of {', '.join(Channel.values)}."})
    try:
        address = clean(business, channel, address)
    except ValueError as error:
        raise Invalid({"address": str(error)}) from error
    dnd.change_address(
        business=business, channel=channel, address=address, block=True, by=by, reason=REASON, note=note
    )


def lift(*, suppression: Suppression, note: str, by: Actor) -> None:
    """Take one address off the list, for one reason, with the grounds that it set. Enterprise users may, with a note.

    Raises Refused for what only the contact can lift.
    """
    _need(by, Role.ENTERPRISE)
    channel = suppression.channel
    if not note.strip():
        why = "Lifting this needs a note: how you know that the address may be used again."
        raise dnd.Refused([Refusal("note_required", "outbound", channel, why)])
    taking_back.take_back(
        business=suppression.business,
        channel=channel,
        address=suppression.address,
        reason=suppression.reason,
        by=by,
        note=note.strip(),
    )


def _need(by: Actor, role: Role) -> None:
    if not role_reaches(by.role, role):
        raise RoleRequired(role.value)


def clean(business: Business, channel: str, text: str) -> str:
    """The address in the form in which contacts have it. Raises ValueError with one sentence."""
    text = text.strip().removeprefix("'").strip()
    kind = POINT_OF_CHANNEL[channel]
    if kind == PointKind.PHONE:
        return phones.parse(text, business.country)
    if kind == PointKind.EMAIL:
        try:
            validate_email(text)
        except ValidationError as error:
            raise ValueError("This is not an email address: give one such as ada@example.org.") from error
        return text.lower()
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise ValueError("Give the contact's id on this channel.")
    return text


@dataclass(slots=True)
class Imported:
    """What came of a file. `faults`: the line, what stood there, and why it was left out."""

    rows: int = 0
    new: int = 0
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def import_csv(*, business: Business, file: IO[str], by: Actor, note: str = "") -> Imported:
    """Suppress every address of a CSV file with the columns `address` and, if wanted, `channel`, as an export is.

    Without a channel an email counts for email, a number for calls, SMS and WhatsApp. Rows with faults are left out
    and told; nothing is ever lifted. Raises Invalid when the file is no such file.
    """
    _need(by, Role.MANAGER)
    result, marks = Imported(), []
    for line, row in _rows_of(file):
        result.rows += 1
        if result.rows > MOST_ROWS:
            raise Invalid({"file": f"The file has more than {MOST_ROWS:,} rows: split it."})
        try:
            marks += _marks(business, row)
        except ValueError as error:
            result.faults.append((line, (row.get("address") or "")[:100], str(error)))
    suppressed = taking_back.suppress_many(business=business, marks=marks, reason=REASON, by=by, note=note)
    result.new = sum(suppressed)
    return result


def _rows_of(file: IO[str]) -> Iterator[tuple[int, dict[str, str]]]:
    records.take_long_cells()
    reader = csv.reader(file)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if "address" not in header:
            raise Invalid({"file": "The first line names the columns: address, and channel if there is one."})
        if doubled := next((name for name in ("address", "channel") if header.count(name) > 1), ""):
            raise Invalid(
                {"file": f"The first line names the column {doubled} twice: leave one of them out."}
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(header, cells, strict=False))
    except UnicodeDecodeError as error:
        raise Invalid({"file": "This is not a CSV file in UTF-8."}) from error
    except csv.Error as error:
        at = reader.line_num
        raise Invalid(
            {"file": f"Line {at} cannot be read as CSV ({error}): mend it or take it out."}
        ) from error


def _marks(business: Business, row: dict[str, str]) -> list[tuple[str, str]]:
    """The (channel, address) that one row suppresses."""
    if (row.get("lifted") or "").strip():
        raise ValueError("It was lifted where this list comes from.")
    address, channel = row.get("address") or "", (row.get("channel") or "").strip().lower()
    if channel and channel not in Channel.values:
        raise ValueError(f"Unknown channel: use one of {', '.join(Channel.values)}.")
    channels = [channel] if channel else [Channel.EMAIL.value] if "@" in address else list(BY_PHONE)
    address = clean(business, channels[0], address)
    return [(each, address) for each in channels]


def export_csv(suppressions: Iterable[Suppression]) -> Iterator[str]:
    """The list as lines of CSV. A cell that a spreadsheet would run as a formula gets an apostrophe."""
    rows = (
        (
            one.channel,
            one.shown_address,
            one.reason,
            one.source,
            one.actor,
            one.since.isoformat(),
            one.lifted_at and one.lifted_at.isoformat(),
            one.lifted_by,
        )
        for one in suppressions
    )
    return spreadsheets.lines(COLUMNS, rows)
