"""Builders with dull, fixed defaults. What a service must do, a test asks of the service."""

import factory
from factory.django import DjangoModelFactory

from contacts.actors import Actor
from contacts.models import Business, Contact, ContactPoint, Membership, User
from dnd import services as dnd

STAFF = Actor("user", "Sam Staff", "staff")
MANAGER = Actor("user", "Mia Manager", "manager")
ENTERPRISE = Actor("user", "Eva Enterprise", "enterprise")


class BusinessFactory(DjangoModelFactory[Business]):
    class Meta:
        model = Business

    name = factory.Sequence(lambda n: f"Clinic {n}")
    slug = factory.Sequence(lambda n: f"clinic-{n}")
    phone = "+14155550199"
    address = "1 Main Street, Springfield"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.org")
    name = factory.Sequence(lambda n: f"User {n}")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    business = factory.SubFactory(BusinessFactory)
    user = factory.SubFactory(UserFactory)
    role = "staff"


class ContactFactory(DjangoModelFactory[Contact]):
    """A contact with a phone and an email of its own; `phone=False` or `email=False` leaves one out."""

    class Meta:
        model = Contact
        skip_postgeneration_save = True

    business = factory.SubFactory(BusinessFactory)
    first_name = "Ada"
    last_name = "Byron"

    @factory.post_generation
    def phone(self, create: bool, extracted: object, **_: object) -> None:
        number = f"+1415{5550000 + self.pk % 10000:07d}" if extracted is None else extracted
        if extracted is not False:
            add_phone(self, str(number))

    @factory.post_generation
    def email(self, create: bool, extracted: object, **_: object) -> None:
        if extracted is not False:
            add_email(
                self,
                f"ada{self.pk}@example.org" if extracted is None else str(extracted),
            )


def add_phone(
    contact: Contact, number: str, line_type: str = "unknown", preferred: bool = False
) -> ContactPoint:
    return ContactPoint.objects.create(
        business=contact.business,
        contact=contact,
        kind="phone",
        value=number,
        line_type=line_type,
        preferred=preferred,
        position=contact.points.filter(kind="phone").count(),
    )


def add_email(contact: Contact, email: str) -> ContactPoint:
    return ContactPoint.objects.create(business=contact.business, contact=contact, kind="email", value=email)


def block(contact: Contact, *channels: str, reason: str = "user_request", by: Actor = STAFF) -> dnd.Outcome:
    """Block these outbound channels of a contact."""
    wish = dnd.Wish(outbound=dict.fromkeys(channels, True), reason=reason)
    return dnd.change_one(business=contact.business, contact=contact.pk, wish=wish, by=by)
