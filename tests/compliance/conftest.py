import pytest


@pytest.fixture(autouse=True)
def _nothing_is_in_flight(monkeypatch):
    """Nothing is being called here while something changes, unless a test says so."""
    monkeypatch.setattr("dnd.hooks.in_flight", lambda questions: set())
