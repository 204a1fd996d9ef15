"""The copy of a broadcast, filled in for each of many contacts."""

from contacts.models import PointKind
from messaging import templates
from messaging.broadcasting.checking import LONGEST_SUBJECT
from messaging.broadcasting.deciding import Named
from messaging.facts import Person, Reading
from messaging.models import Broadcast
from messaging.templates import CannotRender, Context

ADDRESSES = ("contact.email", "contact.phone")
EMPTY = "Nothing is left of the text for this contact."
NO_SUBJECT = "Nothing is left of the subject for this contact."


class Filling:
    """The subject and the body of each way, and what they name of these contacts."""

    def __init__(self, broadcast: Broadcast, reading: Reading) -> None:
        self._reading = reading
        self.copies = {
            way: (broadcast.email_subject if way == "email" else "", body)
            for way, body in broadcast.copies.items()
        }
        business = broadcast.business
        self._by_address = any(
            name in body for copy in self.copies.values() for body in copy for name in ADDRESSES
        )
        self._business = {"name": business.name, "phone": business.phone, "address": business.address}

    def texts(self, way: str, named: Named) -> tuple[str, str]:
        """The subject and the body for one of them. Raises CannotRender, also where nothing is left of either."""
        subject, body = self.copies[way]
        values: Context = {"contact": self._contact(named), "business": self._business}
        filled = templates.render(body, values)
        if not filled.strip():
            raise CannotRender(EMPTY)
        if not subject:
            return "", filled
        title = templates.render(subject, values)[:LONGEST_SUBJECT]
        if not title.strip():
            raise CannotRender(NO_SUBJECT)
        return title, filled

    def _contact(self, named: Named) -> dict[str, str]:
        values = {
            "first_name": named.first_name,
            "last_name": named.last_name,
            "name": f"{named.first_name} {named.last_name}".strip(),
        }
        if self._by_address:
            values |= _addresses(self._reading.people[named.id])
        return values


def _addresses(person: Person) -> dict[str, str]:
    """The preferred phone, else the first, and the email."""
    phones = [point for point in person.points if point.kind == PointKind.PHONE]
    first = next((point for point in phones if point.preferred), phones[0] if phones else None)
    email = next((point.value for point in person.points if point.kind == PointKind.EMAIL), "")
    return {"email": email, "phone": first.value if first else ""}
