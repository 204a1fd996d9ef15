"""Public pages: 120 a minute for an address, and everybody when there is no cache."""

import uuid

import pytest

from compliance import limits
from compliance.services import links
from compliance.services.links import LinkFor
from config.cache import ForgivingRedisCache
from dnd.models import Ground
from tests.factories import ContactFactory

pytestmark = pytest.mark.django_db
START = 1_800_000_000.0


@pytest.fixture(autouse=True)
def _as_it_is(monkeypatch):
    monkeypatch.setattr("compliance.limits.A_MINUTE", 120)


@pytest.fixture
def address():
    """An address that no other test, and no earlier run, has asked from."""
    return f"fd00::{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}"


def asked(rf, address, at, times=1):
    return [limits.seconds_to_wait(rf.get("/u/x", REMOTE_ADDR=address), at=at) for _ in range(times)]


def test_the_121st_of_a_minute_waits_for_the_next(rf, address):
    assert asked(rf, address, START, 120) == [0] * 120
    assert asked(rf, address, START + 20) == [60 - (START + 20) % 60]
    assert asked(rf, address, START + 60) == [0]


def test_another_address_may_go_on(rf, address):
    asked(rf, address, START + 600, 121)
    assert asked(rf, address + "1", START + 600) == [0]


def test_the_page_says_so_and_when_to_come_back(client, monkeypatch, address):
    monkeypatch.setattr("compliance.limits.A_MINUTE", 1)
    ask = {"REMOTE_ADDR": address, "HTTP_ACCEPT_LANGUAGE": "es"}
    answers = [client.post("/u/x", **ask) for _ in range(3)]  # at most two minutes begin meanwhile
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert "Un momento" in answers[-1].content.decode()
    assert answers[-1].headers["Cache-Control"] == "no-store"


def test_an_unsubscribing_is_never_one_too_many(client, monkeypatch, address):
    """Mailbox providers post for many people from few addresses; what is too often is only not answered as usual."""
    monkeypatch.setattr("compliance.limits.A_MINUTE", 0)
    contact = ContactFactory(email="ada@example.org")
    token = links.issue([LinkFor(contact.business_id, contact.pk, "email", "ada@example.org", 7)])[0]
    one_click = {"List-Unsubscribe": "One-Click"}

    assert client.get(f"/u/{token}", REMOTE_ADDR=address).status_code == 429
    assert not Ground.objects.exists()
    assert client.post(f"/u/{token}", one_click, REMOTE_ADDR=address).status_code == 429
    assert Ground.objects.get(contact=contact).reason == "email_unsubscribe"
    assert client.post(f"/u/{token}", {"do": "undo"}, REMOTE_ADDR=address).status_code == 429
    assert Ground.objects.exists()


def test_without_a_cache_everybody_is_served(client, monkeypatch, address):
    nobody = ForgivingRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.1}})
    monkeypatch.setattr(ForgivingRedisCache, "asleep_until", 0.0)
    monkeypatch.setattr("compliance.limits.cache", nobody)
    monkeypatch.setattr("compliance.limits.A_MINUTE", 1)
    assert all(client.get("/u/x", REMOTE_ADDR=address).status_code == 200 for _ in range(5))


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("9.9.9.9", "", "9.9.9.9"),
        ("9.9.9.9", "198.51.100.7", "9.9.9.9"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("8.8.8.8", " , ", "8.8.8.8"),
    ],
)
def test_the_address_is_the_visitors_and_cannot_be_made_up_from_outside(rf, remote, forwarded, address):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert limits.address_of(rf.get("/", REMOTE_ADDR=remote, headers=headers)) == address
