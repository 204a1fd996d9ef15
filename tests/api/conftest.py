"""A business, keys of each role, and the API as their holders see it."""

import logging
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from contacts.models import Business
from contacts.services import keys
from dnd import services as dnd
from messaging.models import Connection
from tests.api.client import Api
from tests.api.samples import TWILIO, There, written
from tests.factories import MANAGER, BusinessFactory, ContactFactory


@pytest.fixture(autouse=True, scope="session")
def _somewhere_for_static_files() -> None:
    settings.STATIC_ROOT.mkdir(exist_ok=True)


KeyMaker = Callable[..., Api]


@pytest.fixture
def business(db: None) -> Business:
    return BusinessFactory(allow_do_not_contact=True)


@pytest.fixture
def as_role() -> KeyMaker:
    """`as_role("staff", business)`: the API with a new key of that role."""

    def make(role: str, business: Business) -> Api:
        return Api(keys.issue(business=business, role=role, name=f"{role} key")[1])

    return make


@pytest.fixture
def api(business: Business, as_role: KeyMaker) -> Api:
    return as_role("enterprise", business)


@pytest.fixture
def elsewhere(db: None) -> Business:
    return BusinessFactory(name="Another business", slug="another")


@pytest.fixture
def there(api: Api, business: Business) -> There:
    contact, other = ContactFactory(business=business), ContactFactory(business=business)
    connection = Connection.objects.create(business=business, channel="sms", driver="twilio", config=TWILIO)
    workflow = api.post("workflows/", {"name": "There", "steps": [{"kind": "stop"}]}).body["id"]
    api.post(f"workflows/{workflow}/publish/")
    broadcast = api.post("broadcasts/", {"name": "There", "audience": {}, "text": "Hello"}).body["id"]
    pipeline = api.post("pipelines/", {"name": "Leads"}).body["id"]
    status = api.post(f"pipelines/{pipeline}/statuses/", {"name": "New"}).body["id"]
    tag = {"name": "Tag", "operations": [{"kind": "add_tag", "tag": "vip"}]}
    listed = ContactFactory(business=business, email="listed@example.org", phone="+14155559999")
    (put,) = dnd.add_to_dnc(business=business, contacts=[listed.pk], channels=["sms"], by=MANAGER)
    ids = {
        "entry": str(put.entry),
        "action": api.post(f"statuses/{status}/actions/", tag).body["id"],
        "contact": str(contact.pk),
        "other": str(other.pk),
        "workflow": workflow,
        "connection": str(connection.pk),
        "broadcast": broadcast,
        "pipeline": pipeline,
        "status": status,
    }
    return There(api, ids, written())


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of refusals are not news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
