import pytest

from contacts.models import Business
from dnd import hooks
from tests.factories import BusinessFactory
from tests.workflows.building import connect


@pytest.fixture(autouse=True)
def _somebody_answers_what_is_in_flight(monkeypatch):
    """Nothing is delivered in these tests, so nothing is being called."""
    monkeypatch.setattr(hooks, "in_flight", lambda questions: set())


@pytest.fixture
def business(db) -> Business:
    business = BusinessFactory()
    connect(business)
    return business
