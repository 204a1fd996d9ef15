"""Two contacts of one business that turn out to be one person."""

from dataclasses import dataclass
from typing import Any

import pytest

from contacts.models import Business, Contact
from contacts.services import merging
from dnd.models import Ground
from tests.factories import STAFF, BusinessFactory, ContactFactory


@dataclass
class Two:
    business: Business
    winner: Contact
    loser: Contact

    def merge(self, **more: Any) -> Contact:
        merging.merge(business=self.business, winner=self.winner.pk, loser=self.loser.pk, by=STAFF, **more)
        self.winner.refresh_from_db()
        self.loser.refresh_from_db()
        return self.winner


def two_of(business: Business, n: int = 0) -> Two:
    return Two(
        business,
        ContactFactory(business=business, phone=f"+1415555{n:04d}", email=f"one{n}@example.org"),
        ContactFactory(business=business, phone=f"+1650555{n:04d}", email=f"two{n}@example.org"),
    )


@pytest.fixture
def two(db: None) -> Two:
    return two_of(BusinessFactory(allow_do_not_contact=True))


def grounds(contact: Contact) -> set[tuple[str, str, str]]:
    return set(Ground.objects.filter(contact=contact).values_list("direction", "channel", "reason"))
