"""From the cells of a row to a person as they are kept, or one sentence for each cell that cannot be."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from contacts import phones
from contacts.importing import columns
from contacts.importing.decoding import UNREADABLE
from contacts.importing.records import Record
from contacts.words import BIT, EVERY_OUTBOUND, Channel, time_zones

LONGEST = {"first_name": 200, "last_name": 200, "full_name": 401, "external_id": 200, "email": 254}
LONGEST_TAG = 200
MOST_TAGS = 100
MOST_PHONES = 20
YES = frozenset(
    (
        "yes", "y", "true", "t", "1", "x", "on", "blocked", "block", "dnd", "stop", "stopped", "unsubscribed", "optout",
        "opt-out", "opted-out", "opt out", "opted out", "do not contact", "do not disturb",
    )
)  # fmt: skip
NO = frozenset(
    (
        "no", "n", "false", "f", "0", "off", "allowed", "allow", "ok", "subscribed", "optin", "opt-in", "opted-in",
        "opt in", "opted in",
    )
)  # fmt: skip
NONE = frozenset({"none", "no", "-", "no channel"})
ALL = frozenset({"all", "every", "all channels", "every channel", "yes"})
CHANNEL_WORDS = {
    **{word: c.value for c in Channel for word in (c.value, c.label.lower())},
    "phone": "call", "calls": "call", "voice": "call", "text": "sms", "texts": "sms", "e-mail": "email",
    "mail": "email",
}  # fmt: skip
SPREADSHEET_GUARD = re.compile(r"'(?=[=+\-@\t\r])")
"""What an export puts before a cell that a spreadsheet would run."""


@dataclass(slots=True)
class Person:
    """What one row asks for. Empty is what the row does not say, and what it does not say stays as it is."""

    number: int
    external_id: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phones: list[tuple[str, str, str]] = field(default_factory=list)
    timezone: str = ""
    tags: list[str] = field(default_factory=list)
    status: int | None = None
    blocks: int = 0
    frees: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """What the cells are read by: the columns, the country of the numbers, the statuses and the reasons that there are.

    `statuses` holds for each name in lower case the statuses so called; `reasons` are those an import may give.
    """

    targets: Sequence[str]
    headers: Sequence[str]
    country: str
    statuses: Mapping[str, Sequence[int]]
    reasons: frozenset[str]


class Unfit(ValueError):
    """One sentence about one cell."""


def person(record: Record, setting: Setting) -> Person | str:
    """The person, or the sentences that say why the row cannot be imported, each with the column that it is about."""
    if record.fault:
        return record.fault
    if fault := _shape(record, setting):
        return fault
    made, faults = Person(record.number), []
    for target, header, cell in zip(setting.targets, setting.headers, record.cells, strict=False):
        if target == columns.IGNORE or not (text := _text(cell)):
            continue
        try:
            _put(made, target, text, setting)
        except Unfit as unfit:
            faults.append(f"{header}: {unfit}")
    if faults:
        return " ".join(faults)
    if not (made.external_id or made.first_name or made.last_name or made.email or made.phones):
        return "The row says nobody: it has no name, no email, no phone and no external id."
    return made


def _shape(record: Record, setting: Setting) -> str:
    have, want = len(record.cells), len(setting.targets)
    if have < want:
        return f"The row has {have} cell{'' if have == 1 else 's'} and the header has {want}: it may have been cut off."
    if have > want and any(cell.strip() for cell in record.cells[want:]):
        return f"The row has {have} cells and the header has {want}: quote a cell that holds a separator."
    return ""


def _text(cell: str) -> str:
    """Without the white space around it and without the apostrophe that an export had put before a formula's sign."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and SPREADSHEET_GUARD.match(cell) else cell


def _put(made: Person, target: str, text: str, setting: Setting) -> None:
    if UNREADABLE in text:
        raise Unfit("A character cannot be read: save the file as CSV in UTF-8.")
    if "\x00" in text:
        raise Unfit("The cell holds a zero byte: remove it.")
    if (limit := LONGEST.get(target)) and len(text) > limit:
        raise Unfit(f"This is {len(text):,} characters long: at most {limit} fit.")
    kind = target.partition(":")[0]
    if kind in READ:
        READ[kind](made, target, text, setting)
    elif kind in columns.DND or kind == columns.DND_ALL:
        _flag(made, kind, text)
    else:
        setattr(made, target, text)


