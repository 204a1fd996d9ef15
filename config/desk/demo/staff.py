"""Who signs in to the demo: a person of each role in each business, and their teams."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import make_password

from contacts.actors import Actor
from contacts.models import Business, Membership, Team, User
from contacts.words import Role, Source

PASSWORD = "heed-demo"  # noqa: S105 - everybody may know it: it opens invented data on one's own machine
NAMES = {
    "demo": {"enterprise": "Erin Ellis", "manager": "Mark Mason", "staff": "Stella Stone"},
    "harbor": {"enterprise": "Edgar Evans", "manager": "Mona Mills", "staff": "Sid Summers"},
}
TEAMS = {"Marketing": ("manager", "staff"), "Sales": ("enterprise", "staff")}


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of one business of the demo, by role."""

    by_role: dict[str, User]

    def actor(self, role: str) -> Actor:
        user = self.by_role[role]
        return Actor(Source.USER.value, user.name, role, user.pk)


def seed(business: Business) -> Staff:
    """Everybody who is missing. Whoever is there keeps name, password, role and teams."""
    people = {role: _person(business, role) for role in Role.values}
    for name, roles in TEAMS.items():
        _team(business, name, [people[role] for role in roles])
    return Staff(people)


def _person(business: Business, role: str) -> User:
    email = f"{role}@{business.slug}.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create(email=email, name=NAMES[business.slug][role], password=_hashed())
    Membership.objects.get_or_create(business=business, user=user, defaults={"role": role})
    return user


@cache
def _hashed() -> str:
    """Once for all: a hash takes a third of a second, on purpose, and this password is no secret."""
    return make_password(PASSWORD)


def _team(business: Business, name: str, members: Sequence[User]) -> None:
    if not Team.objects.filter(business=business, name__iexact=name).exists():
        Team.objects.create(business=business, name=name).members.set(members)
