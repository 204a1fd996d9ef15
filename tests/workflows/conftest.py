import pytest

from contacts.models import Business
from dnd import hooks
from tests.factories import BusinessFactory
from tests.workflows.building import connect
from workflows.engine import tick as ticking


@pytest.fixture(autouse=True)
def _somebody_answers_what_is_in_flight(monkeypatch):
    """Nothing is delivered in these tests, so nothing is being called."""
    monkeypatch.setattr(hooks, "in_flight", lambda questions: set())


@pytest.fixture(autouse=True)
def _a_tick_takes_the_time_it_needs(monkeypatch):
    """On a slow machine a quarter of a second may be over in the middle of what a test looks at."""
    monkeypatch.setattr(ticking, "HOLDS_AT_MOST", 60)


@pytest.fixture
def business(db) -> Business:
    business = BusinessFactory()
    connect(business)
    return business
