"""A clinic with a person of every role, another tenant beside it, and ways to sign in."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client
from playwright.sync_api import Page

from contacts.models import Business, User
from messaging import services as messaging
from tests.factories import ENTERPRISE, BusinessFactory, MembershipFactory, UserFactory

TWILIO = {"account_sid": "AC1", "auth_token": "a-secret-token-0123", "from_number": "+14155550199"}
SMTP = {"url": "smtp://user:letmein@127.0.0.1:2525", "from_email": "hello@clinic.example"}
ROLES = ("staff", "manager", "enterprise")


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Straight from the source: nothing is collected for a test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@dataclass
class Clinic:
    business: Business
    people: dict[str, User]


def a_clinic(name: str) -> Clinic:
    business = BusinessFactory(name=name, slug=name.lower(), allow_do_not_contact=True)
    people = {}
    for role in ROLES:
        people[role] = UserFactory(email=f"{role}@{name.lower()}.example", name=f"{role.title()} of {name}")
        MembershipFactory(business=business, user=people[role], role=role)
    return Clinic(business, people)


@pytest.fixture
def clinic(db) -> Clinic:
    return a_clinic("Harbour")


@pytest.fixture
def elsewhere(db) -> Clinic:
    return a_clinic("Elsewhere")


def connect(business: Business) -> None:
    for channel, driver, config in (("sms", "twilio", TWILIO), ("email", "smtp", SMTP)):
        messaging.create_connection(
            business=business, channel=channel, driver=driver, config=config, by=ENTERPRISE
        )


@pytest.fixture
def signed_in(clinic) -> Callable[[str], Client]:
    """A client of somebody with this role in the clinic."""

    def sign_in(role: str = "staff") -> Client:
        client = Client()
        client.force_login(clinic.people[role])
        return client

    return sign_in


@dataclass
class Desk:
    """A real browser in front of the running desk."""

    page: Page
    base: str

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.base}{path}")
        return self.page

    def contact(self, contact) -> Page:
        return self.open(f"/admin/contacts/contact/{contact.pk}/change/")


@pytest.fixture
def desk(live_server, clinic, browser_page) -> Callable[..., Desk]:
    """A browser that is signed in as somebody of the clinic, without the sign-in page's slow password check."""

    def at(role: str = "staff", *, width: int = 1280, page: Page | None = None) -> Desk:
        page = page or browser_page
        client = Client()
        client.force_login(clinic.people[role])
        page.context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )
        page.set_viewport_size({"width": width, "height": 844})
        return Desk(page, live_server.url)

    return at
