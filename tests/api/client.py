"""A client that speaks JSON with one key.

It holds every answer against the OpenAPI schema, so that each test of the API is a test of the schema too.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests.api import truth

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

    @property
    def codes(self) -> list[str]:
        """Of the fields, what is wrong with each in a word for programs."""
        return [error["code"] for error in self.body.get("errors", ())]


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
        body = _read(answer)
        truth.check(method, path, answer.status_code, body)
        return Answer(answer.status_code, answer.headers, body)

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", path, b"" if body is None else json.dumps(body).encode())

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", path, json.dumps(body).encode())

    def put(self, path: str, body: Any) -> Answer:
        return self.send("PUT", path, json.dumps(body).encode())

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)


def _read(answer: Any) -> Any:
    """The body: JSON as what it stands for, text as text."""
    content = answer.getvalue()
    kind = answer.headers.get("Content-Type", "")
    return json.loads(content) if "json" in kind else content.decode() if "text/" in kind else content
