import pytest


@pytest.fixture(autouse=True)
def _nothing_is_in_flight(monkeypatch):
    """These tests are of `dnd` alone: nobody sends anything here."""
    monkeypatch.setattr("dnd.hooks.in_flight", lambda questions: set())
