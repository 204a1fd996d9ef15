import pytest


@pytest.fixture(autouse=True)
def _nothing_is_in_flight(monkeypatch):
    """Nothing is being called here while something changes, unless a test says so."""
    monkeypatch.setattr("dnd.hooks.in_flight", lambda questions: set())


@pytest.fixture(autouse=True)
def _visitors_may_come_often(monkeypatch):
    """All tests ask from one address. The test of the limit sets it again."""
    monkeypatch.setattr("compliance.limits.A_MINUTE", 10**9)
