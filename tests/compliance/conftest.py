import pytest

from messaging.feedback import sns
from tests.compliance import providers, twilio
from tests.factories import BusinessFactory
from tests.messaging.conftest import provider, simulator, simulator_process  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def _nothing_is_in_flight(monkeypatch):
    """Nothing is being called here while something changes, unless a test says so."""
    monkeypatch.setattr("dnd.hooks.in_flight", lambda questions: set())


@pytest.fixture(autouse=True)
def _visitors_may_come_often(monkeypatch):
    """All tests ask from one address. The test of the limit sets it again."""
    monkeypatch.setattr("compliance.limits.A_MINUTE", 10**9)


@pytest.fixture
def business():
    return BusinessFactory(name="Ada's Clinic", phone="+14155550100")


@pytest.fixture
def account(business):
    return twilio.connect(business)


@pytest.fixture
def clock(monkeypatch):
    """Twilio's memory of when texts were written."""
    made = twilio.Clock()
    monkeypatch.setattr("messaging.inbound.twilio_list.created_at", made.created_at)
    return made


@pytest.fixture
def amazon(monkeypatch):
    """Amazon serves a certificate of ours; the addresses that were asked for."""
    asked = []
    monkeypatch.setattr(sns, "certificates", sns.Certificates())
    monkeypatch.setattr(sns, "fetch", lambda address: asked.append(address) or providers.certificate())
    return asked
