"""What a row comes to for the contact that it is about. Plain values in, plain values out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contacts.importing.cells import MOST_PHONES, Person

FIELDS = ("first_name", "last_name", "timezone", "external_id")


@dataclass(slots=True)
class Kept:
    """A contact as it is now. `tags` are in lower case."""

    contact: int
    first_name: str
    last_name: str
    timezone: str
    external_id: str
    status: int | None
    restricted: bool
    email: str
    phones: list[str]
    tags: set[str]


@dataclass(slots=True)
class Change:
    """What is to be written for one row. Without `kept` a contact is made; with `refusal` nothing is written."""

    person: Person
    kept: Kept | None = None
    fields: dict[str, str] = field(default_factory=dict)
    email: str = ""
    phones: list[tuple[str, str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    status: int | None = None
    refusal: str = ""
    left: str = ""

    @property
    def names(self) -> list[str]:
        """The fields of an existing contact that change, as its timeline tells them."""
        changed = list(self.fields)
        changed += ["phones"] if self.phones else []
        changed += ["email"] if self.email else []
        return changed

    @property
    def changes(self) -> bool:
        return bool(self.fields or self.phones or self.email or self.tags or self.status)


def merge(person: Person, kept: Kept | None, tags: Sequence[str]) -> Change:
    """A row's values over a contact's. What the row leaves empty stays, and no number or tag is taken away."""
    wanted = list({name.lower(): name for name in (*tags, *person.tags)}.values())
    if kept is None:
        given = {name: value for name in FIELDS if (value := getattr(person, name))}
        return Change(person, None, given, person.email, person.phones, wanted, person.status)
    change = Change(person, kept)
    if person.external_id and kept.external_id and person.external_id != kept.external_id:
        change.refusal = f"This is contact {kept.external_id} already, and the row says {person.external_id}."
        return change
    for name in FIELDS:
        value = getattr(person, name)
        if value and value != getattr(kept, name):
            change.fields[name] = value
    change.email = person.email if person.email != kept.email else ""
    change.phones = [phone for phone in person.phones if phone[0] not in kept.phones]
    if len(kept.phones) + len(change.phones) > MOST_PHONES:
        change.refusal = f"The contact would have more than {MOST_PHONES} phones: take some away first."
    change.tags = [name for name in wanted if name.lower() not in kept.tags]
    if person.status is not None and person.status != kept.status:
        if kept.restricted:
            change.left = "The status stays: it restricts contact, and an import does not lift that."
        else:
            change.status = person.status
    return change
