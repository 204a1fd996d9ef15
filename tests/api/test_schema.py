"""The OpenAPI schema is valid, complete, and its examples are what it says that bodies are."""

import io
import re

import pytest
from django.core.management import call_command
from django.urls import URLPattern

from config.api.urls import urlpatterns
from tests.api import truth
from tests.api.samples import NAMED, OPERATIONS, bodies
from workflows.definition.steps import KINDS
from workflows.definition.triggers import FILTERS


def test_the_schema_is_valid_and_nothing_in_it_is_guessed():
    out = io.StringIO()
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out, stderr=out
    )


def test_it_knows_every_operation_and_no_other():
    there = {
        (method, "/api/v1/" + re.sub(r"<str:(\w+)>", r"{\1}", str(pattern.pattern)))
        for pattern in urlpatterns
        if isinstance(pattern, URLPattern) and hasattr(pattern.callback, "actions")
        for method in pattern.callback.actions
        if method != "head"
    }

    described = {
        (method, path) for path, operations in truth.schema()["paths"].items() for method in operations
    }

    assert described == there


def test_its_examples_are_what_it_says_that_bodies_are():
    checked = 0
    for operations in truth.schema()["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get("examples", {}).values():
                    truth.check_request(content["schema"], example["value"])
                    checked += 1
    assert checked >= 8


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_what_fits_is_what_it_describes(method, path):
    ids = {name: str(number) for number, name in enumerate(NAMED, 1)}
    said = truth.operation(method, "/api/v1/" + path.strip().format(**ids))

    truth.check_request(
        said["requestBody"]["content"]["application/json"]["schema"], bodies(ids)[method, path]
    )


def test_it_describes_every_kind_of_step_and_trigger():
    described = truth.schema()["components"]["schemas"]

    steps = {shape["properties"]["kind"]["enum"][0] for shape in described["Step"]["oneOf"]}
    triggers = {shape["properties"]["type"]["enum"][0] for shape in described["Trigger"]["oneOf"]}

    assert (steps, triggers) == (set(KINDS), set(FILTERS))
