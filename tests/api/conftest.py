"""A business, keys of each role, and a client that speaks JSON with one of them.

The client holds every answer against the OpenAPI schema, so that each test of the API is a test of the schema too.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from contacts.models import Business
from contacts.services import keys
from tests.api import truth
from tests.factories import BusinessFactory

PROBLEM = "application/problem+json"


@dataclass
class Answer:
    """What came back, with its body read."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def fields(self) -> list[str]:
        return [error["field"] for error in self.body.get("errors", ())]


class Api:
    """The REST API as the holder of one key sees it."""

    def __init__(self, key: str) -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def send(self, method: str, path: str, data: bytes = b"", kind: str = "application/json") -> Answer:
        path = path if path.startswith(("http", "/")) else f"/api/v1/{path}"
        answer = self.client.generic(method, path, data, content_type=kind, headers=self.headers)
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == PROBLEM
        has_json = "json" in answer.headers.get("Content-Type", "")
        body = json.loads(answer.content) if has_json else answer.content
        truth.check(method, path, answer.status_code, body)
        return Answer(answer.status_code, answer.headers, body)

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", path, b"" if body is None else json.dumps(body).encode())

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", path, json.dumps(body).encode())

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)


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
