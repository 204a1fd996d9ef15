"""A contact's timeline as it grows: what the page and the API show, told while it happens."""

from collections.abc import Iterator
from datetime import UTC, datetime

from config.desk.timeline import timeline
from contacts import locks
from contacts.models import Contact

LATEST = 200


class Story:
    def __init__(self, contact: Contact) -> None:
        self.contact = contact
        self.told: set[tuple[datetime, str, str]] = set()
        self.latest = datetime.min.replace(tzinfo=UTC)

    def news(self) -> Iterator[tuple[datetime, str]]:
        """What was not told yet, oldest first. A message that comes to something else is told again, at that time."""
        for item in reversed(timeline(self.contact, limit=LATEST).items):
            key = (item.at, item.summary, item.detail)
            if key not in self.told:
                self.told.add(key)
                # The timeline keeps a message at the time at which it left, whatever becomes of it later.
                self.latest = item.at if item.at >= self.latest else locks.now()
                yield self.latest, f"{item.summary} ({item.detail})" if item.detail else item.summary
