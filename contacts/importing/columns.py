"""What each column of a file means: guessed from its header, chosen by a person, checked before anything is read."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256

from contacts.words import Channel

IGNORE = ""
DND = {f"dnd_{channel}": channel for channel in Channel.values}
DND_ALL, DND_LIST, DND_REASON = "dnd_all", "dnd", "dnd_reason"
SINGLE = {
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name",
    "email": "Email",
    "timezone": "Time zone",
    "external_id": "External id",
    "status": "Status",
    **{name: f"DND: {Channel(channel).label} blocked (yes or no)" for name, channel in DND.items()},
    DND_ALL: "DND: every channel blocked (yes or no)",
    DND_LIST: "DND: list of blocked channels",
    DND_REASON: "DND: reason",
}
"""Targets that one column may have, and how they are called."""
MANY = {"phone": "Phone", "tags": "Tags"}
SAYS_WHO = frozenset({"email", "external_id", "first_name", "last_name", "full_name"})
LONGEST_LABEL = 40
MOST_COLUMNS = 200

OF_AN_EXPORT = frozenset({"dnd state", "dnd grounds"})
"""Columns of our own exports that only say again what the others say."""

ALIASES: dict[str, str] = {
    "first": "first_name", "firstname": "first_name", "given name": "first_name", "forename": "first_name",
    "last": "last_name", "lastname": "last_name", "surname": "last_name", "family name": "last_name",
    "name": "full_name", "contact": "full_name", "contact name": "full_name", "patient name": "full_name",
    "e mail": "email", "mail": "email", "email address": "email", "e mail address": "email",
    "phone number": "phone", "phones": "phone", "telephone": "phone", "tel": "phone",
    "other phones": "phone", "mobile": "phone:mobile", "mobile phone": "phone:mobile", "cell": "phone:mobile",
    "cell phone": "phone:mobile", "mobile number": "phone:mobile", "home phone": "phone:home",
    "work phone": "phone:work", "business phone": "phone:work", "office phone": "phone:work",
    "time zone": "timezone", "tz": "timezone", "external id": "external_id", "mrn": "external_id",
    "patient id": "external_id", "record id": "external_id", "customer id": "external_id", "tag": "tags",
    "labels": "tags", "dnd all": DND_ALL, "dnd channels": DND_LIST, "do not disturb": DND_LIST,
    "unsubscribed": "dnd_email", "email opt out": "dnd_email", "email unsubscribed": "dnd_email",
    "sms opt out": "dnd_sms", "text opt out": "dnd_sms", "opted out": DND_ALL, "opt out": DND_ALL,
}  # fmt: skip
"""Other ways in which headers say it, in lower case with single spaces."""


def title(target: str) -> str:
    """How a target is called: `Phone (mobile)`."""
    kind, _, label = target.partition(":")
    return (SINGLE | MANY)[kind] + (f" ({label})" if label else "")


def known(target: str) -> bool:
    kind, colon, label = target.partition(":")
    if kind == "phone":
        return len(label) <= LONGEST_LABEL and bool(label) == bool(colon)
    return target == IGNORE or target in SINGLE or target in MANY


def plain(header: str) -> str:
    """A header as it is compared: lower case, no signs, single spaces."""
    return " ".join(re.sub(r"[\W_]+", " ", header.lower()).split())


def guess(headers: Sequence[str], remembered: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """A target for each column: as it was mapped before, else by its header. No guess maps a target twice."""
    left = {name: list(targets) for name, targets in (remembered or {}).items()}
    taken: set[str] = set()
    chosen = []
    for header in headers:
        name = plain(header)
        target = left[name].pop(0) if left.get(name) else _by_name(name)
        if (target in taken and target in SINGLE) or not known(target):
            target = IGNORE
        taken.add(target)
        chosen.append(target)
    return chosen


def _by_name(name: str) -> str:
    if name in ALIASES:
        return ALIASES[name]
    target = name.replace(" ", "_")
    if target in SINGLE or target in MANY:
        return target
    if match := re.fullmatch(r"(?:phone|tel|telephone)(?: number)? ?(\d+|mobile|home|work)", name):
        return "phone" if match[1].isdigit() else f"phone:{match[1]}"
    return IGNORE


def remember(headers: Sequence[str], targets: Sequence[str]) -> dict[str, list[str]]:
    """What `guess` takes the next time a file has these headers."""
    kept: dict[str, list[str]] = defaultdict(list)
    for header, target in zip(headers, targets, strict=True):
        kept[plain(header)].append(target)
    return dict(kept)


def fingerprint(headers: Sequence[str]) -> str:
    """The same for files with the same headers, in whatever order."""
    return sha256("\0".join(sorted(map(plain, headers))).encode()).hexdigest()


def names(headers: Sequence[str]) -> list[str]:
    """Each header as a person tells it from the others: the nameless by their position, namesakes too."""
    shown = [header.strip()[:80] or f"Column {place}" for place, header in enumerate(headers, 1)]
    return [f"{name} (column {n})" if shown.count(name) > 1 else name for n, name in enumerate(shown, 1)]


def doubtful(headers: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Headers that speak of DND and whose column is left out: what somebody asked for would be lost."""
    shown = zip(names(headers), headers, targets, strict=True)
    return [
        name
        for name, header, target in shown
        if target == IGNORE
        and plain(header) not in OF_AN_EXPORT
        and re.search(r"\b(dnd|dnc|do not|opt(ed)? ?out|unsubscribed?)\b", plain(header))
    ]


def problems(headers: Sequence[str], targets: Sequence[str]) -> dict[int, str]:
    """One sentence for each column whose target cannot be, by position; under -1 what is wrong with all of them."""
    found: dict[int, str] = {}
    shown = names(headers)
    first: dict[str, int] = {}
    for place, target in enumerate(targets):
        if not known(target):
            found[place] = f"There is no field {target!r}: choose one of the list."
        elif target in SINGLE and target in first:
            found[place] = (
                f"{title(target)} is taken from “{shown[first[target]]}” already: "
                "one column can fill it, so leave one of the two out."
            )
        first.setdefault(target, place)
    if "full_name" in first and ({"first_name", "last_name"} & first.keys()):
        found[first["full_name"]] = "Give either the full name or first and last name: leave one of them out."
    if not found and not any(target in SAYS_WHO or target.startswith("phone") for target in targets):
        found[-1] = (
            "No column says who the contacts are: choose one for a name, an email, a phone or an external id."
        )
    return found