def _full_name(made: Person, target: str, text: str, setting: Setting) -> None:
    first, _, last = text.partition(" ")
    if len(first) > LONGEST["first_name"] or len(last) > LONGEST["last_name"]:
        raise Unfit("First and last name have at most 200 characters each.")
    made.first_name, made.last_name = first, last.strip()


def _email(made: Person, target: str, text: str, setting: Setting) -> None:
    email = text.lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Unfit("This is not an email address: give one such as ada@example.org.") from error
    if len(email) > LONGEST["email"]:
        raise Unfit("An email has at most 254 characters.")
    made.email = email


def _phone(made: Person, target: str, text: str, setting: Setting) -> None:
    label = target.partition(":")[2]
    if len(text) > 2_000:
        raise Unfit(f"This is {len(text):,} characters long and not a phone number.")
    for part in re.split(r"[;|\n]", text) if re.search(r"[;|\n]", text) else (text,):
        if not (written := _text(part)):
            continue
        try:
            number, line = phones.read(written, setting.country)
        except phones.NotAPhone as error:
            raise Unfit(str(error)) from error
        if all(number != have for have, _, _ in made.phones):
            made.phones.append((number, label, line))
    if len(made.phones) > MOST_PHONES:
        raise Unfit(f"A contact has at most {MOST_PHONES} phones.")


def _timezone(made: Person, target: str, text: str, setting: Setting) -> None:
    if text not in time_zones():
        raise Unfit("Unknown time zone: give one such as America/New_York.")
    made.timezone = text


def _tags(made: Person, target: str, text: str, setting: Setting) -> None:
    for part in re.split(r"[,;|\n]", text):
        name = " ".join(part.split())
        if len(name) > LONGEST_TAG:
            raise Unfit("A tag has at most 200 characters.")
        if name and name.lower() not in {have.lower() for have in made.tags}:
            made.tags.append(name)
    if len(made.tags) > MOST_TAGS:
        raise Unfit(f"A contact gets at most {MOST_TAGS} tags.")


def _status(made: Person, target: str, text: str, setting: Setting) -> None:
    found = setting.statuses.get(text.lower(), ())
    if len(found) != 1:
        raise Unfit(
            "There are several statuses of this name: give it as “Pipeline: Status”."
            if found
            else f"There is no status {_quoted(text)}: make it first, or correct the name."
        )
    made.status = found[0]


def _flag(made: Person, target: str, text: str) -> None:
    """An answer that says no asks for nothing that an import could do; it is kept to be told."""
    mask = BIT[columns.DND[target]] if target in columns.DND else EVERY_OUTBOUND
    word = text.lower()
    if word in YES:
        made.blocks |= mask
    elif word in NO:
        made.frees |= mask
    else:
        raise Unfit(f"{_quoted(text)} is neither yes nor no: write yes to block, no to leave it as it is.")


def _channels(made: Person, target: str, text: str, setting: Setting) -> None:
    if text.lower() in NONE:
        made.frees |= EVERY_OUTBOUND
        return
    for part in re.split(r"[,;|\n]", text.lower()):
        word = part.strip()
        if word in ALL:
            made.blocks |= EVERY_OUTBOUND
        elif word in CHANNEL_WORDS:
            made.blocks |= BIT[CHANNEL_WORDS[word]]
        elif word:
            raise Unfit(f"There is no channel {_quoted(word)}: use {', '.join(Channel.values)} or all.")


def _reason(made: Person, target: str, text: str, setting: Setting) -> None:
    if text.lower() not in setting.reasons:
        raise Unfit(
            f"An import cannot give the reason {_quoted(text)}: leave it empty, or write "
            f"{' or '.join(sorted(setting.reasons))}."
        )


def _quoted(text: str) -> str:
    return f"“{text[:60]}{'…' if len(text) > 60 else ''}”"


READ: dict[str, Callable[[Person, str, str, Setting], None]] = {
    "full_name": _full_name,
    "email": _email,
    "phone": _phone,
    "timezone": _timezone,
    "tags": _tags,
    "status": _status,
    columns.DND_LIST: _channels,
    columns.DND_REASON: _reason,
}
